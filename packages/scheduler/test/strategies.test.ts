import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makePool, strategyNames } from "../src/index.ts"
import type { Pool, Strategy } from "../src/index.ts"
import { candidate, candidates, idsOf, nth } from "./candidates.ts"

const picks = (pool: Pool, count: number, strategy: Strategy = "round-robin", now = 0) =>
  Array.from({ length: count }, () => pool.pick(strategy, { now })?.id)

const tally = (list: ReadonlyArray<string | undefined>): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const id of list) if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

describe("round-robin", () => {
  it("gives every credential its share within 1 % at 100,000 picks, also when each pick is followed by failovers", () => {
    const pool = makePool(candidates(7))
    const served: Array<string | undefined> = []
    for (let request = 0; request < 50_000; request++) {
      const tried = new Set<string>()
      for (let attempt = 0; attempt < 2; attempt++) {
        const { id } = pool.pick("round-robin", { now: 0, tried })!
        tried.add(id)
        served.push(id)
      }
    }
    for (const count of tally(served).values()) expect(Math.abs(count / (100_000 / 7) - 1)).toBeLessThan(0.01)
    expect(tally(served).size).toBe(7)
  })

  it("is never off by more than one from an equal share, at any prefix", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 300 }), (size, length) => {
        const counts = new Map<string, number>(candidates(size).map(({ id }) => [id, 0]))
        const pool = makePool(candidates(size))
        for (let prefix = 0; prefix < length; prefix++) {
          const { id } = pool.pick("round-robin", { now: 0 })!
          counts.set(id, counts.get(id)! + 1)
          expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1)
        }
      }),
      { seed: 1, numRuns: 100 }
    )
  })

  it("rotates over all credentials alike, whichever provider they belong to", () => {
    const pool = makePool([
      candidate("a", { provider: "one" }),
      candidate("b", { provider: "two" }),
      candidate("c", { provider: "two" }),
      candidate("d", { provider: "two" })
    ])
    expect(picks(pool, 8)).toEqual(["a", "b", "c", "d", "a", "b", "c", "d"])
  })

  it("passes over who is away and does not move anybody else's turn", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.nat(100),
        fc.nat(),
        fc.constantFrom("rest", "switch", "remove"),
        (size, warmUp, which, how) => {
          const all = candidates(size)
          const away = nth(all, which % size)
          const undisturbed = makePool(all)
          const disturbed = makePool(all)
          picks(undisturbed, warmUp)
          picks(disturbed, warmUp)
          if (how === "rest") disturbed.block(away.id, { until: 100, reason: "rate-limited" })
          if (how === "switch") disturbed.setDisabled(away.id, true)
          if (how === "remove") disturbed.replace(all.filter((one) => one !== away))
          const expected = picks(undisturbed, size).filter((id) => id !== away.id)
          expect(picks(disturbed, size - 1)).toEqual(expected)
        }
      ),
      { seed: 2, numRuns: 300 }
    )
  })

  it("takes a credential back at its own place, without a burst and without serving another one twice", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.nat(100),
        fc.nat(),
        fc.nat(100),
        fc.constantFrom("rest", "switch", "remove"),
        (size, warmUp, which, absence, how) => {
          const all = candidates(size)
          const away = nth(all, which % size)
          const pool = makePool(all)
          picks(pool, warmUp)
          if (how === "rest") pool.block(away.id, { until: 100, reason: "rate-limited" })
          if (how === "switch") pool.setDisabled(away.id, true)
          if (how === "remove") pool.replace(all.filter((one) => one !== away))
          picks(pool, absence, "round-robin", 99)
          if (how === "switch") pool.setDisabled(away.id, false)
          if (how === "remove") pool.replace(all)
          // The next full turn serves everybody exactly once.
          const turn = picks(pool, size, "round-robin", 100)
          expect(new Set(turn).size).toBe(size)
        }
      ),
      { seed: 3, numRuns: 300 }
    )
  })

  it("starves nobody: who stays available is picked within N picks while others come and go", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 20 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(30)), { minLength: 50, maxLength: 200, size: "max" }),
        (size, disturbances) => {
          const all = candidates(size)
          const pool = makePool(all)
          const steady = nth(all, 0).id
          let since = 0
          for (const [now, [which, length]] of disturbances.entries()) {
            const other = nth(all, 1 + (which % (size - 1)))
            pool.block(other.id, { until: now + length, reason: "upstream-failed" })
            since = pool.pick("round-robin", { now })?.id === steady ? 0 : since + 1
            expect(since).toBeLessThan(size)
          }
        }
      ),
      { seed: 4, numRuns: 200 }
    )
  })

  it("keeps one rotation for the configured strategy and one for delegated picks", () => {
    const pool = makePool(candidates(3))
    const [a, b] = idsOf(candidates(3))
    expect(pool.pick("round-robin", { now: 0 })?.id).toBe(a)
    expect(pool.pick("round-robin", { now: 0, rotation: "delegated" })?.id).toBe(a)
    expect(pool.pick("round-robin", { now: 0 })?.id).toBe(b)
    expect(pool.pick("round-robin", { now: 0, rotation: "delegated" })?.id).toBe(b)
  })

  it("goes on behind the last pick in a tier that was empty for a while", () => {
    const pool = makePool(candidates(3))
    picks(pool, 2)
    pool.replace([candidate("elsewhere", { priority: 3 })])
    expect(picks(pool, 1)).toEqual(["elsewhere"])
    pool.replace(candidates(3))
    expect(picks(pool, 1)).toEqual([nth(candidates(3), 2).id])
  })
})

describe("fill-first", () => {
  it("stays with the first by ID while it is available, and comes back to it", () => {
    const pool = makePool([candidate("b"), candidate("a"), candidate("c")])
    expect(picks(pool, 3, "fill-first")).toEqual(["a", "a", "a"])
    pool.block("a", { until: 10, reason: "rate-limited" })
    expect(picks(pool, 2, "fill-first", 9)).toEqual(["b", "b"])
    expect(picks(pool, 2, "fill-first", 10)).toEqual(["a", "a"])
  })

  it("leaves the rotation of round-robin where it is", () => {
    const pool = makePool(candidates(3))
    picks(pool, 1)
    picks(pool, 5, "fill-first")
    expect(picks(pool, 1)).toEqual([nth(candidates(3), 1).id])
  })
})

describe("every strategy", () => {
  it("finds one available credential among 100,000 resting ones", () => {
    const all = candidates(100_000)
    for (const strategy of strategyNames) {
      const pool = makePool(all)
      for (const { id } of all) pool.block(id, { until: 1_000, reason: "rate-limited" })
      pool.unblock(nth(all, 67_890).id)
      expect(picks(pool, 3, strategy)).toEqual(Array.from({ length: 3 }, () => nth(all, 67_890).id))
    }
  })
})
