import { assert, describe, layer } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer } from "effect"

import { NativeBridge } from "../src/native-bridge.ts"
import { openPlugin } from "../src/open-plugin.ts"
import { describeConnection } from "./support/connection-suite.ts"
import { bytes, callJson, open } from "./support/conversation.ts"
import { missedDeadlineMs } from "./support/missed-deadline.ts"
import { eventually } from "./support/eventually.ts"
import { cPlugin, freshCopy } from "./support/fixtures.ts"
import { heldHost } from "./support/held-host.ts"

describeConnection({
  name: "to a plugin in this process",
  open: ({ maxAnswerBytes, ...options }) =>
    Layer.build(NativeBridge.layer(maxAnswerBytes === undefined ? {} : { maxAnswerBytes })).pipe(
      Effect.flatMap((bridge) => Effect.provide(openPlugin(options), bridge))
    )
})

const echo = cPlugin("echo")

layer(NativeBridge.layer(), { excludeTestServices: true })("a call in this process", (it) => {
  describe("of the bridge", () => {
    it.effect("comes in place when it comes within the budget, and is the same", () =>
      Effect.gen(function* () {
        const plugin = yield* open(echo)
        assert.deepStrictEqual(yield* callJson(plugin, "echo", { a: 1 }, { inPlaceMicros: 100_000 }), { a: 1 })
        assert.deepStrictEqual(yield* callJson(plugin, "sleep", 30, { inPlaceMicros: 1000 }), 1)
      })
    )

    it.effect("beyond the bridge's threads wait for one, and all are answered", () =>
      Effect.gen(function* () {
        const plugin = yield* open(freshCopy(echo))
        const { stats } = yield* NativeBridge
        const running = yield* Effect.forkChild(
          Effect.all(
            Array.from({ length: 40 }, () => callJson(plugin, "sleep", 20)),
            { concurrency: "unbounded" }
          )
        )
        yield* Effect.sleep(10)
        assert.isAtMost((yield* stats).threads, 4)
        assert.strictEqual((yield* Fiber.join(running)).length, 40)
      }).pipe(Effect.provide(NativeBridge.layer({ maxThreads: 4 })))
    )

    it.effect("that are short share a few threads", () =>
      Effect.gen(function* () {
        const plugin = yield* open(freshCopy(echo))
        const { stats } = yield* NativeBridge
        yield* Effect.all(
          Array.from({ length: 1000 }, (_, i) => callJson(plugin, "echo", i)),
          { concurrency: "unbounded" }
        )
        // Each pause of the machine may add some; a thread for each call would be 1,000.
        assert.isAtMost((yield* stats).threads, 200)
      }).pipe(Effect.provide(NativeBridge.layer({ eagerThreads: 2 })))
    )

    it.effect("are not held up by one that waits, even where one at a time is all that runs", () =>
      Effect.gen(function* () {
        const plugin = yield* open(freshCopy(echo))
        const waiting = yield* Effect.forkChild(callJson(plugin, "meet", 2))
        const others = Array.from({ length: 20 }, (_, i) =>
          callJson(plugin, i % 2 === 0 ? "host-unanswered" : "echo", 0)
        )
        assert.strictEqual((yield* Effect.all(others, { concurrency: "unbounded" })).length, 20)
        yield* callJson(plugin, "meet", 2)
        yield* Fiber.join(waiting)
      }).pipe(Effect.provide(NativeBridge.layer({ eagerThreads: 1 })))
    )

    it.effect("end their threads when there is no more work", () =>
      Effect.gen(function* () {
        const plugin = yield* open(freshCopy(echo))
        const { stats } = yield* NativeBridge
        const meeting = yield* Effect.forkChild(
          Effect.all(
            Array.from({ length: 20 }, () => callJson(plugin, "meet", 21)),
            { concurrency: "unbounded" }
          )
        )
        yield* eventually(() => Effect.map(stats, ({ threads }) => threads >= 20))
        yield* callJson(plugin, "meet", 21)
        yield* Fiber.join(meeting)
        yield* eventually(() => Effect.map(stats, ({ threads }) => threads === 0))
      }).pipe(Effect.provide(NativeBridge.layer({ threadIdleMs: 50 })))
    )

    it.effect("that passes before the call got a thread means that the plugin is never called", () =>
      Effect.gen(function* () {
        const host = yield* heldHost
        const plugin = yield* open(freshCopy(echo), host)
        const blocking = yield* Effect.forkChild(callJson(plugin, "host"))
        yield* host.called
        const error = yield* Effect.flip(callJson(plugin, "echo", {}, { deadlineMs: 20 }))
        assert.strictEqual(error._tag, "PluginDeadlineExceeded")
        yield* host.answer
        yield* Fiber.join(blocking)
        // "host" and this one.
        assert.strictEqual(yield* callJson(plugin, "calls"), 2)
      }).pipe(Effect.provide(NativeBridge.layer({ maxThreads: 1 })))
    )

    it.effect("end the wait in place, so that they can be answered", () =>
      Effect.gen(function* () {
        const plugin = yield* open(echo)
        assert.deepStrictEqual(yield* callJson(plugin, "host", { x: 1 }, { inPlaceMicros: 60_000_000 }), { x: 1 })
      })
    )

    it.effect(
      "is refused while too many calls run on after their deadlines, and taken again when they have returned",
      () =>
        Effect.gen(function* () {
          const host = yield* heldHost
          const plugin = yield* open(freshCopy(echo), { ...host, maxStuckCalls: 2 })
          for (let i = 0; i < 2; i++) yield* Effect.flip(callJson(plugin, "host", 1, { deadlineMs: missedDeadlineMs }))
          const error = yield* Effect.flip(callJson(plugin, "echo", 1))
          assert.deepInclude(error, { _tag: "PluginUnavailable", state: "fused" })
          assert.match(error.message, /2 calls run on after their deadline/)
          yield* host.answer
          yield* eventually(() => Effect.map(plugin.stats, ({ abandoned }) => abandoned === 0))
          assert.strictEqual(yield* callJson(plugin, "echo", 1), 1)
        })
    )

    it.effect("counts as one that runs on after its deadline also when its caller has hung up before", () =>
      Effect.gen(function* () {
        const host = yield* heldHost
        const plugin = yield* open(freshCopy(echo), { ...host, maxStuckCalls: 1 })
        const caller = yield* Effect.forkChild(callJson(plugin, "host", 1, { deadlineMs: 2000 }))
        yield* host.called
        yield* Fiber.interrupt(caller)
        yield* eventually(() => Effect.map(Effect.exit(callJson(plugin, "echo", 1)), Exit.isFailure))
        const error = yield* Effect.flip(callJson(plugin, "echo", 1))
        assert.match(error.message, /1 calls run on after their deadline/)
        yield* host.answer
        yield* eventually(() => Effect.map(Effect.exit(callJson(plugin, "echo", 1)), Exit.isSuccess))
      })
    )

    it.effect("is refused while half of all threads run calls of its plugin that nobody waits for", () =>
      Effect.gen(function* () {
        let begun = 0
        const host = yield* heldHost
        const [plugin, other] = yield* Effect.all([
          open(freshCopy(echo), {
            onHostCall: (method, request) => Effect.suspend(() => (begun++, host.onHostCall(method, request)))
          }),
          open(freshCopy(echo))
        ])
        const callers = yield* Effect.forEach([1, 2, 3], (number) =>
          Effect.forkChild(callJson(plugin, "host", number, { deadlineMs: 600_000 }))
        )
        yield* eventually(() => begun === 3)
        yield* Fiber.interruptAll(callers.slice(0, 1))
        assert.strictEqual(yield* callJson(plugin, "echo", 1), 1)
        yield* Fiber.interruptAll(callers.slice(1, 2))
        const error = yield* Effect.flip(callJson(plugin, "echo", 1))
        assert.deepInclude(error, { _tag: "PluginUnavailable", state: "fused" })
        assert.match(error.message, /2 calls run on whose callers have gone/)
        assert.strictEqual(yield* callJson(other, "echo", 1), 1)
        yield* host.answer
        yield* eventually(() => Effect.map(plugin.stats, ({ abandoned }) => abandoned === 0))
        assert.strictEqual(yield* callJson(plugin, "echo", 1), 1)
      }).pipe(Effect.provide(NativeBridge.layer({ maxThreads: 4 })))
    )

    it.effect("waits for a thread when all are taken, also in place", () =>
      Effect.gen(function* () {
        const host = yield* heldHost
        const plugin = yield* open(freshCopy(echo), host)
        const blocking = yield* Effect.forkChild(callJson(plugin, "host", 1))
        yield* host.called
        const waiting = yield* Effect.forkChild(plugin.call("echo", bytes("7"), { inPlaceMicros: 1000 }))
        yield* eventually(() => Effect.map(plugin.stats, ({ inFlight }) => inFlight === 2))
        yield* host.answer
        assert.strictEqual(yield* Fiber.join(waiting), 7)
        assert.strictEqual(yield* Fiber.join(blocking), 1)
      }).pipe(Effect.provide(NativeBridge.layer({ maxThreads: 1 })))
    )
  })
})
