import { describe, expect, it } from "vitest"
import { strategyNames } from "../src/index.ts"
import { byWeight, describeStrategy, equally, type StrategyPromise } from "./strategy-suite.ts"

const promises: ReadonlyArray<StrategyPromise> = [
  { strategy: "round-robin", share: equally },
  { strategy: "weighted-round-robin", share: byWeight },
  { strategy: "least-inflight", share: equally },
  { strategy: "fill-first", share: "it uses one credential up before the next" },
  { strategy: "soonest-reset", share: "it uses the quota up that resets first" }
]

for (const promise of promises) describeStrategy(promise)

describe("the suite", () => {
  it("covers every strategy", () => {
    expect(promises.map(({ strategy }) => strategy).toSorted()).toEqual(strategyNames.toSorted())
  })
})
