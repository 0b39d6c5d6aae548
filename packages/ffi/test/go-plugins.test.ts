import { encodeSuccess } from "@cliproxy/abi"
import { assert, layer } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

import { NativeBridge } from "../src/native-bridge.ts"
import { callJson, open } from "./support/conversation.ts"
import { eventually } from "./support/eventually.ts"
import { freshCopy, goPlugin } from "./support/fixtures.ts"

const library = goPlugin()

layer(NativeBridge.layer(), { excludeTestServices: true })("a Go plugin", (it) => {
  it.effect("calls the host from 8 goroutines in each of 100 concurrent calls, and all are answered", () =>
    Effect.gen(function* () {
      let served = 0
      const plugin = yield* open(library, {
        onHostCall: (method, request) =>
          Effect.suspend(() => {
            served++
            const { call } = JSON.parse(new TextDecoder().decode(request)) as { call: number }
            return Effect.succeed(encodeSuccess({ method, call })).pipe(Effect.delay(served % 7))
          })
      })
      const answers = yield* Effect.all(
        Array.from({ length: 100 }, (_, call) =>
          callJson(plugin, "host", { method: "host.test", request: { call }, times: 8, parallel: 8 })
        ),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(served, 800)
      for (const [call, answer] of answers.entries()) {
        const expected = { ok: true, result: { method: "host.test", call } }
        assert.deepStrictEqual(answer, { answers: Array.from({ length: 8 }, () => expected) })
      }
    })
  )

  it.effect("takes 1,000 concurrent calls that call back from foreign threads, on a bounded number of threads", () =>
    Effect.gen(function* () {
      const plugin = yield* open(library)
      const { stats } = yield* NativeBridge
      const running = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 1000 }, (_, call) =>
            callJson(plugin, "host", { method: "host.test", request: { call }, times: 1, parallel: 1 })
          ),
          { concurrency: "unbounded" }
        )
      )
      yield* Effect.sleep(1)
      assert.isAtMost((yield* stats).threads, 64)
      const answers = yield* Fiber.join(running)
      assert.deepStrictEqual(answers[999], { answers: [{ ok: true, result: { call: 999 } }] })
    }).pipe(Effect.provide(NativeBridge.layer({ maxThreads: 64 })))
  )

  it.effect("survives its garbage collector while calls and host calls run", () =>
    Effect.gen(function* () {
      const plugin = yield* open(library)
      const calls = Array.from({ length: 200 }, (_, i) =>
        i % 10 === 0
          ? callJson(plugin, "gc")
          : callJson(plugin, "host", { method: "host.test", request: { i }, times: 4, parallel: 2 })
      )
      assert.strictEqual((yield* Effect.all(calls, { concurrency: "unbounded" })).length, 200)
    })
  )

  it.effect("and another one live in one process, each with a state of its own", () =>
    Effect.gen(function* () {
      const plugins = yield* Effect.all([open(freshCopy(library)), open(freshCopy(library))])
      for (let round = 1; round <= 50; round++) {
        const counts = yield* Effect.all(
          plugins.map((plugin) => callJson(plugin, "count")),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(counts, [{ count: round }, { count: round }])
      }
    })
  )

  it.effect("answers 64 MiB", () =>
    Effect.gen(function* () {
      const plugin = yield* open(library)
      const answer = yield* callJson(plugin, "big", { bytes: 64 * 1024 * 1024 })
      assert.strictEqual((answer as string).length, 64 * 1024 * 1024)
    })
  )

  it.effect("may call the host during its shutdown, and gets nothing after it", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const path = freshCopy(library)
      const options = {
        onHostCall: (method: string) => Effect.sync(() => (seen.push(method), encodeSuccess({})))
      }
      const scope = yield* Scope.make()
      const plugin = yield* open(path, options).pipe(Scope.provide(scope))
      yield* callJson(plugin, "host-at-shutdown", { method: "host.last" })
      const closed = join(dirname(path), "closed")
      yield* callJson(plugin, "host-later", { method: "host.never", after: closed })
      yield* Scope.close(scope, Exit.void)
      writeFileSync(closed, "")
      yield* eventually(() => existsSync(`${closed}.answer`))
      assert.match(readFileSync(`${closed}.answer`, "utf8"), /host\.call returned 1 with 0 bytes/)
      assert.deepStrictEqual(seen, ["host.last"])
    })
  )
})
