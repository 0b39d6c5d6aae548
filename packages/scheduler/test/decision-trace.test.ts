import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { decide, explain, makeCredentialLedger, makePool, maxTracedCandidates } from "../src/index.ts"
import { candidate, candidates } from "./candidates.ts"

const story = () => {
  const pool = makePool([
    candidate("a-off", { priority: 2, disabled: true }),
    candidate("b-full", { priority: 2, maxInFlight: 1 }),
    candidate("c-limited", { priority: 2 }),
    candidate("d-probed", { priority: 2 }),
    candidate("e-ready", { priority: 2, weight: 3 }),
    candidate("f-zero", { priority: 2, weight: 0 }),
    candidate("g-tried", { priority: 2 }),
    candidate("h-lower")
  ])
  const ledger = makeCredentialLedger()
  ledger.attach(pool, "m")
  ledger.acquire(pool, "b-full", 0)
  const limited = { _tag: "Refused", status: 429, retryAfterMs: 600_000 } as const
  ledger.report({ id: "c-limited", model: "m", outcome: limited, now: 0 })
  ledger.report({ id: "d-probed", model: "m", outcome: { _tag: "Refused", status: 503 }, now: 0 })
  ledger.acquire(pool, "d-probed", 1_000)
  ledger.report({ id: "e-ready", model: "m", outcome: { _tag: "Succeeded" }, now: 900 })
  ledger.noteQuota("e-ready", { resetAt: 5_000, remaining: 7 })
  return { pool, ledger, options: { now: 1_000, tried: new Set(["g-tried"]) } }
}

describe("a decision trace", () => {
  it("has every candidate, why it was left out and until when, as plain data", () => {
    const { options, pool } = story()
    const decision = Result.getOrThrow(decide(pool, "weighted-round-robin", options))
    const trace = decision.trace()
    expect(JSON.parse(JSON.stringify(trace))).toEqual(trace)
    expect(trace).toEqual({
      at: 1_000,
      strategy: "weighted-round-robin",
      chosen: { id: "e-ready", tier: 2, by: { _tag: "Builtin", strategy: "weighted-round-robin" } },
      total: 8,
      candidates: [
        { id: "a-off", exclusion: { _tag: "Disabled", id: "a-off" } },
        { id: "b-full", inFlight: 1, exclusion: { _tag: "AtCapacity", id: "b-full", cap: "credential", limit: 1 } },
        {
          id: "c-limited",
          exclusion: {
            _tag: "Cooling",
            id: "c-limited",
            until: 600_000,
            because: "rate-limited",
            status: 429,
            probeAt: 60_000
          }
        },
        { id: "d-probed", inFlight: 1, exclusion: { _tag: "Probing", id: "d-probed" } },
        { id: "e-ready", weight: 3, lastSuccessAt: 900, quota: { resetAt: 5_000, remaining: 7 } },
        { id: "f-zero", weight: 0, exclusion: { _tag: "Weightless", id: "f-zero" } },
        { id: "g-tried", exclusion: { _tag: "Tried", id: "g-tried" } },
        { id: "h-lower", tier: 0, exclusion: { _tag: "LowerTier", id: "h-lower", tier: 0 } }
      ].map((one) => ({ provider: "openai", tier: 2, weight: 1, inFlight: 0, ...one }))
    })
  })

  it("is what explain tells beforehand", () => {
    const { options, pool } = story()
    const told = explain(pool, "weighted-round-robin", options)
    expect(told).toEqual(Result.getOrThrow(decide(pool, "weighted-round-robin", options)).trace())
  })

  it("says when somebody is back, if nobody can be picked", () => {
    const pool = makePool(candidates(2))
    for (const { id } of candidates(2)) pool.block(id, { until: 500, reason: "rate-limited", status: 429 })
    const told = explain(pool, "fill-first", { now: 100 })
    expect(told).toMatchObject({ retryAt: 500, strategy: "fill-first", total: 2 })
    expect(told).not.toHaveProperty("chosen")
    expect(told.candidates.map(({ exclusion }) => exclusion?._tag)).toEqual(["Cooling", "Cooling"])
  })

  it("lists a bounded number of candidates and says how many there are", () => {
    const told = explain(makePool(candidates(1_000)), "round-robin", { now: 0 })
    expect(told.candidates).toHaveLength(maxTracedCandidates)
    expect(told.total).toBe(1_000)
  })
})
