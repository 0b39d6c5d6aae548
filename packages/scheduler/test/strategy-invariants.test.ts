import { describe, expect, it } from "vitest"
import { strategyNames } from "../src/index.ts"
import { byWeight, equally, type StrategyPromise } from "./invariants/invariant.ts"
import { describeStrategy, invariants } from "./strategy-suite.ts"

const promises: ReadonlyArray<StrategyPromise> = [
  { strategy: "round-robin", share: equally, leastBusy: "it goes by turns" },
  { strategy: "weighted-round-robin", share: byWeight, leastBusy: "it goes by weights" },
  { strategy: "least-inflight", share: equally, leastBusy: true },
  {
    strategy: "fill-first",
    share: "it uses one credential up before the next",
    leastBusy: "it uses one credential up before the next"
  },
  {
    strategy: "soonest-reset",
    share: "it uses the quota up that resets first",
    leastBusy: "it uses the quota up that resets first"
  }
]

for (const promise of promises) describeStrategy(promise)

describe("the suite", () => {
  it("covers every strategy", () => {
    expect(promises.map(({ strategy }) => strategy).toSorted()).toEqual(strategyNames.toSorted())
  })

  it("has all ten invariants, and excuses nobody but from shares and from looking for the least busy", () => {
    const numbers = [...new Set(invariants.map(({ number }) => number))]
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    const excused = promises.map((promise) => [
      promise.strategy,
      [...new Set(invariants.flatMap(({ notPromised, number }) => (notPromised?.(promise) ? [number] : [])))]
    ])
    expect(Object.fromEntries(excused)).toEqual({
      "round-robin": [4],
      "weighted-round-robin": [4],
      "least-inflight": [],
      "fill-first": [3, 4, 9],
      "soonest-reset": [3, 4, 9]
    })
  })
})
