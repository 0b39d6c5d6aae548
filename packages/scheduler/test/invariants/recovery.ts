import * as fc from "fast-check"
import { expect } from "vitest"
import { makeCredentialLedger, makePool, slowStart } from "../../src/index.ts"
import { candidates, nth } from "../candidates.ts"
import type { Invariant } from "./invariant.ts"

/** No run on who is back. */
export const noBurst: Invariant = {
  number: 6,
  name: "gives whoever recovers some, but a bounded part of the traffic in its first second",
  check: ({ share, strategy }) => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10 }), fc.nat(), fc.integer({ min: 1, max: 4 }), (size, which, gap) => {
        const list = candidates(size)
        const pool = makePool(list)
        const ledger = makeCredentialLedger()
        ledger.attach(pool, "m")
        const back = nth(list, which % size).id
        ledger.report({ id: back, model: "m", outcome: { _tag: "Refused", status: 429 }, now: 0 })
        ledger.report({ id: back, model: "m", outcome: { _tag: "Succeeded", startedAt: 1_000 }, now: 1_000 })
        let served = 0
        for (let now = 1_000; now < 1_000 + slowStart.durationMs; now += gap) {
          const { id } = pool.pick(strategy, { now })!
          const lease = ledger.acquire(pool, id, now)!
          ledger.settle(lease, { _tag: "Succeeded" }, now)
          ledger.release(lease, now)
          if (id === back) served++
        }
        expect(served).toBeLessThanOrEqual(slowStart.durationMs / slowStart.spacingMs)
        // Strategies that prefer others may have no use for it yet.
        expect(served > 0 || typeof share === "string").toBe(true)
      }),
      { seed: 106, numRuns: 60 }
    )
  }
}
