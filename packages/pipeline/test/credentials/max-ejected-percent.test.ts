import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { tracedGateway } from "../decision-trace/traced-gateway.ts"
import { provider, settings } from "../gateway-settings.ts"
import { failing, startProvider } from "../scripted-provider.ts"

describe("the maximum of ejected credentials", () => {
  it.live("keeps those beyond it there to be tried, and is taken over at once", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const keys = ["a", "b", "c", "d"]
      for (const name of keys) server.script.set(`key-${name}`, [failing(503)])
      const configured = settings([provider(server.baseUrl, keys)], { transientCooldownMs: 3_600_000 })
      const { gateway, trace } = yield* tracedGateway(configured)
      const attempts = Effect.map(trace(), ({ attemptsMade }) => attemptsMade.length)
      assert.strictEqual(yield* attempts, 4)
      assert.strictEqual(yield* attempts, 4, "after its first failure everybody may be tried once more")
      assert.strictEqual(yield* attempts, 0)
      for (const [maxEjectedPercent, expected] of [
        [74, 2],
        [0, 4],
        [100, 0]
      ] as const) {
        yield* gateway.configure({ ...configured, maxEjectedPercent })
        assert.strictEqual(yield* attempts, expected)
      }
    })
  )
})
