import { Result } from "effect"
import * as fc from "fast-check"
import { expect } from "vitest"
import { decide, makePool, makeSessionAffinity } from "../../src/index.ts"
import { candidates, nth } from "../candidates.ts"
import type { Invariant } from "./invariant.ts"

/** Sessions in spite of a loss. */
export const movesItsOwnSessions: Invariant = {
  number: 5,
  name: "losing one of N moves its own sticky sessions and no others",
  check: ({ strategy }) => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.nat(), (size, which) => {
        const list = candidates(size)
        const pool = makePool(list)
        const affinity = makeSessionAffinity({ ttlMs: 1_000, maxBindings: 10_000 })
        const serve = (session: string) =>
          Result.getOrThrow(decide(pool, strategy, { now: 0 }, { affinity, session, model: "m" })).candidate.id
        const sessions = Array.from({ length: 10 * size }, (_, index) => `session-${index}`)
        const before = sessions.map(serve)
        const lost = nth(list, which % size).id
        pool.setDisabled(lost, true)
        const after = sessions.map(serve)
        for (const [index, id] of before.entries()) expect(after[index] === id).toBe(id !== lost)
      }),
      { seed: 105, numRuns: 100 }
    )
  }
}
