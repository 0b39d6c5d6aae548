import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { ask } from "../run-proxy.ts"
import { labStatus, startLabProxy } from "./lab-proxy.ts"

/** Fewer than the crashes in a row after which a plugin stays off. */
const KILLS = 4

describe("a plugin that executes and whose process is killed under load, again and again", () => {
  it.live("costs no request: each is asked again in the next process", () =>
    Effect.gen(function* () {
      const { proxy } = yield* startLabProxy("process")
      const load = Effect.all(
        Array.from({ length: 20 }, () => ask(proxy, { model: "lab-slow" })),
        { concurrency: "unbounded" }
      )
      /** Waits until the plugin works for many, and kills it. */
      const kill = Effect.gen(function* () {
        for (;;) {
          const { in_flight, pid } = yield* labStatus(proxy)
          if (pid !== null && in_flight >= 10) return process.kill(pid, "SIGKILL")
          yield* Effect.sleep("5 millis")
        }
      })
      for (let round = 0; round < KILLS; round++) {
        const [answers] = yield* Effect.all([load, kill], { concurrency: 2 })
        assert.deepStrictEqual(new Set(answers.map(([status]) => status)), new Set([200]))
      }
    })
  )
})
