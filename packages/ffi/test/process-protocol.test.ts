import * as fc from "fast-check"
import { existsSync, mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setImmediate } from "node:timers/promises"
import { assert, describe, it } from "vitest"

import { callDone, callLate, hostCall, opened, shutDown } from "../src/event-kinds.ts"
import { frameKind } from "../src/frame-writer.ts"
import { startHostProcess } from "./support/host-process.ts"
import { isAvailable, sanitizedHost, sanitizedPlugin, sanitizerEnvironment, sanitizers } from "./support/sanitized.ts"

/** Methods of the plugin, well behaved and not, that return by themselves or when the host has answered. */
const methods = [
  "echo",
  "host",
  "host-unanswered",
  "host-unreadable",
  "host-wrong-context",
  "free-null",
  "unreadable",
  "endless",
  "null-with-length",
  "empty-block",
  "nothing",
  "fail-text"
]

const bytesOf = (size: number) => Buffer.from(JSON.stringify("x".repeat(size)))

/** One thing that the gateway's side says. `back` counts from the last call, `which` chooses among host calls that wait. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ call: fc.constantFrom(...methods), size: fc.constantFrom(0, 7, 20_000) }) },
  { weight: 2, arbitrary: fc.record({ back: fc.nat(20) }) },
  {
    weight: 3,
    arbitrary: fc.record({ which: fc.nat(), code: fc.constantFrom(0, 0, 1), size: fc.constantFrom(0, 40_000) })
  }
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const converse = async (host: string, library: string, steps: ReadonlyArray<Step>) => {
  const answers = new Map<number, number>()
  const waiting: Array<bigint> = []
  let shutDowns = 0
  let isOpen = false
  const process = startHostProcess(host, library, sanitizerEnvironment, ({ kind, id }) => {
    if (kind === callDone || kind === callLate) answers.set(Number(id), (answers.get(Number(id)) ?? 0) + 1)
    if (kind === hostCall) waiting.push(id)
    if (kind === opened) isOpen = true
    if (kind === shutDown) shutDowns++
  })
  const ended = process.ended()
  let hasEnded = false
  void ended.then(() => (hasEnded = true))
  while (!isOpen && !hasEnded) await setImmediate()

  let calls = 0
  for (const [index, next] of steps.entries()) {
    if ("call" in next) process.send(frameKind.call, ++calls, 0, next.call, bytesOf(next.size))
    else if ("back" in next) process.send(frameKind.withdraw, Math.max(1, calls - next.back))
    else if (waiting.length > 0) {
      for (const handle of waiting.splice(next.which % waiting.length, 1)) {
        process.send(frameKind.reply, handle, next.code, "", bytesOf(next.size))
      }
    }
    if (index % 20 === 0) await setImmediate()
  }
  while (answers.size < calls && !hasEnded) {
    for (const handle of waiting.splice(0)) process.send(frameKind.reply, handle, 0, "", bytesOf(1))
    await setImmediate()
  }
  process.send(frameKind.close, 0)
  assert.deepStrictEqual(await ended, { code: 0, errors: "", wrong: [] })
  assert.strictEqual(answers.size, calls)
  assert.isTrue([...answers.values()].every((times) => times === 1))
  assert.strictEqual(shutDowns, 1)
}

describe.runIf(process.platform === "linux")("the process of a plugin", () => {
  for (const [sanitizer, promise] of sanitizers) {
    it.runIf(isAvailable(sanitizer))(
      `answers every call once, whatever the gateway says in which order, and ${promise}`,
      () => {
        const host = sanitizedHost(sanitizer)
        const library = sanitizedPlugin("echo", sanitizer)
        return fc.assert(
          fc.asyncProperty(fc.array(step, { minLength: 1000, maxLength: 2000, size: "max" }), (steps) =>
            converse(host, library, steps)
          ),
          { numRuns: 2, endOnFailure: true }
        )
      }
    )

    it.runIf(isAvailable(sanitizer))(
      `closes a plugin that is still loading when it has loaded, once, and ${promise}`,
      async () => {
        const marker = join(mkdtempSync(join(tmpdir(), "cliproxy-ffi-")), "shutdown")
        const kinds: Array<number> = []
        const library = sanitizedPlugin("broken", sanitizer, ["-DANNOUNCES"])
        const env = { ...sanitizerEnvironment, FIXTURE_SHUTDOWN_MARKER: marker }
        const process = startHostProcess(sanitizedHost(sanitizer), library, env, ({ kind, id }) => {
          kinds.push(kind)
          if (kind !== hostCall) return
          // It is being initialised, and goes on when the host has answered.
          process.send(frameKind.close, 0)
          process.send(frameKind.close, 0)
          process.send(frameKind.reply, id)
        })
        assert.deepStrictEqual(await process.ended(), { code: 0, errors: "", wrong: [] })
        assert.deepStrictEqual(kinds, [hostCall, opened, shutDown])
        assert.isTrue(existsSync(marker))
        assert.strictEqual(readFileSync(marker, "utf8"), "q")
      }
    )
  }
})
