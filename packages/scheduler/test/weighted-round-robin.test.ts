import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makePool } from "../src/index.ts"
import type { Pool } from "../src/index.ts"
import { candidate, candidates, nth } from "./candidates.ts"

const weighted = (weights: ReadonlyArray<number>) =>
  weights.map((weight, index) => candidate(`key-${String(index).padStart(4, "0")}`, { weight }))

const picks = (pool: Pool, count: number, now = 0) =>
  Array.from({ length: count }, () => pool.pick("weighted-round-robin", { now })?.id)

/** The largest distance of any candidate from its ideal count at any prefix. */
const worstError = (weights: ReadonlyArray<number>, length: number): number => {
  const pool = makePool(weighted(weights))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const counts = weights.map(() => 0)
  let worst = 0
  for (let prefix = 1; prefix <= length; prefix++) {
    const index = Number(pool.pick("weighted-round-robin", { now: 0 })!.id.slice(4))
    counts[index] = nth(counts, index) + 1
    for (const [at, count] of counts.entries()) {
      worst = Math.max(worst, Math.abs(count - (prefix * nth(weights, at)) / total))
    }
  }
  return worst
}

describe("weighted-round-robin", () => {
  it("is never a whole pick off anybody's ideal share, at any prefix, whatever the weights", () => {
    const few = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 })
    const wide = fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1_000_000 })), {
      minLength: 1,
      maxLength: 30
    })
    fc.assert(
      fc.property(fc.oneof(few, wide), (weights) => {
        expect(worstError(weights, 600)).toBeLessThan(1 + 1e-9)
      }),
      { seed: 30, numRuns: 300 }
    )
  })

  it("spreads a heavy candidate among many light ones", () => {
    expect(worstError([100, ...Array.from({ length: 100 }, () => 1)], 400)).toBeLessThan(1)
    expect(picks(makePool(weighted([5, 1, 1])), 7).map((id) => id?.at(-1))).toEqual(["0", "0", "1", "0", "0", "0", "2"])
  })

  it("is round-robin when all weights are equal", () => {
    const ids = candidates(3).map(({ id }) => id)
    const pool = makePool(candidates(3, { weight: 4 }))
    expect(picks(pool, 6)).toEqual([...ids, ...ids])
  })

  it("gives every candidate its share within 1 % at 100,000 picks, also when each pick is followed by failovers", () => {
    const weights = [1, 2, 3, 4, 5, 6]
    const pool = makePool(weighted(weights))
    const counts = new Map<string, number>()
    for (let request = 0; request < 50_000; request++) {
      const tried = new Set<string>()
      for (let attempt = 0; attempt < 2; attempt++) {
        const { id } = pool.pick("weighted-round-robin", { now: 0, tried })!
        tried.add(id)
        counts.set(id, (counts.get(id) ?? 0) + 1)
      }
    }
    for (const [index, weight] of weights.entries()) {
      const share = (counts.get(`key-000${index}`) ?? 0) / 100_000
      expect(Math.abs(share / (weight / 21) - 1)).toBeLessThan(0.01)
    }
  })

  it("never picks a weight of 0 or less, and passes over a tier in which nobody has more", () => {
    const pool = makePool([
      candidate("none", { priority: 5, weight: 0 }),
      candidate("less", { priority: 5, weight: -3 }),
      candidate("some", { weight: 1 })
    ])
    expect(picks(pool, 3)).toEqual(["some", "some", "some"])
    expect(pool.pick("round-robin", { now: 0 })?.id).toBe("less")
  })

  it("brings nobody back with credit for the time away", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 8 }),
        fc.nat(200),
        fc.nat(),
        (weights, absence, which) => {
          const all = weighted(weights)
          const pool = makePool(all)
          const away = nth(all, which % all.length)
          picks(pool, 5)
          pool.block(away.id, { until: 100, reason: "rate-limited" })
          picks(pool, absence)
          const total = weights.reduce((sum, weight) => sum + weight, 0)
          const served = picks(pool, 2 * total, 100).filter((id) => id === away.id).length
          // Two periods: twice its weight, give or take the turn at each end.
          expect(Math.abs(served - 2 * (away.weight ?? 1))).toBeLessThanOrEqual(2)
        }
      ),
      { seed: 31, numRuns: 500 }
    )
  })

  it("keeps the shares while its candidates are replaced again and again", () => {
    const all = weighted([10, 1])
    const pool = makePool(all)
    let light = 0
    for (let reload = 0; reload < 200; reload++) {
      light += picks(pool, 5).filter((id) => id === "key-0001").length
      pool.replace(all)
    }
    expect(Math.abs(light - 1_000 / 11)).toBeLessThan(2)
  })

  it("refuses a weight that is no whole number or too large, and says whose", () => {
    expect(() => makePool([candidate("x", { weight: 1.5 })])).toThrow(/^candidate x: weight 1\.5 /)
    expect(() => makePool([candidate("x", { weight: 1_000_001 })])).toThrow(/^candidate x: weight 1000001 /)
  })
})
