import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { decide, explain, makeCredentialLedger, makePool, strategyNames } from "../src/index.ts"
import type { Lease, Pool } from "../src/index.ts"
import { candidates, nth } from "./candidates.ts"

const limit = { name: "m", maxInFlight: 2 }
const now = 0

/** Two pools of the limited model, with different credentials, and one of another model. */
const world = () => {
  const roomed: Array<ReadonlyArray<Pool>> = []
  const ledger = makeCredentialLedger({ onRoom: (pools) => roomed.push([...pools]) })
  const [pool, sibling, other] = [makePool(candidates(3)), makePool(candidates(5)), makePool(candidates(3))]
  ledger.attach(pool, "m", limit)
  ledger.attach(sibling, "m", limit)
  ledger.attach(other, "n")
  const take = (from: Pool): Lease => {
    const picked = from.pick("round-robin", { now })
    const lease = picked && ledger.acquire(from, picked.id, now)
    if (lease === undefined) throw new Error("nobody")
    return lease
  }
  return { ledger, pool, sibling, other, take, roomed }
}

describe("a limit of a model over all credentials", () => {
  it("lets nobody be picked while it is reached, by any strategy, and says so", () => {
    const { ledger, pool, sibling, take } = world()
    const lease = take(pool)
    take(sibling)
    for (const strategy of strategyNames) {
      expect(pool.pick(strategy, { now })).toBeUndefined()
      expect(pool.pick(strategy, { now, prefer: "key-000000", preferAcrossTiers: true })).toBeUndefined()
      expect(explain(pool, strategy, { now }).chosen).toBeUndefined()
    }
    expect(pool.available(now)).toEqual([])
    expect(ledger.acquire(pool, "key-000000", now)).toBeUndefined()
    expect(pool.census(now, new Set(["key-000001"]))).toMatchObject({ atCapacity: 2, tried: 1, resting: 0 })
    expect(pool.exclusions(now, { limit: 1 })).toEqual([
      { _tag: "AtCapacity", id: "key-000000", cap: "route", limit: 2 }
    ])
    expect(pool.readyAt(now)).toBeUndefined()
    ledger.release(lease, now)
    expect(pool.pick("round-robin", { now })).toBeDefined()
    expect(pool.readyAt(now)).toBe(now)
  })

  it("is none of the other models", () => {
    const { other, pool, take } = world()
    take(pool)
    take(pool)
    for (let use = 0; use < 5; use++) take(other)
    expect(other.pick("round-robin", { now })).toBeDefined()
  })

  it("hides nobody who rests, and who is not held back in a choice that found somebody", () => {
    const { ledger, pool, take } = world()
    ledger.report({ id: "key-000001", model: "m", outcome: { _tag: "Refused", status: 429 }, now })
    take(pool)
    const decision = decide(pool, "round-robin", { now })
    take(pool)
    expect(pool.census(now)).toMatchObject({ atCapacity: 2, rateLimited: 1 })
    expect(pool.exclusions(now, {}).map(({ _tag }) => _tag)).toEqual(["AtCapacity", "Cooling", "AtCapacity"])
    const traced = decision._tag === "Success" ? decision.success.trace().candidates : []
    expect(traced.map(({ exclusion }) => exclusion?._tag)).toEqual([undefined, "Cooling", undefined])
  })

  it("tells all pools that share it when there is room", () => {
    const { ledger, other, pool, roomed, sibling, take } = world()
    ledger.release(take(other), now)
    expect(roomed).toEqual([])
    ledger.release(take(sibling), now)
    expect(roomed).toEqual([[pool, sibling]])
  })

  it("changes with the last one that is named, and ends with its pools and uses", () => {
    const { ledger, pool, sibling, take } = world()
    const leases = [take(pool), take(pool)]
    ledger.attach(pool, "m", { ...limit, maxInFlight: 3 })
    leases.push(take(sibling))
    expect([...ledger.limited()]).toMatchObject([{ name: "m", inFlight: 3, maxInFlight: 3 }])
    ledger.attach(pool, "m")
    expect(pool.pick("round-robin", { now })).toBeDefined()
    ledger.detach(sibling)
    for (const lease of leases) ledger.release(lease, now)
    expect([...ledger.limited()]).toEqual([])
    expect(() => ledger.attach(pool, "m", { name: "m", maxInFlight: 0 })).toThrow("whole number above 0")
  })

  it("is never passed and never leaks, over any history", () => {
    const step = fc.record({ which: fc.nat(2), ends: fc.option(fc.nat()), twice: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), fc.integer({ min: 1, max: 4 }), (history, maxInFlight) => {
        const { ledger, other, pool, sibling } = world()
        for (const one of [pool, sibling]) ledger.attach(one, "m", { name: "m", maxInFlight })
        const open: Array<readonly [Pool, Lease]> = []
        for (const { ends, twice, which } of history) {
          if (ends !== null && open.length > 0) {
            for (const [, lease] of open.splice(ends % open.length, 1)) {
              ledger.release(lease, now)
              if (twice) ledger.release(lease, now)
            }
          } else {
            const from = nth([pool, sibling, other], which)
            const picked = from.pick("least-inflight", { now })
            const lease = picked && ledger.acquire(from, picked.id, now)
            if (lease !== undefined) open.push([from, lease])
          }
          const inFlight = open.filter(([from]) => from !== other).length
          expect(inFlight).toBeLessThanOrEqual(maxInFlight)
          expect([...ledger.limited()]).toMatchObject([{ inFlight }])
          expect(pool.pick("fill-first", { now }) === undefined).toBe(inFlight === maxInFlight)
        }
      }),
      { seed: 60, numRuns: 200 }
    )
  })
})
