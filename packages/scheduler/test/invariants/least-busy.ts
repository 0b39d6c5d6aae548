import * as fc from "fast-check"
import { expect } from "vitest"
import { makeCredentialLedger, makePool } from "../../src/index.ts"
import { candidates, nth } from "../candidates.ts"
import type { Invariant } from "./invariant.ts"

/**
 * The bounds of two random choices, by which the busiest of n is picked only when both choices fall on it: 1/4 of the
 * picks with two hosts, 1/9 with three (Envoy, "Weighted least request", tests of the least request balancer).
 */
export const busiestRarely: Invariant = {
  number: 4,
  name: "gives the busiest no more than two random choices would: of two at most 1/4 of the picks, of three 1/9",
  notPromised: ({ leastBusy }) => (leastBusy === true ? undefined : leastBusy),
  check: ({ strategy }) => {
    fc.assert(
      fc.property(
        fc.constantFrom(2, 3, 5, 10),
        fc.array(fc.nat(20), { minLength: 10, maxLength: 10 }),
        fc.nat(),
        fc.integer({ min: 1, max: 5 }),
        (size, loads, which, more) => {
          const list = candidates(size)
          const pool = makePool(list)
          const ledger = makeCredentialLedger()
          ledger.attach(pool, "m")
          const busiest = nth(list, which % size).id
          const most = Math.max(...loads.slice(0, size)) + more
          for (const [index, { id }] of list.entries()) {
            const load = id === busiest ? most : nth(loads, index)
            for (let request = 0; request < load; request++) ledger.acquire(pool, id, 0)
          }
          const picks = 900
          let busy = 0
          for (let pick = 0; pick < picks; pick++) {
            const { id } = pool.pick(strategy, { now: 0 })!
            const lease = ledger.acquire(pool, id, 0)!
            if (id === busiest) busy++
            ledger.release(lease, 0)
          }
          expect(busy).toBeLessThanOrEqual(picks / size ** 2)
        }
      ),
      { seed: 104, numRuns: 200 }
    )
  }
}

/** The exact promise, which is stronger: nobody is picked who is busier than somebody else. */
export const neverTheBusier: Invariant = {
  number: 4,
  name: "picks nobody who has more requests under way than somebody else",
  notPromised: ({ leastBusy }) => (leastBusy === true ? undefined : leastBusy),
  check: ({ strategy }) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(fc.option(fc.nat()), { maxLength: 200 }), (size, steps) => {
        const list = candidates(size)
        const pool = makePool(list)
        const ledger = makeCredentialLedger()
        ledger.attach(pool, "m")
        const open = []
        for (const ends of steps) {
          if (ends !== null && open.length > 0) {
            for (const lease of open.splice(ends % open.length, 1)) ledger.release(lease, 0)
            continue
          }
          const { id } = pool.pick(strategy, { now: 0 })!
          expect(ledger.inFlight(id)).toBe(Math.min(...list.map((one) => ledger.inFlight(one.id))))
          open.push(ledger.acquire(pool, id, 0)!)
        }
      }),
      { seed: 114, numRuns: 200 }
    )
  }
}
