import { Result } from "effect"
import * as fc from "fast-check"
import { expect } from "vitest"
import { decide } from "../../src/index.ts"
import type { Invariant } from "./invariant.ts"
import { members, poolOf } from "./members.ts"

/** Who is there and who is away. */
export const neverWhoIsAway: Invariant = {
  number: 1,
  name: "never picks who is away while somebody is there, and says when the first is back when nobody is",
  check: ({ strategy }) => {
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
  }
}

/** Who was tried. */
export const neverTwice: Invariant = {
  number: 2,
  name: "never picks anybody twice for one request, and everybody once before it gives up",
  check: ({ strategy }) => {
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
  }
}
