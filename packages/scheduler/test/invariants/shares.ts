import * as fc from "fast-check"
import { expect } from "vitest"
import { makePool } from "../../src/index.ts"
import { candidate, candidates, nth } from "../candidates.ts"
import { type Invariant, shareOf, withoutShares } from "./invariant.ts"

/** Shares in the long run. */
export const sharesInTheLongRun: Invariant = {
  number: 3,
  name: "gives everybody the promised share within 1 % at 100,000 picks",
  notPromised: withoutShares,
  check: (promise) => {
    const list = [1, 2, 3, 4, 5, 6, 7].map((weight, index) => candidate(`key-${index}`, { weight }))
    const pool = makePool(list)
    const counts = new Map<string, number>()
    for (let pick = 0; pick < 100_000; pick++) {
      const { id } = pool.pick(promise.strategy, { now: 0 })!
      counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    for (const one of list) {
      const ideal = 100_000 * shareOf(promise, one, list)
      expect(Math.abs((counts.get(one.id) ?? 0) / ideal - 1)).toBeLessThan(0.01)
    }
  }
}

/** Shares at every moment. */
export const sharesAtAnyPrefix: Invariant = {
  number: 3,
  name: "is never more than one pick off the promised share, at any prefix",
  notPromised: withoutShares,
  check: (promise) => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 15 }), (weights) => {
        const list = weights.map((weight, index) => candidate(`key-${index}`, { weight }))
        const pool = makePool(list)
        const counts = new Map<string, number>()
        for (let prefix = 1; prefix <= 300; prefix++) {
          const { id } = pool.pick(promise.strategy, { now: 0 })!
          counts.set(id, (counts.get(id) ?? 0) + 1)
          const errors = list.map((one) => (counts.get(one.id) ?? 0) - prefix * shareOf(promise, one, list))
          expect(Math.max(...errors.map(Math.abs))).toBeLessThan(1 + 1e-9)
        }
      }),
      { seed: 103, numRuns: 150 }
    )
  }
}

/** Turns in spite of others. */
export const starvesNobody: Invariant = {
  number: 9,
  name: "starves nobody who stays, while others come and go",
  notPromised: withoutShares,
  check: (promise) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 12 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(30)), { minLength: 50, maxLength: 300, size: "max" }),
        (weights, disturbances) => {
          const list = weights.map((weight, index) => ({ ...nth(candidates(12), index), weight }))
          const pool = makePool(list)
          const steady = nth(list, 0)
          // Between two turns everybody else has at most theirs, and one more for each that came back.
          const most = 2 * Math.ceil(1 / shareOf(promise, steady, list)) + list.length
          let since = 0
          for (const [now, [which, length]] of disturbances.entries()) {
            const other = nth(list, 1 + (which % (list.length - 1)))
            pool.block(other.id, { until: now + length, reason: "upstream-failed" })
            since = pool.pick(promise.strategy, { now })?.id === steady.id ? 0 : since + 1
            expect(since).toBeLessThanOrEqual(most)
          }
        }
      ),
      { seed: 109, numRuns: 200 }
    )
  }
}
