import { describe, expect, it } from "vitest"
import { ejectsNoMoreThanItMay, oneProbeEach } from "./invariants/ejection.ts"
import type { Invariant, StrategyPromise } from "./invariants/invariant.ts"
import { busiestRarely, neverTheBusier } from "./invariants/least-busy.ts"
import { flatCost } from "./invariants/pick-cost.ts"
import { noBurst } from "./invariants/recovery.ts"
import { sameHistorySamePicks } from "./invariants/repeatable.ts"
import { movesItsOwnSessions } from "./invariants/sessions.ts"
import { sharesAtAnyPrefix, sharesInTheLongRun, starvesNobody } from "./invariants/shares.ts"
import { neverTwice, neverWhoIsAway } from "./invariants/who-can-serve.ts"

/** The ten invariants of a scheduler, in order of their numbers. */
export const invariants: ReadonlyArray<Invariant> = [
  neverWhoIsAway,
  neverTwice,
  sharesInTheLongRun,
  sharesAtAnyPrefix,
  busiestRarely,
  neverTheBusier,
  movesItsOwnSessions,
  noBurst,
  ejectsNoMoreThanItMay,
  oneProbeEach,
  sameHistorySamePicks,
  starvesNobody,
  flatCost
]

/** Runs the ten invariants over one strategy. Those that it does not make are said, with the reason. */
export const describeStrategy = (promise: StrategyPromise): void => {
  describe(`by ${promise.strategy}`, () => {
    for (const { check, name, notPromised, number } of invariants) {
      const why = notPromised?.(promise)
      const test = why === undefined ? it : it.skip
      test(`${number}: ${name}${why === undefined ? "" : ` (not promised: ${why})`}`, () => {
        expect.hasAssertions()
        check(promise)
      })
    }
  })
}
