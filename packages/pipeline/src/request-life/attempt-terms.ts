import type { Pool } from "@cliproxy/scheduler"

import type { AttemptFailure } from "../attempt-failure.ts"
import { type FailureRules, judge, type Verdict } from "../attempt-outcome.ts"
import type { Target } from "../model-registry.ts"

/** What follows from the failure of an attempt with a target: its provider's rules come before those for everybody. */
export const judgeFor = (target: Target | undefined, failure: AttemptFailure, rules: FailureRules): Verdict => {
  const own = target?.credential?.errorRules
  return judge(failure, own === undefined ? rules : { ...rules, errorRules: [...own, ...(rules.errorRules ?? [])] })
}

/** Extra rounds by candidate, of all candidates; `undefined` when none has a number of its own. */
export const allowancesOf = (
  targets: ReadonlyMap<string, Target>,
  requestRetry: number
): ReadonlyMap<string, number> | undefined => {
  const own = new Map<string, number>()
  for (const [id, target] of targets) {
    const retries = target.credential?.requestRetry
    if (retries !== undefined) own.set(id, retries)
  }
  if (own.size === 0) return undefined
  return new Map([...targets.keys()].map((id) => [id, own.get(id) ?? requestRetry]))
}

/** When a candidate that is not in `spent` is available, in Unix milliseconds; `undefined` when no time is known. */
export const readyAtOf = (pool: Pool, now: number, spent: ReadonlySet<string>): number | undefined => {
  const first = pool.readyAt(now)
  if (first === undefined || spent.size === 0) return first
  let soonest: number | undefined
  for (const { id } of pool.candidates()) {
    const standing = spent.has(id) ? undefined : pool.get(id)
    if (standing?.state === "ready" || standing?.state === "held") return now
    if (standing?.state !== "resting" || standing.block === undefined) continue
    const { probeAt = Infinity, until } = standing.block
    soonest = Math.min(soonest ?? Infinity, until, probeAt)
  }
  return soonest
}
