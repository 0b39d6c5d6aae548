import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"

import { ask } from "../run-proxy.ts"
import { labStatus, startLabProxy } from "./lab-proxy.ts"

/** Fewer than the crashes in a row after which a plugin stays off. */
const KILLS = 4

describe("a plugin that executes and whose process is killed under load, again and again", () => {
  it.live("costs no request: each is asked again in the next process", () =>
    Effect.gen(function* () {
      const { proxy } = yield* startLabProxy("process")
      /** Waits until the plugin works for many, and kills it. */
      const kill = Effect.gen(function* () {
        for (;;) {
          const { in_flight, pid } = yield* labStatus(proxy)
          if (pid !== null && in_flight >= 10) return process.kill(pid, "SIGKILL")
          yield* Effect.sleep("5 millis")
        }
      })
      for (let round = 0; round < KILLS; round++) {
        const killed = yield* Effect.forkChild(kill)
        // Each goes on until the plugin was killed, and is asked once more then.
        const client = Effect.gen(function* () {
          while (killed.pollUnsafe() === undefined) {
            assert.strictEqual((yield* ask(proxy, { model: "lab-slow" }))[0], 200)
          }
          assert.strictEqual((yield* ask(proxy, { model: "lab-slow" }))[0], 200)
        })
        yield* Effect.all(
          Array.from({ length: 20 }, () => client),
          { concurrency: "unbounded" }
        )
        yield* Fiber.join(killed)
      }
    })
  )
})
