import { Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { decide, makeCredentialLedger, makePool, makeSessionAffinity, slowStart } from "../src/index.ts"
import type { AttemptOutcome, Candidate, CooldownReason, Pool, Strategy } from "../src/index.ts"
import { candidate, candidates, nth } from "./candidates.ts"

/** What a strategy promises besides what all of them do. */
export interface StrategyPromise {
  readonly strategy: Strategy
  /** The ideal share of a candidate; or why shares are none of its aims. */
  readonly share: ((one: Candidate, all: ReadonlyArray<Candidate>) => number) | string
}

const reasons: ReadonlyArray<CooldownReason> = [
  "rate-limited",
  "rejected",
  "model-missing",
  "upstream-failed",
  "unreachable"
]

const weightOf = ({ weight = 1 }: Candidate): number => weight
const totalWeight = (list: ReadonlyArray<Candidate>): number => list.reduce((sum, one) => sum + weightOf(one), 0)

/** Share by weight. */
export const byWeight = (one: Candidate, all: ReadonlyArray<Candidate>): number => weightOf(one) / totalWeight(all)

/** The same share for everybody. */
export const equally = (_: Candidate, all: ReadonlyArray<Candidate>): number => 1 / all.length

const members = fc
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
type Members = typeof members extends fc.Arbitrary<infer A> ? A : never

const poolOf = (list: Members): Pool => {
  const pool = makePool(list)
  for (const { id, inFlight, reason, resetAt, restsFor } of list) {
    const quota = resetAt === undefined ? undefined : { resetAt }
    pool.share(id, { inFlight, quota, lastSuccessAt: undefined }, { inFlight })
    if (restsFor > 0) pool.block(id, { until: restsFor, reason })
  }
  return pool
}

/** How often the tried IDs are asked at most for one request: once for each candidate that is looked at. */
const mostLooks = (strategy: Strategy, size: number, restOf: (index: number) => boolean): number => {
  const list = candidates(size).map((one, index) => ({ ...one, weight: 1 + (index % 5) }))
  const pool = makePool(list)
  for (const [index, { id }] of list.entries()) {
    if (restOf(index)) pool.block(id, { until: 1_000 + index, reason: "rate-limited" })
  }
  let asked = 0
  let most = 0
  const tried = new Set<string>()
  const has = tried.has.bind(tried)
  tried.has = (id) => {
    asked++
    return has(id)
  }
  for (let request = 0; request < 50; request++) {
    tried.clear()
    asked = 0
    for (let attempt = 0; attempt < 3; attempt++) tried.add(pool.pick(strategy, { now: 0, tried })!.id)
    most = Math.max(most, asked)
  }
  return most
}

/** Runs the ten invariants of a scheduler over one strategy. Those that it does not make are said, with the reason. */
export const describeStrategy = ({ share, strategy }: StrategyPromise): void => {
  const shares = typeof share === "function" ? share : undefined
  const withShares = shares === undefined ? it.skip : it
  const whyNot = typeof share === "string" ? ` (not promised: ${share})` : ""

  describe(`by ${strategy}`, () => {
    it("1: never picks who is away while somebody is there, and says when the first is back when nobody is", () => {
      fc.assert(
        fc.property(members, fc.nat(120), (list, now) => {
          const pool = poolOf(list)
          const there = list.filter(({ disabled, restsFor }) => !disabled && restsFor <= now)
          const top = Math.max(...there.map(({ priority }) => priority))
          const best = there.filter(({ priority }) => priority === top).map(({ id }) => id)
          const result = Result.map(decide(pool, strategy, { now }), (decision) => decision.candidate.id)
          const ends = list.flatMap(({ disabled, restsFor }) => (disabled ? [] : [restsFor]))
          const retryAt = ends.length === 0 ? undefined : Math.min(...ends)
          const held = Result.match(result, {
            onSuccess: (id) => best.includes(id),
            onFailure: (error) => best.length === 0 && error.retryAt === retryAt
          })
          expect(held).toBe(true)
        }),
        { seed: 101, numRuns: 500 }
      )
    })

    it("2: never picks anybody twice for one request, and everybody once before it gives up", () => {
      fc.assert(
        fc.property(members, (list) => {
          const pool = poolOf(list)
          const there = list.filter(({ disabled, restsFor }) => !disabled && restsFor === 0)
          const tried = new Set<string>()
          const order: Array<number> = []
          for (const _ of there) {
            const { id, priority } = pool.pick(strategy, { now: 0, tried })!
            expect(tried.has(id)).toBe(false)
            tried.add(id)
            order.push(priority)
          }
          expect(tried).toEqual(new Set(there.map(({ id }) => id)))
          expect(order).toEqual(order.toSorted((a, b) => b - a))
          expect(pool.pick(strategy, { now: 0, tried })).toBeUndefined()
        }),
        { seed: 102, numRuns: 500 }
      )
    })

    withShares(`3: gives everybody the promised share within 1 % at 100,000 picks${whyNot}`, () => {
      const list = [1, 2, 3, 4, 5, 6, 7].map((weight, index) => candidate(`key-${index}`, { weight }))
      const pool = makePool(list)
      const counts = new Map<string, number>()
      for (let pick = 0; pick < 100_000; pick++) {
        const { id } = pool.pick(strategy, { now: 0 })!
        counts.set(id, (counts.get(id) ?? 0) + 1)
      }
      for (const one of list) {
        const ideal = 100_000 * (shares?.(one, list) ?? 0)
        expect(Math.abs((counts.get(one.id) ?? 0) / ideal - 1)).toBeLessThan(0.01)
      }
    })

    withShares(`3: is never more than one pick off the promised share, at any prefix${whyNot}`, () => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 15 }), (weights) => {
          const list = weights.map((weight, index) => candidate(`key-${index}`, { weight }))
          const pool = makePool(list)
          const counts = new Map<string, number>()
          for (let prefix = 1; prefix <= 300; prefix++) {
            const { id } = pool.pick(strategy, { now: 0 })!
            counts.set(id, (counts.get(id) ?? 0) + 1)
            const errors = list.map((one) => (counts.get(one.id) ?? 0) - prefix * (shares?.(one, list) ?? 0))
            expect(Math.max(...errors.map(Math.abs))).toBeLessThan(1 + 1e-9)
          }
        }),
        { seed: 103, numRuns: 150 }
      )
    })

    // 4, the fewest requests under way, is about one strategy: see load-strategies.test.ts.

    it("5: losing one of N moves its own sticky sessions and no others", () => {
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
    })

    it("6: gives whoever recovers some, but a bounded part of the traffic in its first second", () => {
      fc.assert(
        fc.property(fc.integer({ min: 2, max: 10 }), fc.nat(), fc.integer({ min: 1, max: 4 }), (size, which, gap) => {
          const list = candidates(size)
          const pool = makePool(list)
          const ledger = makeCredentialLedger()
          ledger.attach(pool, "m")
          const back = nth(list, which % size).id
          ledger.report({ id: back, model: "m", outcome: { _tag: "Refused", status: 429 }, now: 0 })
          ledger.report({ id: back, model: "m", outcome: { _tag: "Succeeded", startedAt: 1_000 }, now: 1_000 })
          let share = 0
          for (let now = 1_000; now < 1_000 + slowStart.durationMs; now += gap) {
            const { id } = pool.pick(strategy, { now })!
            const lease = ledger.acquire(pool, id, now)!
            ledger.settle(lease, { _tag: "Succeeded" }, now)
            ledger.release(lease, now)
            if (id === back) share++
          }
          expect(share).toBeLessThanOrEqual(slowStart.durationMs / slowStart.spacingMs)
          // Strategies that prefer others may have no use for it yet.
          expect(share > 0 || shares === undefined).toBe(true)
        }),
        { seed: 106, numRuns: 60 }
      )
    })

    it("7: keeps somebody to try when everybody has just had a failure that passes", () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 10 }),
          fc.array(fc.constantFrom(408, 500, 502, 503, 529)),
          (size, statuses) => {
            const pool = makePool(candidates(size))
            const ledger = makeCredentialLedger()
            ledger.attach(pool, "m")
            for (const [index, { id }] of candidates(size).entries()) {
              const outcome: AttemptOutcome = { _tag: "Refused", status: statuses[index] ?? 503 }
              ledger.report({ id, model: "m", outcome, now: 0 })
            }
            // As many as there are credentials, each as a probe, and then no more of them.
            for (let request = 0; request < size; request++) {
              const picked = pool.pick(strategy, { now: 1 })!
              expect(ledger.acquire(pool, picked.id, 1)?.probe).toBe(true)
            }
            expect(pool.pick(strategy, { now: 1 })).toBeUndefined()
          }
        ),
        { seed: 107, numRuns: 100 }
      )
    })

    const event = fc.oneof(
      { weight: 5, arbitrary: fc.record({ _tag: fc.constant("pick" as const), tried: fc.uniqueArray(fc.nat(19)) }) },
      { weight: 2, arbitrary: fc.record({ _tag: fc.constant("rest" as const), who: fc.nat(19), ms: fc.nat(20) }) },
      { weight: 1, arbitrary: fc.record({ _tag: fc.constant("switch" as const), who: fc.nat(19) }) }
    )

    it("8: gives the same picks for the same history, whatever the order of the configuration's lines", () => {
      const orders = members.chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length }))
      )
      fc.assert(
        fc.property(orders, fc.array(event, { maxLength: 60, size: "max" }), ([list, other], history) => {
          const names = candidates(20).map(({ id }) => id)
          const runs = [list, list, other].map((order) => {
            const pool = poolOf(order)
            return history.map((one, now) => {
              if (one._tag === "rest")
                return pool.block(nth(names, one.who), { until: now + one.ms, reason: "rejected" })
              if (one._tag === "switch") return pool.setDisabled(nth(names, one.who), now % 2 === 0)
              return pool.pick(strategy, { now, tried: new Set(one.tried.map((who) => nth(names, who))) })?.id
            })
          })
          expect(runs[1]).toEqual(runs[0])
          expect(runs[2]).toEqual(runs[0])
        }),
        { seed: 108, numRuns: 300 }
      )
    })

    withShares(`9: starves nobody who stays, while others come and go${whyNot}`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 12 }),
          fc.array(fc.tuple(fc.nat(), fc.nat(30)), { minLength: 50, maxLength: 300, size: "max" }),
          (weights, disturbances) => {
            const list = weights.map((weight, index) => ({ ...nth(candidates(12), index), weight }))
            const pool = makePool(list)
            const steady = nth(list, 0)
            // Between two turns everybody else has at most theirs, and one more for each that came back.
            const most = 2 * Math.ceil(1 / (shares?.(steady, list) ?? 1)) + list.length
            let since = 0
            for (const [now, [which, length]] of disturbances.entries()) {
              const other = nth(list, 1 + (which % (list.length - 1)))
              pool.block(other.id, { until: now + length, reason: "upstream-failed" })
              since = pool.pick(strategy, { now })?.id === steady.id ? 0 : since + 1
              expect(since).toBeLessThanOrEqual(most)
            }
          }
        ),
        { seed: 109, numRuns: 200 }
      )
    })

    it("10: looks at no more candidates among 100,000 than among 10, also behind tried and resting ones", () => {
      for (const restOf of [() => false, (index: number) => index % 2 === 0]) {
        expect(mostLooks(strategy, 100_000, restOf)).toBeLessThanOrEqual(mostLooks(strategy, 10, restOf) + 3)
      }
    })
  })
}
