import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("programs/keep-writing.ts", import.meta.url))

/** The tests of the proxy kill all of it, 200 times. */
const KILLS = 40

/** Folders, each with a process of its own that is killed again and again. */
const FOLDERS = 2

const names = Array.from({ length: 12 }, (_, index) => `c-${index}.json`)

/** What the files of a folder hold; throws for one that is not whole. */
const readAll = (dir: string): ReadonlyArray<string> =>
  names.map((name) => {
    const json = JSON.parse(readFileSync(join(dir, name), "utf8")) as Record<string, unknown>
    const version = String(json["token"]).slice("t-".length)
    assert.strictEqual(json["proof"], `${version} `.repeat(2_000), `${name} is of two versions`)
    assert.deepInclude(json, { type: "lab", note: `of ${name}` })
    return version
  })

const temporaries = (dir: string): ReadonlyArray<string> => readdirSync(dir).filter((name) => !names.includes(name))

/** Lets a process write, and kills it after some milliseconds. Gives the names of what it has left behind. */
const killWhileWriting = async (dir: string, afterMs: number): Promise<ReadonlyArray<string>> => {
  const child = spawn(process.execPath, ["--conditions=@cliproxy/source", program, dir], {
    stdio: ["pipe", "pipe", "inherit"]
  })
  const closed = once(child, "close")
  const ended = once(child, "exit")
  await Promise.race([once(child.stdout, "data"), ended])
  assert.isNull(child.exitCode, "the program ended by itself")
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  child.kill("SIGKILL")
  await closed
  return temporaries(dir)
}

const withFolder = (use: (dir: string) => Promise<void>): Effect.Effect<void> =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "cliproxy-killed-"))),
    (dir) => Effect.promise(() => use(dir)),
    (dir) => Effect.sync(() => rmSync(dir, { recursive: true, force: true }))
  )

describe(`a process that is killed ${KILLS} times while it writes credential files`, () => {
  it.live("never loses a file, nor leaves half of one, and clears what it had left behind when it starts again", () =>
    Effect.gen(function* () {
      let cutOff = 0
      let written = 0
      const torture = async (dir: string): Promise<void> => {
        for (const name of names) {
          const file = { type: "lab", note: `of ${name}`, token: "t-0", proof: "0 ".repeat(2_000) }
          writeFileSync(join(dir, name), JSON.stringify(file))
        }
        let before = readAll(dir)
        // Longest life of a process, in milliseconds: longer on a machine where nothing gets written in that time.
        let longest = 60
        for (let kill = 0; kill < KILLS / FOLDERS; kill++) {
          // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
          const left = await killWhileWriting(dir, (kill * 7) % longest)
          const after = readAll(dir)
          for (const [index, version] of after.entries()) assert.isAtLeast(Number(version), Number(before[index]))
          if (after.some((version, index) => version !== before[index])) written++
          else longest += 5
          if (left.length > 0) cutOff++
          // Writes come one after the other: what earlier runs have left was cleared by the next.
          assert.isAtMost(left.length, 1, left.join())
          before = after
        }
      }
      yield* Effect.forEach(Array.from({ length: FOLDERS }), () => withFolder(torture), { concurrency: FOLDERS })
      // The kills did hit writes, or this would show nothing.
      assert.isAbove(written, KILLS / 4)
      assert.isAbove(cutOff, 0)
      yield* Effect.logInfo(`${KILLS} kills: ${written} after files were written, ${cutOff} in the middle of a write`)
    })
  )
})
