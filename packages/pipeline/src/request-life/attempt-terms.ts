import type { Pool } from "@cliproxy/scheduler"

import type { AttemptFailure } from "../failover/attempt-failure.ts"
import { type FailureRules, judge, type Verdict } from "../failover/attempt-outcome.ts"
import type { Target } from "../models/model-registry.ts"
import type { ExecutionOperation } from "./execution.ts"

/**
 * What follows from the failure of an attempt with a target: its provider's rules come before those for everybody. A
 * provider without an endpoint for counting tokens or embeddings does not rest for it: it may well serve the model.
 */
export const judgeFor = (
  target: Target | undefined,
  operation: ExecutionOperation,
  failure: AttemptFailure,
  rules: FailureRules
): Verdict => {
  const own = target?.credential?.errorRules
  const both = own === undefined ? rules : { ...rules, errorRules: [...own, ...(rules.errorRules ?? [])] }
  const verdict = judge(failure, both)
  return operation !== "generate" && hasNoEndpoint(failure) ? { ...verdict, outcome: undefined } : verdict
}

/** Statuses of a path or a method that a server does not know (RFC 9110, section 15). */
const NO_ENDPOINT: ReadonlySet<number> = new Set([404, 405, 501])

const hasNoEndpoint = (failure: AttemptFailure): boolean =>
  failure._tag === "ProviderRefused" && NO_ENDPOINT.has(failure.status) && failure.code !== "model_not_found"

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
