import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makePool } from "../src/index.ts"
import type { CredentialLoad, Pool, Quota, Strategy } from "../src/index.ts"
import { candidates, idsOf, nth } from "./candidates.ts"

const load = (inFlight: number, quota?: Quota): CredentialLoad => ({ inFlight, quota, lastSuccessAt: undefined })

/** A pool whose candidates have these loads, and the loads to change. */
const loaded = (loads: ReadonlyArray<CredentialLoad>) => {
  const all = candidates(loads.length)
  const pool = makePool(all)
  const touches = all.map(({ id }, index) => pool.share(id, nth(loads, index), { inFlight: 0 }))
  const touch = (index: number) => touches[index]?.()
  return { all, pool, ids: idsOf(all), touch }
}

const picks = (pool: Pool, strategy: Strategy, count: number, now = 0) =>
  Array.from({ length: count }, () => pool.pick(strategy, { now })?.id)

describe("least-inflight", () => {
  it("picks among those with the fewest requests under way, whose turn was longest ago", () => {
    const { ids, pool } = loaded([load(2), load(1), load(3), load(1)])
    expect(picks(pool, "least-inflight", 4)).toEqual([ids[1], ids[3], ids[1], ids[3]])
  })

  it("always picks the fewest, over any history of requests that begin and end", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 20 }), fc.array(fc.nat(40)), (start, ends) => {
        const loads = start.map((inFlight) => load(inFlight))
        const { ids, pool, touch } = loaded(loads)
        for (const end of ends) {
          const least = Math.min(...loads.map(({ inFlight }) => inFlight))
          const picked = ids.indexOf(pool.pick("least-inflight", { now: 0 })!.id)
          expect(nth(loads, picked).inFlight).toBe(least)
          nth(loads, picked).inFlight++
          touch(picked)
          const other = end % loads.length
          if (nth(loads, other).inFlight > 0) nth(loads, other).inFlight--
          touch(other)
        }
      }),
      { seed: 40, numRuns: 300 }
    )
  })

  it("starves nobody when all are equally busy", () => {
    const { ids, pool } = loaded(Array.from({ length: 5 }, () => load(4)))
    expect(new Set(picks(pool, "least-inflight", 5))).toEqual(new Set(ids))
  })

  it("leaves out who was tried, down to the busiest", () => {
    const { ids, pool } = loaded([load(0), load(1), load(2)])
    const tried = new Set<string>()
    for (const expected of ids) {
      const id = pool.pick("least-inflight", { now: 0, tried })!.id
      expect(id).toBe(expected)
      tried.add(id)
    }
    expect(pool.pick("least-inflight", { now: 0, tried })).toBeUndefined()
  })
})

describe("soonest-reset", () => {
  it("spends the quota that resets first, then unknown ones in turn, then those with nothing left", () => {
    const { ids, pool } = loaded([
      load(0, { resetAt: 900 }),
      load(0, { resetAt: 300, remaining: 7 }),
      load(0),
      load(0, { resetAt: 200, remaining: 0 }),
      load(0)
    ])
    expect(picks(pool, "soonest-reset", 3)).toEqual([ids[1], ids[1], ids[1]])
    pool.setDisabled(nth(ids, 1), true)
    expect(picks(pool, "soonest-reset", 2)).toEqual([ids[0], ids[0]])
    pool.setDisabled(nth(ids, 0), true)
    expect(picks(pool, "soonest-reset", 3)).toEqual([ids[2], ids[4], ids[2]])
    pool.setDisabled(nth(ids, 2), true)
    pool.setDisabled(nth(ids, 4), true)
    expect(picks(pool, "soonest-reset", 1)).toEqual([ids[3]])
  })

  it("takes a quota whose reset has passed for unknown", () => {
    const { ids, pool } = loaded([load(0, { resetAt: 100 }), load(0), load(0, { resetAt: 150, remaining: 0 })])
    expect(picks(pool, "soonest-reset", 2, 99)).toEqual([ids[0], ids[0]])
    expect(new Set(picks(pool, "soonest-reset", 3, 150))).toEqual(new Set(ids))
  })

  it("follows news of a quota", () => {
    const loads = [load(0), load(0)]
    const { ids, pool, touch } = loaded(loads)
    picks(pool, "soonest-reset", 1)
    nth(loads, 1).quota = { resetAt: 500, remaining: 3 }
    touch(1)
    expect(picks(pool, "soonest-reset", 2)).toEqual([ids[1], ids[1]])
    nth(loads, 1).quota = { resetAt: 500, remaining: 0 }
    touch(1)
    expect(picks(pool, "soonest-reset", 2)).toEqual([ids[0], ids[0]])
  })

  it("takes turns among quotas that reset at the same time", () => {
    const { ids, pool } = loaded(Array.from({ length: 3 }, () => load(0, { resetAt: 100 })))
    expect(picks(pool, "soonest-reset", 6)).toEqual([...ids, ...ids])
  })
})

describe("a look at who is next", () => {
  it("moves nobody's turn, by any strategy", () => {
    const strategies: ReadonlyArray<Strategy> = [
      "round-robin",
      "fill-first",
      "weighted-round-robin",
      "least-inflight",
      "soonest-reset"
    ]
    const members = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(3), fc.nat(3)), {
      minLength: 1,
      maxLength: 12
    })
    fc.assert(
      fc.property(
        fc.constantFrom(...strategies),
        members,
        fc.array(fc.boolean(), { maxLength: 40 }),
        (by, list, looks) => {
          const all = candidates(list.length).map((one, index) => ({ ...one, weight: nth(list, index)[0] }))
          const pools = [makePool(all), makePool(all)]
          for (const pool of pools) {
            for (const [index, { id }] of all.entries()) {
              const [, inFlight, resetAt] = nth(list, index)
              pool.share(id, load(inFlight, resetAt === 0 ? undefined : { resetAt: 1_000 * resetAt }), { inFlight: 0 })
            }
          }
          const [watched, left] = [nth(pools, 0), nth(pools, 1)]
          for (const look of looks) {
            const expected = left.pick(by, { now: 0 })?.id
            expect(look ? watched.peek(by, { now: 0 })?.id : expected).toBe(expected)
            expect(watched.pick(by, { now: 0 })?.id).toBe(expected)
          }
        }
      ),
      { seed: 41, numRuns: 500 }
    )
  })
})
