import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { compare, compareAdded, compareWithFirst, runRounds, type Variant } from "../src/paired-rounds.ts"
import type { Sample } from "../src/sample.ts"

/** A variant that gives its samples one after the other, and notes each run in `log`. */
const scripted = (name: string, samples: ReadonlyArray<Sample>, log: Array<string>): Variant => {
  let next = 0
  return {
    name,
    run: Effect.sync(() => {
      log.push(name)
      return samples[next++] ?? {}
    })
  }
}

const p50 = (...values: ReadonlyArray<number>): ReadonlyArray<Sample> => values.map((p50Micros) => ({ p50Micros }))

describe("paired rounds", () => {
  it.effect("run the variants there and back, after a warm-up", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      yield* runRounds([scripted("a", [], log), scripted("b", [], log)], 4)
      assert.strictEqual(log.join(""), ["ab", "ab", "ba", "ab", "ba"].join(""))
    })
  )

  it.effect("throw the warm-up away and take the ratio of each round", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      // A machine that is ten times slower in the second round changes no ratio.
      const floor = scripted("floor", p50(999, 10, 100), log)
      const ours = scripted("ours", p50(1, 20, 200), log)
      const rounds = yield* runRounds([floor, ours], 2)
      const { measures } = compare("work", rounds, "floor", "ours")
      assert.deepStrictEqual(measures.p50Micros, {
        baseline: 55,
        contender: 110,
        ratio: { median: 2, low: 2, high: 2 }
      })
    })
  )

  it.effect("compare only what both variants measured", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const floor = scripted(
        "floor",
        Array.from({ length: 3 }, () => ({ p50Micros: 1, cpuMicros: 1 })),
        log
      )
      const ours = scripted("ours", p50(1, 1, 1), log)
      const comparisons = compareWithFirst("work", yield* runRounds([floor, ours], 2))
      assert.deepStrictEqual(
        comparisons.map(({ contender, measures }) => [contender, Object.keys(measures)]),
        [["ours", ["p50Micros"]]]
      )
    })
  )

  it.effect("compare what two proxies add to the upstream's own time", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const direct = scripted("direct", p50(0, 100, 300), log)
      const floor = scripted("floor", p50(0, 110, 310), log)
      const ours = scripted("ours", p50(0, 130, 330), log)
      const rounds = yield* runRounds([direct, floor, ours], 2)
      const names = { direct: "direct", baseline: "floor", contender: "ours" }
      const { measures } = compareAdded("work", rounds, names, ["p50Micros"])
      assert.strictEqual(measures.p50Micros?.baseline, 10)
      assert.strictEqual(measures.p50Micros?.contender, 30)
      assert.strictEqual(measures.p50Micros?.ratio.median, 3)
    })
  )

  it("refuse a variant that did not take part", () => {
    assert.throws(() => compare("work", new Map(), "floor", "ours"), /floor/)
  })
})
