import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { existsSync, mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import type { OpenOptions } from "../../src/open-plugin.ts"
import type { PluginConnection } from "../../src/plugin-connection.ts"
import { callJson, echoHost } from "./conversation.ts"
import { eventually } from "./eventually.ts"
import { cPlugin, freshCopy } from "./fixtures.ts"
import { heldHost } from "./held-host.ts"
import { missedDeadlineMs } from "./missed-deadline.ts"

type Options = OpenOptions & { readonly maxAnswerBytes?: number }

/** One way to open a plugin. */
export interface WayToOpen {
  readonly name: string
  readonly open: (options: Options) => Effect.Effect<PluginConnection, unknown, Scope.Scope>
}

/** What every connection to a plugin promises, whatever is behind it. */
export const describeConnection = (way: WayToOpen) => {
  const echo = cPlugin("echo")
  const open = (path: string, options: Partial<Options> = {}) =>
    way.open({ id: "fixture", path, onHostCall: echoHost, ...options })

  describe(`a connection ${way.name}`, () => {
    describe("the answer", () => {
      it.live("is the envelope's result", () =>
        Effect.gen(function* () {
          const plugin = yield* open(echo)
          assert.deepStrictEqual(yield* callJson(plugin, "echo", { a: [1, "ü", null] }), { a: [1, "ü", null] })
        })
      )

      it.live("may have 64 MiB", () =>
        Effect.gen(function* () {
          const plugin = yield* open(echo)
          const size = 64 * 1024 * 1024
          // A connection that cannot wait in place takes the wish for it as if it had not been said.
          for (const inPlaceMicros of [0, 5_000_000]) {
            const answer = yield* callJson(plugin, "big", size, { inPlaceMicros })
            assert.strictEqual((answer as string).length, size)
            assert.match((answer as string).slice(-3), /^xxx$/)
          }
          assert.strictEqual(yield* callJson(plugin, "wrong-frees"), 0)
        })
      )

      it.live("is refused above the limit, and freed", () =>
        Effect.gen(function* () {
          const plugin = yield* open(freshCopy(echo), { maxAnswerBytes: 1024 })
          const before = (yield* callJson(plugin, "frees")) as number
          const error = yield* Effect.flip(callJson(plugin, "big", 2048))
          assert.strictEqual(error._tag, "PluginAnswerMalformed")
          assert.match(error.message, /longer than this host takes/)
          assert.strictEqual(yield* callJson(plugin, "frees"), before + 2)
        })
      )

      it.live("of an empty request is that of a NULL request", () =>
        Effect.gen(function* () {
          const plugin = yield* open(echo)
          assert.isUndefined(yield* plugin.call("echo", new Uint8Array(0)))
        })
      )
    })

    describe("the buffer", () => {
      it.live("is freed once, with its own pointer and length, whatever was returned", () =>
        Effect.gen(function* () {
          const plugin = yield* open(freshCopy(echo))
          const before = (yield* callJson(plugin, "frees")) as number
          yield* callJson(plugin, "echo")
          yield* Effect.flip(callJson(plugin, "fail-text"))
          yield* Effect.flip(callJson(plugin, "empty-block"))
          assert.strictEqual(yield* callJson(plugin, "frees"), before + 4)
          assert.strictEqual(yield* callJson(plugin, "wrong-frees"), 0)
        })
      )

      it.live("is not freed when there is none", () =>
        Effect.gen(function* () {
          const plugin = yield* open(freshCopy(echo))
          yield* Effect.flip(callJson(plugin, "nothing"))
          assert.strictEqual(yield* callJson(plugin, "wrong-frees"), 0)
        })
      )
    })

    describe("fails with a typed error", () => {
      const failures: ReadonlyArray<readonly [string, string, RegExp]> = [
        ["nothing", "PluginAnswerMalformed", /./],
        ["empty-block", "PluginAnswerMalformed", /./],
        ["not-json", "PluginAnswerMalformed", /./],
        ["trailing", "PluginAnswerMalformed", /./],
        ["null-with-length", "PluginAnswerMalformed", /NULL pointer/],
        ["unreadable", "PluginAnswerMalformed", /readable memory/],
        ["endless", "PluginAnswerMalformed", /longer than/],
        ["fail-text", "PluginTransportFailed", /plugin call fail-text returned 7: disk on fire/],
        ["fail-ok", "PluginTransportFailed", /returned 1/],
        ["fail-unexplained", "PluginTransportFailed", /returned 1/],
        ["refuse", "PluginRefused", /^not today$/],
        ["refuse-1", "PluginRefused", /^not today$/],
        ["no-such-method", "PluginRefused", /unknown method/]
      ]
      for (const [method, tag, message] of failures) {
        it.live(`when the plugin answers as "${method}" does`, () =>
          Effect.gen(function* () {
            const plugin = yield* open(echo)
            for (const inPlaceMicros of [0, 100_000]) {
              const error = yield* Effect.flip(callJson(plugin, method, {}, { inPlaceMicros }))
              assert.strictEqual(error._tag, tag)
              assert.match(error.message, message)
              assert.strictEqual(error.method, method)
            }
          })
        )
      }

      it.live("that carries the envelope's code, status and retryability", () =>
        Effect.gen(function* () {
          const plugin = yield* open(echo)
          const error = yield* Effect.flip(callJson(plugin, "refuse"))
          assert.deepInclude(error, { plugin: "fixture", code: "no", retryable: true, httpStatus: 418 })
          const one = yield* Effect.flip(callJson(plugin, "refuse-1"))
          assert.deepInclude(one, { code: "no", retryable: false, httpStatus: 402 })
        })
      )

      it.live("and takes text that is not UTF-8 with replacement characters", () =>
        Effect.gen(function* () {
          const plugin = yield* open(echo)
          assert.strictEqual(yield* callJson(plugin, "not-utf8"), "\ufffd\ufffd")
        })
      )
    })

    describe("many calls", () => {
      // More than libuv's pool has threads, and more than koffi calls at a time.
      it.live("run at the same time: 300 calls that wait for each other all return", () =>
        Effect.gen(function* () {
          const plugin = yield* open(freshCopy(echo))
          assert.deepStrictEqual(
            yield* Effect.all(
              Array.from({ length: 300 }, () => callJson(plugin, "meet", 300)),
              { concurrency: "unbounded" }
            ),
            Array.from({ length: 300 }, () => 300)
          )
        })
      )

      it.live("made at once each get the answer to their own request, whatever their sizes", () =>
        Effect.gen(function* () {
          const plugin = yield* open(freshCopy(echo))
          const sizes = Array.from({ length: 120 }, (_, index) =>
            index % 7 === 0 ? 100_000 : index % 5 === 0 ? 9_000 : 9
          )
          const requests = sizes.map((size, index) => ({ index, filling: "x".repeat(size) }))
          assert.deepStrictEqual(
            yield* Effect.forEach(requests, (request) => callJson(plugin, "echo", request), {
              concurrency: "unbounded"
            }),
            requests
          )
        })
      )

      it.live("leave the event loop to others: timers and file reads are served while 64 calls wait", () =>
        Effect.gen(function* () {
          const plugin = yield* open(freshCopy(echo))
          const calls = yield* Effect.forkChild(
            Effect.all(
              Array.from({ length: 64 }, () => callJson(plugin, "meet", 65)),
              { concurrency: "unbounded" }
            )
          )
          for (let i = 0; i < 20; i++) {
            yield* Effect.sleep(1)
            yield* Effect.promise(async () => (await import("node:fs/promises")).readFile(new URL(import.meta.url)))
          }
          assert.deepInclude(yield* plugin.stats, { inFlight: 64 })
          assert.strictEqual(yield* callJson(plugin, "meet", 65), 65)
          assert.strictEqual((yield* Fiber.join(calls)).length, 64)
        })
      )

      it.live("never enter the plugin on the JavaScript thread", () =>
        Effect.gen(function* () {
          const plugin = yield* open(freshCopy(echo))
          for (const inPlaceMicros of [0, 100_000]) yield* callJson(plugin, "echo", {}, { inPlaceMicros })
          assert.strictEqual(yield* callJson(plugin, "main-thread-entries"), 0)
        })
      )
    })

    describe("a deadline", () => {
      it.live("frees the caller, and the late answer harms nobody", () =>
        Effect.gen(function* () {
          const plugin = yield* open(freshCopy(echo))
          const error = yield* Effect.flip(callJson(plugin, "meet", 2, { deadlineMs: missedDeadlineMs }))
          assert.strictEqual(error._tag, "PluginDeadlineExceeded")
          assert.deepInclude(error, { plugin: "fixture", method: "meet", deadlineMs: missedDeadlineMs })
          assert.deepInclude(yield* plugin.stats, { inFlight: 0, abandoned: 1 })
          assert.strictEqual(yield* callJson(plugin, "meet", 2), 2)
          yield* eventually(() => Effect.map(plugin.stats, ({ abandoned }) => abandoned === 0))
          assert.deepInclude(yield* plugin.stats, { inFlight: 0 })
          assert.strictEqual(yield* callJson(plugin, "echo", 5), 5)
          assert.strictEqual(yield* callJson(plugin, "wrong-frees"), 0)
        })
      )

      it.live("of the connection holds where the call names none", () =>
        Effect.gen(function* () {
          const plugin = yield* open(freshCopy(echo), { deadlineMs: 25, closeDeadlineMs: 50 })
          const error = yield* Effect.flip(callJson(plugin, "hang"))
          assert.deepInclude(error, { _tag: "PluginDeadlineExceeded", deadlineMs: 25 })
        })
      )

      it.live("stands for interruption too: an interrupted caller is freed at once", () =>
        Effect.gen(function* () {
          const host = yield* heldHost
          const plugin = yield* open(freshCopy(echo), host)
          const fiber = yield* Effect.forkChild(callJson(plugin, "host"))
          yield* host.called
          // The call itself cannot return yet.
          yield* Fiber.interrupt(fiber)
          assert.deepInclude(yield* plugin.stats, { inFlight: 0, abandoned: 1 })
          yield* host.answer
          yield* eventually(() => Effect.map(plugin.stats, ({ abandoned }) => abandoned === 0))
        })
      )

      it.live("in a call that never returns leaves the plugin usable and its thread counted", () =>
        Effect.gen(function* () {
          const plugin = yield* open(freshCopy(echo), { closeDeadlineMs: 50 })
          assert.strictEqual(
            (yield* Effect.flip(callJson(plugin, "hang", {}, { deadlineMs: 150 })))._tag,
            "PluginDeadlineExceeded"
          )
          assert.strictEqual(yield* callJson(plugin, "echo", 1), 1)
          assert.deepInclude(yield* plugin.stats, { inFlight: 0, abandoned: 1 })
        })
      )
    })

    describe("closing", () => {
      it.live("calls shutdown once, after the running calls have returned, and takes no further call", () =>
        Effect.gen(function* () {
          const marker = join(mkdtempSync(join(tmpdir(), "cliproxy-ffi-")), "shutdown")
          process.env["FIXTURE_SHUTDOWN_MARKER"] = marker
          const scope = yield* Scope.make()
          const host = yield* heldHost
          const plugin = yield* open(freshCopy(echo), { ...host, closeDeadlineMs: 60_000 }).pipe(Scope.provide(scope))
          const running = yield* Effect.forkChild(callJson(plugin, "host", 1))
          yield* host.called
          const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
          // Until closing has begun, calls are taken.
          yield* eventually(() => Effect.map(Effect.exit(callJson(plugin, "echo")), Exit.isFailure))
          const error = yield* Effect.flip(callJson(plugin, "echo"))
          assert.strictEqual(error._tag, "PluginClosed")
          assert.match(error.message, /plugin client is closed/)
          yield* Effect.sleep(20)
          assert.isFalse(existsSync(marker))
          yield* host.answer
          assert.strictEqual(yield* Fiber.join(running), 1)
          yield* Fiber.join(closing)
          assert.strictEqual(readFileSync(marker, "utf8"), "q")
        }).pipe(Effect.ensuring(Effect.sync(() => delete process.env["FIXTURE_SHUTDOWN_MARKER"])))
      )

      it.live("does not wait for ever for a call that never returns", () =>
        Effect.gen(function* () {
          const scope = yield* Scope.make()
          const plugin = yield* open(freshCopy(echo), { closeDeadlineMs: 50 }).pipe(Scope.provide(scope))
          yield* Effect.flip(callJson(plugin, "hang", {}, { deadlineMs: 10 }))
          // A close that waits for the call does not end in the time of the test.
          yield* Scope.close(scope, Exit.void)
        })
      )

      it.live("lets the same library be opened again", () =>
        Effect.gen(function* () {
          const path = freshCopy(echo)
          for (const expected of [1, 2]) {
            assert.strictEqual(
              yield* Effect.scoped(Effect.flatMap(open(path), (plugin) => callJson(plugin, "echo", expected))),
              expected
            )
          }
        })
      )
    })

    describe("calls to the host", () => {
      it.live("are answered, late answers too", () =>
        Effect.gen(function* () {
          const plugin = yield* open(echo, { onHostCall: (m, r) => Effect.delay(echoHost(m, r), 100) })
          assert.deepStrictEqual(yield* callJson(plugin, "host", { x: "y" }), { x: "y" })
        })
      )

      it.live("outlive the deadline of the plugin call that made them", () =>
        Effect.gen(function* () {
          const host = yield* heldHost
          const plugin = yield* open(freshCopy(echo), host)
          const call = yield* Effect.forkChild(
            Effect.flip(callJson(plugin, "host", 1, { deadlineMs: missedDeadlineMs }))
          )
          yield* host.called
          assert.strictEqual((yield* Fiber.join(call))._tag, "PluginDeadlineExceeded")
          assert.deepInclude(yield* plugin.stats, { inFlight: 0, abandoned: 1 })
          yield* host.answer
          yield* eventually(() => Effect.map(plugin.stats, ({ abandoned }) => abandoned === 0))
        })
      )

      it.live("may leave the answer out, may carry megabytes, and may free NULL", () =>
        Effect.gen(function* () {
          const plugin = yield* open(echo)
          assert.strictEqual(yield* callJson(plugin, "host-unanswered", { a: 1 }), 0)
          const large = "z".repeat(3_000_000)
          assert.strictEqual(yield* callJson(plugin, "host", large), large)
          assert.strictEqual(yield* callJson(plugin, "free-null"), 1)
        })
      )

      it.live("with an unknown context, without context or without method return 1 and leave no buffer", () =>
        Effect.gen(function* () {
          const plugin = yield* open(echo)
          assert.strictEqual(yield* callJson(plugin, "host-wrong-context"), 111)
        })
      )

      it.live("with a request that is no readable memory return 1", () =>
        Effect.gen(function* () {
          const plugin = yield* open(echo)
          assert.strictEqual(yield* callJson(plugin, "host-unreadable"), 1)
        })
      )

      it.live("may come after the call that started them", () =>
        Effect.gen(function* () {
          const seen: Array<string> = []
          const plugin = yield* open(freshCopy(echo), {
            onHostCall: (method, request) => Effect.suspend(() => (seen.push(method), echoHost(method, request)))
          })
          yield* callJson(plugin, "host-later")
          yield* eventually(() => Effect.map(callJson(plugin, "host-later-code"), (code) => code === 0))
          assert.deepStrictEqual(seen, ["host.later"])
        })
      )

      it.live("whose handler dies return 1 instead of hanging the plugin", () =>
        Effect.gen(function* () {
          const plugin = yield* open(echo, { onHostCall: () => Effect.die("a defect of the host") })
          assert.strictEqual(yield* callJson(plugin, "host", 1), 1)
        })
      )
    })
  })
}
