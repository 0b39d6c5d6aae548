import { Result, Schema } from "effect"
import { describe, expect, it } from "vitest"
import { decide, makePool, maxListedExclusions, NoCandidateAvailable } from "../src/index.ts"
import type { PickOptions, Pool } from "../src/index.ts"
import { candidate, candidates } from "./candidates.ts"

const failureOf = (pool: Pool, options: PickOptions): NoCandidateAvailable => {
  const result = decide(pool, "round-robin", options)
  if (Result.isSuccess(result)) throw new Error(`picked ${result.success.candidate.id}`)
  return result.failure
}

describe("decision", () => {
  it("says who was chosen, from which tier, by what, and who was left out and why", () => {
    const pool = makePool([candidate("a", { priority: 1 }), candidate("b", { priority: 1 }), candidate("c")])
    pool.block("a", { until: 100, reason: "rate-limited", status: 429 })
    const decision = Result.getOrThrow(decide(pool, "round-robin", { now: 0 }))
    expect(decision.candidate.id).toBe("b")
    expect(decision.tier).toBe(1)
    expect(decision.chosenBy).toEqual({ _tag: "Builtin", strategy: "round-robin" })
    expect(decision.explain()).toEqual([
      { _tag: "Cooling", id: "a", until: 100, because: "rate-limited", status: 429 },
      { _tag: "LowerTier", id: "c", tier: 0 }
    ])
  })

  it("does not mind that the caller goes on filling its set of tried IDs", () => {
    const tried = new Set(["a"])
    const decision = Result.getOrThrow(
      decide(makePool([candidate("a"), candidate("b")]), "fill-first", { now: 0, tried })
    )
    tried.add("b")
    expect(decision.explain()).toEqual([{ _tag: "Tried", id: "a" }])
  })
})

describe("no candidate", () => {
  it("is none for an empty pool, and when everybody is disabled or tried", () => {
    expect(failureOf(makePool(), { now: 0 })).toMatchObject({
      reason: "none",
      message: "no credential available (the pool is empty)"
    })
    const pool = makePool([candidate("a"), candidate("b", { disabled: true })])
    const error = failureOf(pool, { now: 0, tried: new Set(["a"]) })
    expect(error.reason).toBe("none")
    expect(error.message).toContain("no credential available (of 2: 1 already tried, 1 disabled)")
  })

  it("is cooling when all that are left are rate-limited, and says when the first is back", () => {
    const pool = makePool([...candidates(2), candidate("off", { disabled: true })])
    const [first, second] = candidates(2)
    pool.block(first?.id ?? "", { until: 9_000, reason: "rate-limited", status: 429 })
    pool.block(second?.id ?? "", { until: 7_000, reason: "rate-limited", status: 429 })
    const error = failureOf(pool, { now: 6_999 })
    expect(error).toMatchObject({
      reason: "cooling",
      retryAt: 7_000,
      census: { total: 3, disabled: 1, tried: 0, rateLimited: 2, resting: 0 }
    })
    expect(error.exclusions.map(({ _tag }) => _tag)).toEqual(["Cooling", "Cooling", "Disabled"])
    expect(error.message).toBe(
      "no credential available (of 3: 2 rate-limited, 1 disabled); first one back at 1970-01-01T00:00:07.000Z"
    )
  })

  it("is unavailable when somebody rests for another reason, so that a refused key is not reported as a rate limit", () => {
    const pool = makePool([candidate("a"), candidate("b")])
    pool.block("a", { until: 9_000, reason: "rate-limited", status: 429 })
    pool.block("b", { until: 8_000, reason: "rejected", status: 401 })
    expect(failureOf(pool, { now: 0 })).toMatchObject({ reason: "unavailable", retryAt: 8_000 })
    expect(failureOf(pool, { now: 0, tried: new Set(["b"]) })).toMatchObject({ reason: "cooling", retryAt: 8_000 })
  })

  it("has no retryAt when waiting does not help", () => {
    const pool = makePool([candidate("a")])
    pool.block("a", { until: Infinity, reason: "rejected" })
    expect(failureOf(pool, { now: 0 })).not.toHaveProperty("retryAt")
  })

  it("has a message also for a time that no calendar knows", () => {
    const pool = makePool([candidate("a")])
    pool.block("a", { until: Number.MAX_SAFE_INTEGER, reason: "rejected" })
    expect(failureOf(pool, { now: 0 }).message).toContain("first one back at +275760-09-13")
  })

  it("lists a bounded number of exclusions and counts them all", () => {
    const pool = makePool(candidates(1_000, { disabled: true }))
    const error = failureOf(pool, { now: 0 })
    expect(error.exclusions).toHaveLength(maxListedExclusions)
    expect(error.census.disabled).toBe(1_000)
  })

  it("can be written down and read back", () => {
    const pool = makePool([candidate("a")])
    pool.block("a", { until: 5, reason: "unreachable" })
    const encoded = JSON.parse(JSON.stringify(Schema.encodeSync(NoCandidateAvailable)(failureOf(pool, { now: 0 }))))
    expect(Schema.decodeUnknownSync(NoCandidateAvailable)(encoded)).toEqual(failureOf(pool, { now: 0 }))
  })
})
