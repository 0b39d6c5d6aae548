import { makePool, strategyNames, type Candidate, type Pool, type Strategy } from "@cliproxy/scheduler"
import { Effect } from "effect"

import { type Bench, type BenchSettings, markOf } from "./bench.ts"
import { type Comparison, compareWithFirst, runRounds } from "./paired-rounds.ts"
import type { Sample } from "./sample.ts"

const sizes = [10, 1_000, 100_000] as const
/** Different weights among the candidates. */
const weights = 10

/** Which candidates rest, by their place in the order of the pool. */
const states: ReadonlyArray<{ readonly name: string; readonly rests: (index: number, size: number) => boolean }> = [
  { name: "all available", rests: () => false },
  { name: "every second one cooling", rests: (index) => index % 2 === 0 },
  { name: "first half cooling", rests: (index, size) => index < size / 2 }
]

const now = 1_000_000
const hourMs = 3_600_000

const poolOf = (size: number, rests: (index: number, size: number) => boolean): Pool => {
  const candidates = Array.from({ length: size }, (_, index): Candidate => ({
    id: `key-${String(index).padStart(6, "0")}`,
    provider: "bench",
    priority: 0,
    disabled: false,
    attributes: {},
    weight: 1 + (index % weights)
  }))
  const pool = makePool(candidates)
  // Half of the quotas are known, and each of those ends at a time of its own.
  candidates.forEach(({ id }, index) => {
    const quota = index % 2 === 0 ? { resetAt: now + hourMs + index, remaining: 1 } : undefined
    pool.share(id, { inFlight: index % 7, quota, lastSuccessAt: undefined }, { inFlight: 0 })
  })
  candidates.forEach(({ id }, index) => {
    if (rests(index, size)) pool.block(id, { until: now + hourMs + index, reason: "rate-limited" })
  })
  return pool
}

/** Picks between two looks at the clock. */
const batch = 5_000

const runPicks = (pool: Pool, strategy: Strategy, { runMs, maxOperations }: BenchSettings): Sample => {
  const options = { now }
  const most = Math.max(batch, maxOperations * 100)
  let picks = 0
  let missing = 0
  const start = performance.now()
  let end = start
  while (picks < most && end - start < runMs / 5) {
    for (let i = 0; i < batch; i++) if (pool.pick(strategy, options) === undefined) missing++
    picks += batch
    end = performance.now()
  }
  if (missing > 0) throw new Error(`${missing} picks found no candidate`)
  return { nanosPerPick: ((end - start) * 1e6) / picks, perSecond: (picks / (end - start)) * 1000 }
}

/** What the built-in strategies cost as the pool grows. */
export const pickBench: Bench = {
  name: "pick",
  about: "one pick of a built-in strategy among 10, 1,000 and 100,000 candidates",
  run: Effect.fnUntraced(function* (settings) {
    const comparisons: Array<Comparison> = []
    for (const { name, rests } of states) {
      const pools = sizes.map((size) => ({
        name: `${size.toLocaleString("en")} candidates`,
        pool: poolOf(size, rests)
      }))
      const control = { name: "10 candidates (control)", pool: poolOf(10, rests) }
      for (const strategy of strategyNames) {
        const variants = [...pools, control].map((variant) => ({
          name: variant.name,
          run: Effect.sync(() => runPicks(variant.pool, strategy, settings))
        }))
        comparisons.push(...compareWithFirst(`${strategy}, ${name}`, yield* runRounds(variants, settings.rounds)))
      }
    }
    return {
      comparisons,
      marks: comparisons
        .filter(({ contender }) => contender === "100,000 candidates")
        .map((comparison) => markOf(`${comparison.subject}: pick at 100,000 against 10`, 3, comparison, "nanosPerPick"))
    }
  })
}
