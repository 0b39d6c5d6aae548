import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makePool, strategyNames } from "../src/index.ts"
import type { Candidate, Pool, Strategy } from "../src/index.ts"
import { candidate, nth } from "./candidates.ts"

const now = 0

const weighted = (weights: ReadonlyArray<number>): ReadonlyArray<Candidate> =>
  weights.map((weight, index) => candidate(`key-${index}`, { weight }))

/** Who serves each request; `of` says whose session it belongs to, if it is none that is new. */
const serve = (pool: Pool, requests: number, of: (request: number) => string | undefined, strategy: Strategy) => {
  const counts = new Map<string, number>()
  for (let request = 0; request < requests; request++) {
    const { id } = pool.pick(strategy, { now, prefer: of(request) })!
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

/** Whose turns come after some requests of the session of `prefer`. */
const turnsAfter = (strategy: Strategy, prefer: string | undefined) => {
  const pool = makePool(weighted([1, 1, 1, 1]))
  pool.pick(strategy, { now })
  for (let request = 0; request < 5; request++) pool.pick(strategy, { now, prefer })
  return [0, 1, 2].map(() => pool.pick(strategy, { now })?.id.at(-1)).join("")
}

describe("requests of sessions", () => {
  it("count for the shares by weight: new sessions go to those who have less than theirs", () => {
    const pool = makePool(weighted([3, 1]))
    const counts = serve(pool, 10_000, (request) => (request % 2 === 0 ? "key-0" : undefined), "weighted-round-robin")
    expect(Math.abs((counts.get("key-0") ?? 0) - 7_500)).toBeLessThan(10)
  })

  it("count for any weights, as long as nobody's sessions alone are more than the share", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 8 }),
        fc.nat(),
        (weights, which) => {
          const list = weighted(weights)
          const total = weights.reduce((sum, weight) => sum + weight, 0)
          const busy = which % weights.length
          const every = Math.ceil((1.3 * total) / nth(weights, busy))
          const sticky = (request: number) => (request % every === 0 ? nth(list, busy).id : undefined)
          const counts = serve(makePool(list), 4_000, sticky, "weighted-round-robin")
          const errors = list.map(({ id }, index) => (counts.get(id) ?? 0) - (4_000 * nth(weights, index)) / total)
          expect(Math.max(...errors.map(Math.abs))).toBeLessThan(10)
        }
      ),
      { seed: 80, numRuns: 60 }
    )
  })

  it("of somebody who has too many send all new ones elsewhere, but not for longer than they last", () => {
    const list = weighted([2, 1, 1])
    const pool = makePool(list)
    let own = 0
    for (let request = 0; request < 5_000; request++) {
      const isNew = request % 10 === 0
      const { id } = pool.pick("weighted-round-robin", { now, prefer: isNew ? undefined : "key-0" })!
      if (isNew && request > 100 && id === "key-0") own++
    }
    expect(own).toBe(0)
    const after = serve(pool, 40, () => undefined, "weighted-round-robin")
    // It has to let 8 of its turns go by, which are 16 of all; then it has its half again.
    expect(after.get("key-0")).toBeGreaterThanOrEqual(10)
    const later = serve(pool, 40, () => undefined, "weighted-round-robin")
    expect([later.get("key-0"), later.get("key-1"), later.get("key-2")]).toEqual([20, 10, 10])
  })

  it("move nobody's turn by round-robin and fill-first, and only the own one by the others", () => {
    const turns = Object.fromEntries(
      strategyNames.map((strategy) => [strategy, [turnsAfter(strategy, "key-2"), turnsAfter(strategy, "key-1")]])
    )
    expect(turns).toEqual({
      "round-robin": ["123", "123"],
      "fill-first": ["000", "000"],
      "weighted-round-robin": ["130", "230"],
      "least-inflight": ["130", "230"],
      "soonest-reset": ["130", "230"]
    })
  })

  it("let everybody be tried once for a request, over any history, and starve nobody who stays", () => {
    const step = fc.record({ who: fc.nat(), sessions: fc.nat(12), rests: fc.boolean(), attempts: fc.nat(8) })
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 8 }),
        fc.array(step, { maxLength: 200, size: "max" }),
        (weights, history) => {
          const list = weighted(weights)
          const pool = makePool(list)
          for (const { attempts, rests, sessions, who } of history) {
            const { id } = nth(list, who % list.length)
            for (let one = 0; one < sessions; one++) pool.pick("weighted-round-robin", { now, prefer: id })
            if (rests) pool.setDisabled(id, pool.get(id)?.disabled !== true)
            const there = list.filter((one) => pool.get(one.id)?.state === "ready").map((one) => one.id)
            const tried = new Set<string>()
            for (let attempt = 0; attempt < Math.min(attempts, there.length); attempt++) {
              tried.add(pool.pick("weighted-round-robin", { now, tried })?.id ?? "nobody")
            }
            expect(tried.size).toBe(Math.min(attempts, there.length))
            expect(there).toEqual(expect.arrayContaining([...tried]))
          }
          for (const { id } of list) pool.setDisabled(id, false)
          const total = weights.reduce((sum, weight) => sum + weight, 0)
          // 8 turns that one is ahead, and as many again while those who are behind go first.
          const counts = serve(pool, 16 * total + list.length, () => undefined, "weighted-round-robin")
          expect(counts.size).toBe(list.length)
        }
      ),
      { seed: 81, numRuns: 300 }
    )
  })

  it("that somebody else fails leave nobody starving who took them over", () => {
    const pool = makePool(weighted([9, 1]))
    for (let request = 0; request < 1_000; request++) {
      const tried = new Set<string>()
      while (tried.size < 2) tried.add(pool.pick("weighted-round-robin", { now, tried })!.id)
    }
    const counts = serve(pool, 200, () => undefined, "weighted-round-robin")
    // Nine turns that it is ahead are 90 of all; then it has its tenth of the others.
    expect(counts.get("key-1")).toBeGreaterThanOrEqual(10)
  })

  it("of one that comes and goes leave nobody behind for longer each time", () => {
    const pool = makePool(weighted([1, 2]))
    for (let absence = 0; absence < 500; absence++) {
      for (let request = 0; request < 12; request++) pool.pick("weighted-round-robin", { now, prefer: "key-0" })
      pool.setDisabled("key-0", true)
      for (let request = 0; request < 50; request++) pool.pick("weighted-round-robin", { now })
      pool.setDisabled("key-0", false)
    }
    const counts = serve(pool, 60, () => undefined, "weighted-round-robin")
    expect(counts.get("key-0")).toBeGreaterThanOrEqual(10)
  })

  it("are charged to nobody by a look, nor in another tier than their own", () => {
    const pool = makePool([...weighted([1, 1]), candidate("low", { priority: -1 })])
    for (let look = 0; look < 5; look++) pool.peek("weighted-round-robin", { now, prefer: "key-0" })
    for (let request = 0; request < 5; request++) {
      pool.pick("weighted-round-robin", { now, prefer: "low", preferAcrossTiers: true })
    }
    expect(pool.pick("weighted-round-robin", { now })?.id).toBe("key-0")
  })
})
