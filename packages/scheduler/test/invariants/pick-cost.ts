import { expect } from "vitest"
import { makePool } from "../../src/index.ts"
import type { Block, Strategy } from "../../src/index.ts"
import { candidates } from "../candidates.ts"
import type { Invariant } from "./invariant.ts"

/** Who rests and how, by place. */
type RestOf = (index: number) => Block | undefined

const rests: Readonly<Record<string, RestOf>> = {
  nobody: () => undefined,
  "every second": (index) => (index % 2 === 0 ? { until: 1_000 + index, reason: "rate-limited" } : undefined),
  "everybody, a few of whom may be tried": (index) => {
    return { until: 10_000, reason: "upstream-failed", lastResortAt: index % 16 < 8 ? index % 16 : 5_000 }
  }
}

/** How often the tried IDs are asked at most for one request: once for each candidate that is looked at. */
const mostLooks = (strategy: Strategy, size: number, restOf: RestOf): number => {
  const list = candidates(size).map((one, index) => ({ ...one, weight: 1 + (index % 5) }))
  const pool = makePool(list)
  pool.setMaxEjectedPercent(60)
  for (const [index, { id }] of list.entries()) {
    const block = restOf(index)
    if (block !== undefined) pool.block(id, block)
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
    for (let attempt = 0; attempt < 3; attempt++) tried.add(pool.pick(strategy, { now: 10, tried })!.id)
    most = Math.max(most, asked)
  }
  return most
}

/** Cost that does not grow. */
export const flatCost: Invariant = {
  number: 10,
  name: "looks at no more candidates among 100,000 than among 10, also behind tried and resting ones",
  check: ({ strategy }) => {
    for (const restOf of Object.values(rests)) {
      expect(mostLooks(strategy, 100_000, restOf)).toBeLessThanOrEqual(mostLooks(strategy, 10, restOf) + 3)
    }
  }
}
