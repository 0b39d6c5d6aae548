import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeCredentialLedger, makePool, slowStart } from "../src/index.ts"
import type { AttemptOutcome, Candidate, CredentialLedger, Lease, Pool, Strategy } from "../src/index.ts"
import { candidate, candidates, idsOf, nth } from "./candidates.ts"

const refused = (status: number, retryAfterMs?: number): AttemptOutcome => ({ _tag: "Refused", status, retryAfterMs })
const succeeded: AttemptOutcome = { _tag: "Succeeded" }

const world = (list: ReadonlyArray<Candidate>, model = "m") => {
  const freed: Array<string> = []
  const ledger = makeCredentialLedger({ onFreed: (id) => freed.push(id) })
  const pool = makePool(list)
  ledger.attach(pool, model)
  return { ledger, pool, freed }
}

/** Takes who is picked; throws when nobody is. */
const take = (ledger: CredentialLedger, pool: Pool, now: number, strategy: Strategy = "round-robin"): Lease => {
  const picked = pool.pick(strategy, { now })
  const lease = picked && ledger.acquire(pool, picked.id, now)
  if (lease === undefined) throw new Error(`nobody at ${now}`)
  return lease
}

const finish = (ledger: CredentialLedger, lease: Lease, outcome: AttemptOutcome, now: number) => {
  ledger.settle(lease, outcome, now)
  ledger.release(lease, now)
}

describe("caps", () => {
  it("leave out a credential with as many requests as it may have over all models, and say so", () => {
    const { ledger, pool } = world([candidate("a", { maxInFlight: 2 })])
    const other = makePool([candidate("a", { maxInFlight: 2 })])
    ledger.attach(other, "other")
    const first = take(ledger, pool, 0)
    take(ledger, other, 0)
    expect(pool.pick("round-robin", { now: 0 })).toBeUndefined()
    expect(pool.exclusions(0, {})).toEqual([{ _tag: "AtCapacity", id: "a", cap: "credential", limit: 2 }])
    expect(pool.census(0)).toMatchObject({ atCapacity: 1, resting: 0 })
    ledger.release(first, 1)
    expect(idsOf(other.available(1))).toEqual(["a"])
  })

  it("of a model leave the other models of the credential alone", () => {
    const { ledger, pool } = world([candidate("a", { maxInFlightPerModel: 1 })])
    const other = makePool([candidate("a", { maxInFlightPerModel: 1 })])
    ledger.attach(other, "other")
    take(ledger, pool, 0)
    expect(pool.exclusions(0, {})).toEqual([{ _tag: "AtCapacity", id: "a", cap: "model", limit: 1 }])
    expect(idsOf(other.available(0))).toEqual(["a"])
  })

  it("hold when somebody takes a credential that filled up since it was shown to be ready", () => {
    const { ledger, pool } = world([candidate("a", { maxInFlight: 1 })])
    expect(ledger.acquire(pool, "a", 0)).toBeDefined()
    expect(ledger.acquire(pool, "a", 0)).toBeUndefined()
    expect(ledger.acquire(pool, "nobody", 0)).toBeUndefined()
  })

  it("are never passed and never leak, over any history", () => {
    const step = fc.oneof(
      fc.record({ _tag: fc.constant("take" as const) }),
      fc.record({ _tag: fc.constant("end" as const), which: fc.nat(), twice: fc.boolean() })
    )
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }), { minLength: 1, maxLength: 5 }),
        fc.array(step, { maxLength: 80 }),
        (caps, history) => {
          const list = candidates(caps.length).map((one, index) => ({ ...one, maxInFlight: caps[index] }))
          const { ledger, pool } = world(list)
          const open: Array<Lease> = []
          const wrong: Array<unknown> = []
          for (const event of history) {
            if (event._tag === "take") {
              const picked = pool.pick("least-inflight", { now: 0 })
              const lease = picked && ledger.acquire(pool, picked.id, 0)
              if (lease !== undefined) open.push(lease)
              else if (picked !== undefined) wrong.push(picked)
            } else if (open.length > 0) {
              for (const lease of open.splice(event.which % open.length, 1)) {
                ledger.release(lease, 0)
                if (event.twice) ledger.release(lease, 0)
              }
            }
            for (const [index, { id }] of list.entries()) {
              const inFlight = open.filter((lease) => lease.id === id).length
              expect(pool.get(id)?.inFlight).toBe(inFlight)
              expect(inFlight).toBeLessThanOrEqual(caps[index] ?? Infinity)
            }
          }
          expect(wrong).toEqual([])
        }
      ),
      { seed: 50, numRuns: 300 }
    )
  })
})

