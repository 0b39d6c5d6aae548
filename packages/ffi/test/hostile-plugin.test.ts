import { type AnyContract, contractOf, contracts, encodeHostFailure, encodeSuccess } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, type Scope } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

import { openIsolatedPlugin } from "../src/isolated-plugin.ts"
import { NativeBridge } from "../src/native-bridge.ts"
import { openPlugin, type OpenOptions } from "../src/open-plugin.ts"
import type { HostCallHandler, PluginConnection } from "../src/plugin-connection.ts"
import { bytes } from "./support/conversation.ts"
import { cPlugin, freshCopy } from "./support/fixtures.ts"

const hostile = cPlugin("hostile")

/** Calls before memory is measured, in which the allocators of all threads fill, and calls after. */
const warmUp = 6000
const calls = 10_000
const atOnce = 32
/** The ways to lie that the plugin has. */
const kinds = 20
/** Bytes by which a process may have grown: the allocators' slack, far below what the lies of one kind would leak. */
const slack = 64 * 1024 * 1024

/** Reads what the plugin asks for, as a gateway does, and answers. */
const readingHost: HostCallHandler = (method, request) =>
  Effect.sync(() => {
    const read = contractOf(method)?.parseRequest(request)
    if (read === undefined) return encodeHostFailure(`unsupported host callback ${method}`)
    return Result.isFailure(read) ? encodeHostFailure(read.failure.detail) : encodeSuccess({})
  })

setFlagsFromString("--expose-gc")
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the flag above puts it there
const collectGarbage = runInNewContext("gc") as () => void

/** Resident bytes of this process, or of another one where the system tells, which Linux does; else 0. */
const residentBytes = (pid?: number): number => {
  collectGarbage()
  if (pid === undefined) return process.memoryUsage.rss()
  const status = `/proc/${pid}/status`
  const kilobytes = existsSync(status) ? /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(status, "utf8"))?.[1] : undefined
  return Number(kilobytes ?? 0) * 1024
}

/** One call; says how it ended. Whatever the plugin answers must be readable, or an error with a name. */
const outcomeOf = (plugin: PluginConnection, number: number) =>
  Effect.map(
    Effect.result(plugin.call("executor.execute", bytes(String(number)), { deadlineMs: 300_000 })),
    (outcome) => {
      if (Result.isFailure(outcome)) {
        assert.isNotEmpty(outcome.failure.message)
        assert.isBelow(outcome.failure.message.length, 400_000)
        return outcome.failure._tag
      }
      const readers: ReadonlyArray<AnyContract> = [contracts["executor.execute"], contracts["executor.http_request"]]
      const readable = readers.every(({ decodeResult }) => Result.isSuccess(decodeResult(outcome.success)))
      return readable ? "answer" : "WireError"
    }
  )

const abuse = Effect.fnUntraced(function* (plugin: PluginConnection, from: number, to: number) {
  const outcomes = yield* Effect.forEach(
    Array.from({ length: to - from }, (_, index) => from + index),
    (number) => outcomeOf(plugin, number),
    { concurrency: atOnce }
  )
  return new Set(outcomes)
})

const survive = <E, R>(open: (options: OpenOptions) => Effect.Effect<PluginConnection, E, R | Scope.Scope>) =>
  Effect.gen(function* () {
    const plugin = yield* open({ id: "hostile", path: freshCopy(hostile), onHostCall: readingHost })
    const { pid } = yield* plugin.stats
    const seen = yield* abuse(plugin, 0, warmUp)
    const before = { host: residentBytes(), plugin: pid === undefined ? 0 : residentBytes(pid) }
    for (const outcome of yield* abuse(plugin, warmUp, warmUp + calls)) seen.add(outcome)
    assert.isBelow(residentBytes() - before.host, slack, "the host grew")

    const after = yield* plugin.stats
    assert.deepStrictEqual(
      [...seen].toSorted((a, b) => (a < b ? -1 : 1)),
      ["PluginAnswerMalformed", "PluginRefused", "PluginTransportFailed", "WireError", "answer"]
    )
    assert.strictEqual(after.pid, pid, "the plugin's process was replaced")
    assert.deepStrictEqual([after.inFlight, after.abandoned], [0, 0])
    if (pid !== undefined) assert.isBelow(residentBytes(pid) - before.plugin, slack, "the plugin's process grew")
    // All answers were given back, with their lengths, but for the one that says so.
    assert.deepStrictEqual(yield* plugin.call("balance", bytes("{}")), [0, 0])
  })

describe("10,000 calls into a plugin that lies in every way", () => {
  it.live("each end with a result or a typed error inside of the host's process, and leave no memory behind", () =>
    survive(openPlugin).pipe(Effect.provide(NativeBridge.layer()))
  )

  it.live("each end with a result or a typed error in a process of its own, which lives on and does not grow", () =>
    survive(openIsolatedPlugin)
  )

  it.live("meet every kind of lie", () =>
    Effect.gen(function* () {
      const plugin = yield* openPlugin({ id: "hostile", path: freshCopy(hostile), onHostCall: readingHost })
      const outcomes = yield* Effect.forEach(Array.from({ length: kinds }), (_, kind) => outcomeOf(plugin, kind))
      assert.deepStrictEqual(outcomes.slice(4, 10), [
        "PluginAnswerMalformed", // unreadable memory
        "WireError", // a text that is not UTF-8, where an object should be
        "PluginAnswerMalformed", // brackets that never close
        "answer", // brackets that close, in a place for any JSON
        "WireError", // a number of 5,001 digits
        "WireError" // a number beyond all floats
      ])
    }).pipe(Effect.provide(NativeBridge.layer()))
  )
})
