import { makePool } from "@cliproxy/scheduler"
import { assert, describe, it } from "@effect/vitest"

import { allowancesOf, judgeFor, readyAtOf } from "../../src/request-life/attempt-terms.ts"
import { ProviderRefused } from "../../src/failover/attempt-failure.ts"
import { makeModelRegistry } from "../../src/models/model-registry.ts"
import { provider } from "../gateway-settings.ts"

const candidate = (id: string) => ({ id, provider: "p", priority: 0, disabled: false, attributes: {} })

const targets = (...retries: ReadonlyArray<number | undefined>) =>
  makeModelRegistry(
    retries.map((requestRetry, i) => provider("https://p.example", ["k"], { name: `p${i}`, requestRetry })),
    0
  ).routes.get("m")?.targets ?? new Map()

describe("request-retry of a provider", () => {
  it("counts for its own keys, and the general number for all others", () => {
    assert.deepStrictEqual(
      allowancesOf(targets(undefined, 0, 5), 2),
      new Map([
        ["p0/k", 2],
        ["p1/k", 0],
        ["p2/k", 5]
      ])
    )
  })

  it("is not looked at when no provider has one", () => {
    assert.isUndefined(allowancesOf(targets(undefined, undefined), 2))
  })
})

const pool = () => {
  const made = makePool(["a", "b", "c"].map(candidate))
  made.block("a", { until: 5_000, reason: "rate-limited" })
  made.block("b", { until: 9_000, probeAt: 8_000, reason: "rejected" })
  made.block("c", { until: Infinity, reason: "rejected" })
  return made
}

const refused = (status: number, code: string | null = null) =>
  new ProviderRefused({ status, message: "not found", type: null, code, param: null })

describe("an endpoint that a provider does not have", () => {
  it("says nothing of the credential when tokens are counted or embeddings asked for, and the next one is tried", () => {
    for (const operation of ["count_tokens", "embeddings"] as const) {
      for (const status of [404, 405, 501]) {
        assert.deepInclude(judgeFor(undefined, operation, refused(status), {}), { outcome: undefined, goOn: true })
      }
      assert.isDefined(judgeFor(undefined, operation, refused(404, "model_not_found"), {}).outcome)
      assert.isDefined(judgeFor(undefined, operation, refused(429), {}).outcome)
    }
  })

  it("is a missing model for a request that is to be answered", () => {
    assert.deepInclude(judgeFor(undefined, "generate", refused(404), {}).outcome, { status: 404 })
  })
})

describe("the time of the next round", () => {
  it("is that of the first credential that may still be tried", () => {
    assert.strictEqual(readyAtOf(pool(), 0, new Set()), 5_000)
    assert.strictEqual(readyAtOf(pool(), 0, new Set(["a"])), 8_000)
    assert.strictEqual(readyAtOf(pool(), 0, new Set(["a", "b"])), Infinity)
    assert.strictEqual(readyAtOf(pool(), 0, new Set(["a", "b", "c"])), undefined)
  })

  it("is now when one of them is ready", () => {
    const some = pool()
    some.unblock("b")
    assert.strictEqual(readyAtOf(some, 7, new Set(["a"])), 7)
    assert.strictEqual(readyAtOf(some, 7, new Set(["b"])), 5_000)
  })
})