describe("half-open probes", () => {
  it("let one request through when a rest ends, and the rest after its success", () => {
    const { freed, ledger, pool } = world([candidate("a")])
    finish(ledger, take(ledger, pool, 0), refused(429, 5_000), 0)
    expect(pool.available(4_999)).toEqual([])
    const probe = take(ledger, pool, 5_000)
    expect(probe.probe).toBe(true)
    expect(pool.exclusions(5_000, {})).toEqual([{ _tag: "Probing", id: "a" }])
    expect(ledger.availability("a", "m", 5_000)._tag).toBe("Probing")
    freed.length = 0
    ledger.settle(probe, succeeded, 5_100)
    expect(freed).toEqual(["a"])
    expect(take(ledger, pool, 5_100).probe).toBe(false)
    expect(ledger.availability("a", "m", 5_100)._tag).toBe("Recovering")
  })

  it("extend the rest when they fail", () => {
    const { ledger, pool } = world([candidate("a")])
    finish(ledger, take(ledger, pool, 0), refused(429), 0)
    finish(ledger, take(ledger, pool, 1_000), refused(429), 1_000)
    expect(pool.readyAt(1_000)).toBe(3_000)
  })

  it("make way for the next when they end without an outcome", () => {
    const { ledger, pool } = world([candidate("a")])
    finish(ledger, take(ledger, pool, 0), refused(429), 0)
    ledger.release(take(ledger, pool, 1_000), 1_500)
    expect(ledger.availability("a", "m", 1_500)._tag).toBe("HalfOpen")
    expect(take(ledger, pool, 1_500).probe).toBe(true)
  })

  it("are one for all models when the credential as a whole rests, and one for each model otherwise", () => {
    const { ledger, pool } = world([candidate("a")])
    const other = makePool([candidate("a")])
    ledger.attach(other, "other")
    finish(ledger, take(ledger, pool, 0), { _tag: "Unreachable" }, 0)
    const probe = take(ledger, pool, 1_000)
    expect(other.available(1_000)).toEqual([])
    finish(ledger, probe, succeeded, 1_000)
    expect(idsOf(other.available(1_000))).toEqual(["a"])
    finish(ledger, take(ledger, pool, 2_000), refused(500), 2_000)
    finish(ledger, take(ledger, other, 2_000), refused(500), 2_000)
    expect([take(ledger, pool, 3_000).probe, take(ledger, other, 3_000).probe]).toEqual([true, true])
  })

  it("come within a long rest, so that a quota which is reset early ends it", () => {
    const { ledger, pool } = world([candidate("a")])
    finish(ledger, take(ledger, pool, 0), refused(429, 5 * 3_600_000), 0)
    expect(pool.readyAt(0)).toBe(60_000)
    expect(pool.exclusions(0, {})).toMatchObject([{ _tag: "Cooling", until: 18_000_000, probeAt: 60_000 }])
    finish(ledger, take(ledger, pool, 60_000), refused(429, 5 * 3_600_000 - 60_000), 60_000)
    expect(pool.readyAt(60_000)).toBe(180_000)
    finish(ledger, take(ledger, pool, 180_000), succeeded, 180_000)
    expect(ledger.availability("a", "m", 182_000)).toEqual({ _tag: "Available" })
  })

  it("make one 503 of a single key no outage", () => {
    const { ledger, pool } = world([candidate("a")])
    finish(ledger, take(ledger, pool, 0), refused(503), 0)
    const retry = take(ledger, pool, 1)
    expect(retry.probe).toBe(true)
    expect(pool.available(1)).toEqual([])
    finish(ledger, retry, succeeded, 2)
    expect(take(ledger, pool, 2).probe).toBe(false)
  })

  it("are not made as a last resort while anybody else is ready, nor of a rest that does not pass by itself", () => {
    const { ledger, pool } = world([candidate("a"), candidate("b")])
    ledger.report({ id: "a", model: "m", outcome: refused(503), now: 0 })
    expect(idsOf(pool.available(1))).toEqual(["b"])
    ledger.report({ id: "b", model: "m", outcome: refused(429), now: 0 })
    expect(take(ledger, pool, 1).id).toBe("a")
    expect(pool.pick("round-robin", { now: 1 })).toBeUndefined()
  })

  it("do not hammer a provider that stays down", () => {
    const { ledger, pool } = world([candidate("a")])
    const attempts: Array<number> = []
    for (let now = 0; now < 120_000; now += 10) {
      const picked = pool.pick("round-robin", { now })
      const lease = picked && ledger.acquire(pool, picked.id, now)
      if (lease === undefined) continue
      attempts.push(now)
      finish(ledger, lease, refused(503), now)
    }
    expect(attempts.slice(0, 4)).toEqual([0, 10, 1_010, 3_010])
    expect(attempts.length).toBeLessThan(10)
  })
})

