import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makePool } from "../src/index.ts"
import type { Candidate } from "../src/index.ts"
import { candidate } from "./candidates.ts"
import { makePlainPool } from "./plain-pool.ts"

/** Few IDs, so that steps meet; some beyond the basic plane, so that byte order matters. */
const ids = ["a", "b", "c", "d", "！", "😀", ...Array.from({ length: 40 }, (_, index) => `key-${index}`)]
const id = fc.constantFrom(...ids)

const membership: fc.Arbitrary<ReadonlyArray<Candidate>> = fc
  .uniqueArray(
    fc.record({ id, priority: fc.constantFrom(-5, 0, 0, 0, 7), disabled: fc.integer({ max: 9 }).map((n) => n === 9) }),
    { selector: (entry) => entry.id, maxLength: 48, size: "max" }
  )
  .map((entries) => entries.map((entry) => candidate(entry.id, entry)))

const tried = fc.uniqueArray(id, { maxLength: 4 }).map((list) => new Set(list))
const pick = fc.record({
  _tag: fc.constant("pick" as const),
  strategy: fc.constantFrom("round-robin" as const, "round-robin" as const, "fill-first" as const),
  rotation: fc.constantFrom("configured" as const, "delegated" as const),
  tried
})
const block = fc.record({
  _tag: fc.constant("block" as const),
  id,
  forMs: fc.oneof(fc.nat(200), fc.constant(Infinity)),
  reason: fc.constantFrom("rate-limited" as const, "upstream-failed" as const)
})
const step = fc.oneof(
  { weight: 8, arbitrary: pick },
  { weight: 6, arbitrary: block },
  { weight: 2, arbitrary: fc.record({ _tag: fc.constant("unblock" as const), id }) },
  { weight: 2, arbitrary: fc.record({ _tag: fc.constant("disable" as const), id, disabled: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ _tag: fc.constant("wait" as const), ms: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant("replace" as const), membership }) }
)

describe("pool", () => {
  it("does what the plain pool does, over any history", () => {
    fc.assert(
      fc.property(membership, fc.array(step, { maxLength: 150, size: "max" }), (initial, history) => {
        const fast = makePool(initial)
        const plain = makePlainPool(initial)
        const seen: Array<unknown> = []
        const expected: Array<unknown> = []
        let now = 1_000
        for (const event of history) {
          switch (event._tag) {
            case "wait":
              now += event.ms
              break
            case "replace":
              fast.replace(event.membership)
              plain.replace(event.membership)
              break
            case "disable":
              fast.setDisabled(event.id, event.disabled)
              plain.setDisabled(event.id, event.disabled)
              break
            case "unblock":
              fast.unblock(event.id)
              plain.block(event.id, undefined)
              break
            case "block": {
              const rest = { until: now + event.forMs, reason: event.reason }
              fast.block(event.id, rest)
              plain.block(event.id, rest)
              break
            }
            case "pick": {
              const { rotation, strategy, tried: out } = event
              seen.push([
                fast.available(now, out),
                fast.census(now, out),
                fast.readyAt(now),
                fast.pick(strategy, { now, tried: out, rotation })?.id
              ])
              expected.push([
                plain.available(now, out),
                plain.census(now, out),
                plain.readyAt(now),
                plain.pick(strategy, now, out, rotation)?.id
              ])
            }
          }
        }
        expect(seen).toEqual(expected)
      }),
      { seed: 20, numRuns: 600 }
    )
  })

  it("gives the same picks for the same history, whatever the order of the configuration's lines", () => {
    const shuffled = membership.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length }))
    )
    fc.assert(
      fc.property(
        shuffled,
        fc.array(fc.oneof(pick, block), { maxLength: 80, size: "max" }),
        ([list, other], history) => {
          const runs = [list, other].map((order) => {
            const pool = makePool(order)
            return history.map((event, now) =>
              event._tag === "block"
                ? pool.block(event.id, { until: now + event.forMs, reason: event.reason })
                : pool.pick(event.strategy, { now, tried: event.tried, rotation: event.rotation })?.id
            )
          })
          expect(runs[0]).toEqual(runs[1])
        }
      ),
      { seed: 21, numRuns: 300 }
    )
  })
})
