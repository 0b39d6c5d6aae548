import { encodeSuccess } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import * as fc from "fast-check"

import { callDone, hostCall, opened } from "../src/event-kinds.ts"
import { frameReader, headerBytes } from "../src/frame-reader.ts"
import type { IsolatedOptions } from "../src/isolated-options.ts"
import { openIsolatedPlugin } from "../src/isolated-plugin.ts"
import { callJson } from "./support/conversation.ts"
import { eventually } from "./support/eventually.ts"
import { cPlugin } from "./support/fixtures.ts"

const crash = cPlugin("crash")

const open = (options: Partial<IsolatedOptions> = {}) =>
  openIsolatedPlugin({
    id: "fixture",
    path: crash,
    ...options,
    restart: { firstDelayMs: 1, maxDelayMs: 1, fuseAfter: 1_000_000, ...options.restart }
  })

interface Header {
  readonly kind: number
  readonly method?: number
  readonly id?: bigint
  readonly length?: bigint
}

const header = ({ kind, method = 0, id = 0n, length = 0n }: Header): Buffer => {
  const bytes = Buffer.alloc(headerBytes)
  bytes.writeUInt32LE(kind, 0)
  bytes.writeUInt32LE(method, 12)
  bytes.writeBigUInt64LE(id, 16)
  bytes.writeBigUInt64LE(length, 24)
  return bytes
}

const forged: ReadonlyArray<readonly [string, Buffer, RegExp]> = [
  ["of nothing but ones", Buffer.alloc(headerBytes, 0xff), /a frame of the unknown kind 4294967295/],
  ["of nothing but zeros", Buffer.alloc(headerBytes), /a frame of the unknown kind 0/],
  ["with a host call of 16 TiB", header({ kind: hostCall, length: 2n ** 44n }), /a payload of 17592186044416 bytes/],
  ["with a host call beyond 2 GiB", header({ kind: hostCall, length: 2n ** 31n }), /a payload of 2147483648 bytes/],
  ["with an answer above the limit", header({ kind: callDone, length: 1025n }), /a payload of 1025 bytes/],
  ["with a method of 4 GiB", header({ kind: hostCall, method: 0xffffffff }), /a method of 4294967295 bytes/],
  ["that opens the plugin again", header({ kind: opened }), /word of its loading a second time/]
]

describe("a plugin that writes to the socket of its process", () => {
  for (const [what, bytes, offence] of forged) {
    it.live(`a header ${what} is ended, which its calls are told, and started again`, () =>
      Effect.gen(function* () {
        const plugin = yield* open({ maxAnswerBytes: 1024 })
        const first = yield* callJson(plugin, "pid")
        const error = yield* Effect.flip(plugin.call("forge-and-wait", bytes))
        assert.strictEqual(error._tag, "PluginCrashed")
        assert.match(error.message, /ended \(killed, since its descriptor 3 brought /)
        assert.match(error.message, offence)
        assert.notStrictEqual(yield* callJson(plugin, "pid"), first)
      })
    )
  }

  it.live("is told so when it does while it loads", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(open({ path: cPlugin("crash", ["FORGE_IN_INIT"]) }))
      assert.strictEqual(error._tag, "PluginHostExhausted")
      assert.match(error.message, /killed, since its descriptor 3 brought a frame of the unknown kind 4294967295/)
    })
  )

  it.live("a host call that nobody made gets its answer, and only the plugin has to live with it", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const plugin = yield* open({
        onHostCall: (method) => Effect.sync(() => (asked.push(method), encodeSuccess({})))
      })
      const bytes = Buffer.concat([header({ kind: hostCall, method: 6, id: 2n ** 64n - 1n }), Buffer.from("host.x")])
      const error = yield* Effect.flip(plugin.call("forge-and-wait", bytes))
      assert.match(error.message, /signal SIG(SEGV|BUS)/)
      assert.deepStrictEqual(asked, ["host.x"])
      assert.isNumber(yield* callJson(plugin, "pid"))
    })
  )

  it.live("has crashed, as far as staying off goes", () =>
    Effect.gen(function* () {
      const plugin = yield* open({ restart: { fuseAfter: 1 } })
      yield* Effect.flip(plugin.call("forge-and-wait", Buffer.alloc(headerBytes)))
      const error = yield* Effect.flip(callJson(plugin, "pid"))
      assert.deepInclude(error, { _tag: "PluginUnavailable", state: "fused" })
      assert.match(error.message, /killed, since its descriptor 3 brought a frame of the unknown kind 0/)
    })
  )

  it.live("any bytes harms nobody else: its own calls fail or succeed, and it serves again", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 4 }), (pieces) =>
          Effect.runPromise(Effect.scoped(survive(Buffer.concat(pieces))))
        ),
        { numRuns: 25 }
      )
    )
  )
})

/** Bytes that are random altogether, or only in places where a frame could have them. */
const piece = fc.oneof(
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  fc
    .record({
      kind: fc.integer({ min: 0, max: 6 }),
      method: fc.oneof(fc.nat(300), fc.nat(0xffffffff)),
      id: fc.oneof(fc.bigInt(0n, 10n), fc.bigInt(0n, 2n ** 64n - 1n)),
      length: fc.oneof(fc.bigInt(0n, 200n), fc.bigInt(0n, 2n ** 64n - 1n))
    })
    .map(header)
)

/** A forged beginning of a frame takes the answers after it for its own: those calls only end at their deadline. */
const survive = Effect.fnUntraced(function* (bytes: Buffer) {
  const plugin = yield* open({ deadlineMs: 250, closeDeadlineMs: 50, restart: { stuckAfterMs: 50 } })
  yield* Effect.exit(plugin.call("forge", bytes))
  yield* eventually(() => Effect.map(Effect.exit(callJson(plugin, "pid")), Exit.isSuccess))
})

describe("what reads frames", () => {
  it("never throws, whatever the bytes and wherever they are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.constant(Buffer.alloc(0)))), fc.nat(10), (pieces, maxAnswerBytes) => {
        const read = frameReader(maxAnswerBytes, ({ payload }) => assert.isBelow(payload.length, 2 ** 31))
        for (const chunk of pieces) {
          if (read(chunk) !== undefined) return
        }
      })
    )
  })
})
