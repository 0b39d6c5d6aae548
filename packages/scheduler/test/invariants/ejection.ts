import * as fc from "fast-check"
import { expect } from "vitest"
import { makeCredentialLedger, makePool } from "../../src/index.ts"
import type { AttemptOutcome, Pool, Strategy } from "../../src/index.ts"
import { candidates, nth } from "../candidates.ts"
import type { Invariant } from "./invariant.ts"

const refused = (status: number): AttemptOutcome => ({ _tag: "Refused", status })

/** Failures that pass by themselves, and others that the provider means to last. */
const outcomes = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(408, 500, 502, 503, 529).map(refused) },
  { weight: 2, arbitrary: fc.constant<AttemptOutcome>({ _tag: "Unreachable" }) },
  { weight: 1, arbitrary: fc.constantFrom(401, 402, 403, 404, 429).map(refused) },
  { weight: 1, arbitrary: fc.constant<AttemptOutcome>({ _tag: "Succeeded" }) }
)

/** Everybody whom one request could be tried with. */
const reachable = (pool: Pool, strategy: Strategy, now: number): ReadonlySet<string> => {
  const tried = new Set<string>()
  for (let one = pool.pick(strategy, { now, tried }); one; one = pool.pick(strategy, { now, tried })) tried.add(one.id)
  return tried
}

/** No more are out than may be. */
export const ejectsNoMoreThanItMay: Invariant = {
  number: 7,
  name: "never lets passing failures take out more than the maximum percentage, nor brings back who was told to rest",
  check: ({ strategy }) => {
    let ejected = 0
    let broughtBack = 0
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.nat(100),
        fc.array(fc.tuple(fc.nat(), outcomes, fc.nat(1_500), fc.boolean()), { minLength: 1, maxLength: 60 }),
        (size, percent, history) => {
          const list = candidates(size).map((one, index) => ({ ...one, priority: index % 2, disabled: index === 7 }))
          const pool = makePool(list)
          pool.setMaxEjectedPercent(percent)
          const ledger = makeCredentialLedger()
          ledger.attach(pool, "m")
          const most = Math.floor((list.filter(({ disabled }) => !disabled).length * percent) / 100)
          let now = 0
          for (const [which, outcome, pause, probe] of history) {
            now += pause
            ledger.report({ id: nth(list, which % size).id, model: "m", outcome: { ...outcome, probe }, now })
            const usable = reachable(pool, strategy, now)
            const resting = list.flatMap(({ id }) => {
              const state = pool.get(id)
              return state?.state === "resting" && state.block ? [{ id, ...state.block }] : []
            })
            const passing = resting.filter(({ lastResortAt }) => lastResortAt !== undefined)
            const out = passing.filter(({ id }) => !usable.has(id))
            const early = passing.filter(({ lastResortAt = 0 }) => lastResortAt > now)
            expect(out.length).toBe(Math.min(most, early.length))
            expect(resting.filter((one) => one.lastResortAt === undefined && usable.has(one.id))).toEqual([])
            ejected += out.length
            broughtBack += early.length - out.length
          }
        }
      ),
      { seed: 117, numRuns: 150 }
    )
    expect(Math.min(ejected, broughtBack)).toBeGreaterThan(100)
  }
}

/** One probe at a time. */
export const oneProbeEach: Invariant = {
  number: 7,
  name: "keeps everybody beyond that percentage to try, each with one probe at a time",
  check: ({ strategy }) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }),
        fc.array(fc.constantFrom(408, 500, 502, 503, 529)),
        fc.constantFrom(0, 100),
        (size, statuses, percent) => {
          const pool = makePool(candidates(size))
          pool.setMaxEjectedPercent(percent)
          const ledger = makeCredentialLedger()
          ledger.attach(pool, "m")
          const fail = (now: number, probe: boolean): void => {
            for (const [index, { id }] of candidates(size).entries()) {
              ledger.report({ id, model: "m", outcome: { ...refused(statuses[index] ?? 503), probe }, now })
            }
          }
          // After its first failure everybody may be tried at once; after the second only because of the limit.
          fail(0, false)
          if (percent === 0) fail(1, true)
          for (let request = 0; request < size; request++) {
            const picked = pool.pick(strategy, { now: 1 })!
            expect(ledger.acquire(pool, picked.id, 1)?.probe).toBe(true)
          }
          expect(pool.pick(strategy, { now: 1 })).toBeUndefined()
        }
      ),
      { seed: 107, numRuns: 100 }
    )
  }
}
