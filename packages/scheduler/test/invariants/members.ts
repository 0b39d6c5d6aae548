import * as fc from "fast-check"
import { makePool } from "../../src/index.ts"
import type { CooldownReason, Pool } from "../../src/index.ts"
import { candidates, nth } from "../candidates.ts"

const reasons: ReadonlyArray<CooldownReason> = [
  "rate-limited",
  "rejected",
  "model-missing",
  "upstream-failed",
  "unreachable"
]

/** Pools of up to 20 candidates in tiers, some of them disabled, resting, busy, or with a known quota. */
export const members = fc
  .array(
    fc.record({
      priority: fc.integer({ min: -2, max: 2 }),
      disabled: fc.boolean(),
      weight: fc.integer({ min: 1, max: 9 }),
      restsFor: fc.option(fc.integer({ min: 1, max: 100 }), { nil: 0 }),
      reason: fc.constantFrom(...reasons),
      inFlight: fc.nat(3),
      resetAt: fc.option(fc.nat(200), { nil: undefined })
    }),
    { minLength: 1, maxLength: 20, size: "max" }
  )
  .map((entries) => entries.map((entry, index) => ({ ...nth(candidates(20), index), ...entry })))

/** What {@link members} makes. */
export type Members = typeof members extends fc.Arbitrary<infer A> ? A : never

/** The pool of these members at time 0. */
export const poolOf = (list: Members): Pool => {
  const pool = makePool(list)
  for (const { id, inFlight, reason, resetAt, restsFor } of list) {
    const quota = resetAt === undefined ? undefined : { resetAt }
    pool.share(id, { inFlight, quota, lastSuccessAt: undefined }, { inFlight })
    if (restsFor > 0) pool.block(id, { until: restsFor, reason })
  }
  return pool
}
