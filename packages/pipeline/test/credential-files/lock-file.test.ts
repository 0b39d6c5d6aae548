import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { removeLeftovers, watchDirectory } from "../../src/credential-files/credential-directory.ts"
import { removeDeadLocks, withLockFile } from "../../src/credential-files/lock-file.ts"
import { credentialDirectory } from "./auth-plugin-double.ts"

/** A lock as this machine writes it, of somebody else. */
const lockOf = Effect.fnUntraced(function* (dir: string, changes: Record<string, unknown>) {
  const path = join(dir, "made.json")
  const own = yield* withLockFile(
    path,
    Effect.sync(() => JSON.parse(readFileSync(`${path}.lock`, "utf8")) as Record<string, unknown>)
  )
  return JSON.stringify({ ...own, id: "another", ...changes })
})

const endedPid = (): number => spawnSync(process.execPath, ["--version"]).pid

/** Lets time pass, of the test's clock and in truth, until this is so. The test's own limit ends what never comes. */
const passing = (stepMs: number, condition: () => boolean) =>
  Effect.gen(function* () {
    let steps = 0
    while (!condition()) {
      yield* TestClock.adjust(stepMs)
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 2)))
      steps += 1
    }
    return steps
  })

describe("a lock file", () => {
  it.live("lets one after another in, and is gone afterwards, also after a failure", () =>
    Effect.gen(function* () {
      const { dir } = yield* credentialDirectory
      const path = join(dir, "a.json")
      let inside = 0
      const use = Effect.gen(function* () {
        inside += 1
        assert.strictEqual(inside, 1)
        yield* Effect.sleep(1)
        inside -= 1
        return yield* Effect.fail("no")
      })
      const outcomes = yield* Effect.forEach([1, 2, 3, 4], () => Effect.flip(withLockFile(path, use)), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(outcomes, ["no", "no", "no", "no"])
      assert.deepStrictEqual(readdirSync(dir), [])
    })
  )

  it.live("is taken from a process that has ended, and from an earlier one with our number", () =>
    Effect.gen(function* () {
      const { dir } = yield* credentialDirectory
      const path = join(dir, "a.json")
      for (const pid of [endedPid(), process.pid]) {
        writeFileSync(`${path}.lock`, yield* lockOf(dir, { pid }))
        assert.strictEqual(yield* withLockFile(path, Effect.succeed("done")), "done")
        assert.deepStrictEqual(readdirSync(dir), [])
      }
    })
  )

  it.effect("of another machine, or half written, is waited for, for five minutes", () =>
    Effect.gen(function* () {
      const { dir } = yield* credentialDirectory
      const path = join(dir, "a.json")
      for (const text of [yield* lockOf(dir, { place: "elsewhere", pid: endedPid() }), ""]) {
        writeFileSync(`${path}.lock`, text)
        let done = false
        const fiber = yield* Effect.forkChild(
          withLockFile(
            path,
            Effect.sync(() => void (done = true))
          )
        )
        assert.isAtLeast(yield* passing(1_000, () => done), 5 * 60)
        yield* Fiber.join(fiber)
        assert.deepStrictEqual(readdirSync(dir), [])
      }
    })
  )

  it.live("that is waited for can be given up", () =>
    Effect.gen(function* () {
      const { dir } = yield* credentialDirectory
      const path = join(dir, "a.json")
      const inside = yield* Deferred.make<void>()
      const first = yield* Effect.forkChild(
        withLockFile(path, Effect.andThen(Deferred.succeed(inside, undefined), Effect.never))
      )
      yield* Deferred.await(inside)
      const second = yield* Effect.forkChild(withLockFile(path, Effect.void))
      yield* Effect.sleep(10)
      yield* Fiber.interrupt(second)
      assert.isTrue(existsSync(`${path}.lock`))
      yield* Fiber.interrupt(first)
      assert.deepStrictEqual(readdirSync(dir), [])
    })
  )

  it.live("that cannot be made stops nobody", () =>
    Effect.gen(function* () {
      const { dir } = yield* credentialDirectory
      assert.strictEqual(yield* withLockFile(join(dir, "missing", "a.json"), Effect.succeed(1)), 1)
    })
  )

  it.live("is cleared away when its process has ended, and no other one is", () =>
    Effect.gen(function* () {
      const { dir } = yield* credentialDirectory
      const dead = yield* lockOf(dir, { pid: endedPid() })
      const names = ["a.json.lock", "a.json.0123456789abcdef.lock", "a.json.renewed.lock", "mine.lock", "b.json.lock"]
      for (const name of names) writeFileSync(join(dir, name), dead)
      writeFileSync(join(dir, "b.json.lock"), yield* lockOf(dir, { pid: process.ppid }))
      mkdirSync(join(dir, "c.json.lock"))
      yield* Effect.promise(() => removeDeadLocks(dir))
      assert.deepStrictEqual(readdirSync(dir).toSorted(), ["b.json.lock", "c.json.lock", "mine.lock"])
    })
  )

  it.live("that was only begun is cleared away at the next start", () =>
    Effect.gen(function* () {
      const { dir } = yield* credentialDirectory
      for (const name of ["a.json.lock", "a.json.lock.removal"]) {
        writeFileSync(join(dir, `${name}.0199f0a0-0000-7000-8000-000000000000.tmp`), "")
      }
      yield* removeLeftovers(dir)
      assert.deepStrictEqual(readdirSync(dir), [])
    })
  )

  it.live("is no change of the directory: nobody looks at all of it for a renewal", () =>
    Effect.gen(function* () {
      const { dir } = yield* credentialDirectory
      const told = yield* Deferred.make<ReadonlySet<string> | undefined>()
      const stop = watchDirectory(dir, (names) => Deferred.doneUnsafe(told, Effect.succeed(names)))
      yield* Effect.addFinalizer(() => Effect.sync(() => stop?.()))
      yield* withLockFile(
        join(dir, "a.json"),
        Effect.sync(() => writeFileSync(join(dir, "a.json"), "{}"))
      )
      assert.deepStrictEqual(yield* Deferred.await(told), new Set(["a.json"]))
    })
  )
})