describe("slow start", () => {
  it("bounds the share of a recovered credential in its first second while others can serve", () => {
    for (const strategy of ["fill-first", "least-inflight"] as const) {
      const { ledger, pool } = world([candidate("a"), candidate("b")])
      ledger.report({ id: "a", model: "m", outcome: refused(429), now: 0 })
      finish(ledger, take(ledger, pool, 1_000, strategy), succeeded, 1_000)
      let share = 0
      for (let now = 1_000; now < 1_000 + slowStart.durationMs; now++) {
        const lease = take(ledger, pool, now, strategy)
        if (lease.id === "a") share++
        finish(ledger, lease, succeeded, now)
      }
      expect(share).toBeLessThanOrEqual(slowStart.durationMs / slowStart.spacingMs)
      expect(share).toBeGreaterThan(1)
    }
  })

  it("refuses nobody when only recovered credentials are left", () => {
    const { ledger, pool } = world([candidate("a"), candidate("b")])
    for (const id of ["a", "b"]) ledger.report({ id, model: "m", outcome: refused(429), now: 0 })
    for (const _ of "ab") finish(ledger, take(ledger, pool, 1_000), succeeded, 1_000)
    const ids = Array.from({ length: 10 }, () => take(ledger, pool, 1_001).id)
    expect(new Set(ids)).toEqual(new Set(["a", "b"]))
    expect(pool.readyAt(1_001)).toBe(1_001)
  })
})

describe("availability", () => {
  interface Open {
    readonly lease: Lease
    readonly outcome: AttemptOutcome | undefined
  }
  const outcome: fc.Arbitrary<AttemptOutcome | undefined> = fc.oneof(
    fc.constant(undefined),
    fc.constant(succeeded),
    fc.constant({ _tag: "Unreachable" } as const),
    fc.record({
      _tag: fc.constant("Refused" as const),
      status: fc.constantFrom(400, 401, 403, 404, 408, 429, 429, 500, 503, 529),
      retryAfterMs: fc.option(fc.nat(1_200_000), { nil: undefined }),
      scope: fc.constantFrom(undefined, undefined, "credential" as const, "account" as const)
    })
  )
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ _tag: fc.constant("take" as const), pool: fc.nat(1), outcome }) },
    { weight: 3, arbitrary: fc.record({ _tag: fc.constant("end" as const), which: fc.nat() }) },
    {
      weight: 2,
      arbitrary: fc.record({ _tag: fc.constant("wait" as const), ms: fc.oneof(fc.nat(500), fc.nat(200_000)) })
    },
    { weight: 1, arbitrary: fc.record({ _tag: fc.constant("clear" as const), which: fc.nat() }) }
  )

  it("never has two probes of a credential and model at once, nor shortens a rest by a failure but a probe's new hint, over any history", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: "max" }), (history) => {
        const list = candidates(3, { account: "x" })
        const ledger = makeCredentialLedger()
        const pools = [makePool(list), makePool(list)]
        for (const [index, pool] of pools.entries()) ledger.attach(pool, `model-${index}`)
        const open: Array<Open> = []
        const wrong: Array<unknown> = []
        let now = 0
        for (const event of history) {
          if (event._tag === "wait") now += event.ms
          if (event._tag === "clear") ledger.clear(nth(list, event.which % 3).id)
          if (event._tag === "take") {
            const pool = nth(pools, event.pool)
            const picked = pool.pick("round-robin", { now })
            const lease = picked && ledger.acquire(pool, picked.id, now)
            // Whoever is picked can be used: a rest only by a probe.
            const rest = lease && ledger.get(lease.id, lease.model)
            if (lease !== undefined) open.push({ lease, outcome: event.outcome })
            if (picked !== undefined && (lease === undefined || lease.probe !== (rest !== undefined))) wrong.push(event)
          }
          if (event._tag === "end" && open.length > 0) {
            for (const { lease, outcome: result } of open.splice(event.which % open.length, 1)) {
              const before = ledger.get(lease.id, lease.model)?.until ?? 0
              const after = result && (ledger.settle(lease, result, now)?.until ?? 0)
              ledger.release(lease, now)
              const hinted = lease.probe && result?._tag === "Refused" && result.status === 429 && result.retryAfterMs
              if (hinted || result?._tag === "Succeeded") continue
              if (after !== undefined && after < before) wrong.push(event)
            }
          }
          if (event._tag === "clear") open.splice(0).forEach(({ lease }) => ledger.release(lease, now))
          const probes = open.filter(({ lease }) => lease.probe).map(({ lease }) => `${lease.id} ${lease.model}`)
          expect(new Set(probes).size).toBe(probes.length)
        }
        expect(wrong).toEqual([])
        // Whatever happened, everybody can serve again once all is over and time has passed.
        for (const { lease } of open) ledger.release(lease, now)
        const later = now + 25 * 3_600_000
        for (const pool of pools) expect(pool.available(later)).toHaveLength(3)
      }),
      { seed: 51, numRuns: 500 }
    )
  })
})
