import * as fc from "fast-check"
import { expect } from "vitest"
import { candidates, nth } from "../candidates.ts"
import type { Invariant } from "./invariant.ts"
import { members, poolOf } from "./members.ts"

const event = fc.oneof(
  { weight: 5, arbitrary: fc.record({ _tag: fc.constant("pick" as const), tried: fc.uniqueArray(fc.nat(19)) }) },
  { weight: 2, arbitrary: fc.record({ _tag: fc.constant("rest" as const), who: fc.nat(19), ms: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant("switch" as const), who: fc.nat(19) }) }
)

/** The same again. */
export const sameHistorySamePicks: Invariant = {
  number: 8,
  name: "gives the same picks for the same history, whatever the order of the configuration's lines",
  check: ({ strategy }) => {
    const orders = members.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length }))
    )
    fc.assert(
      fc.property(orders, fc.array(event, { maxLength: 60, size: "max" }), ([list, other], history) => {
        const names = candidates(20).map(({ id }) => id)
        const runs = [list, list, other].map((order) => {
          const pool = poolOf(order)
          return history.map((one, now) => {
            if (one._tag === "rest") {
              return pool.block(nth(names, one.who), { until: now + one.ms, reason: "rejected" })
            }
            if (one._tag === "switch") return pool.setDisabled(nth(names, one.who), now % 2 === 0)
            return pool.pick(strategy, { now, tried: new Set(one.tried.map((who) => nth(names, who))) })?.id
          })
        })
        expect(runs[1]).toEqual(runs[0])
        expect(runs[2]).toEqual(runs[0])
      }),
      { seed: 108, numRuns: 300 }
    )
  }
}
