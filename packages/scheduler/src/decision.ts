import { Result } from "effect"
import type { Candidate, Strategy } from "./candidate.ts"
import type { Exclusion } from "./exclusion.ts"
import { maxListedExclusions, NoCandidateAvailable } from "./no-candidate.ts"
import type { PickOptions, Pool } from "./pool.ts"

/** Who chose. */
export type ChosenBy =
  /** The configured strategy. */
  | { readonly _tag: "Builtin"; readonly strategy: Strategy }
  /** A scheduler plugin named the credential. */
  | { readonly _tag: "Plugin"; readonly plugin: string }
  /** A scheduler plugin asked for a built-in strategy. */
  | { readonly _tag: "Delegated"; readonly plugin: string; readonly strategy: Strategy }

/** Why the configured strategy chose although a plugin was asked. `plugin` is the plugin's ID. */
export type UnusedAnswer =
  /** The plugin left the pick to the host. */
  | { readonly _tag: "Unhandled"; readonly plugin: string }
  /** It said that it handled the pick, but named neither a credential nor a strategy. */
  | { readonly _tag: "Blank"; readonly plugin: string }
  /** It named a credential that was not offered. */
  | { readonly _tag: "UnknownCandidate"; readonly plugin: string; readonly id: string }
  /** It named a credential that was offered, but was removed or disabled while the plugin thought. */
  | { readonly _tag: "GoneCandidate"; readonly plugin: string; readonly id: string }
  /** It delegated to a strategy that cannot be delegated to. */
  | { readonly _tag: "InvalidDelegate"; readonly plugin: string; readonly delegate: string }
  /** The host's own code for calling the plugin broke. The plugin should not be asked again until a reload. */
  | { readonly _tag: "HostFault"; readonly plugin: string; readonly defect: unknown }

/** A pick and its reasons. */
export interface Decision {
  readonly candidate: Candidate
  /** Priority of the tier that was picked from. */
  readonly tier: number
  readonly chosenBy: ChosenBy
  /** Set when a plugin was asked and its answer was not used. */
  readonly unusedAnswer: UnusedAnswer | undefined
  /**
   * Who was left out and why. Computed when it is called, from the pool as it is then, so call it at once if at all.
   * Candidates that were ready but not next are not in it.
   */
  readonly explain: () => ReadonlyArray<Exclusion>
}

/** Puts a {@link Decision} together. Copies `tried`, which a retry loop goes on filling. */
export const makeDecision = (
  pool: Pool,
  options: PickOptions,
  candidate: Candidate,
  chosenBy: ChosenBy,
  unusedAnswer: UnusedAnswer | undefined
): Decision => {
  const { now } = options
  const tried = options.tried === undefined || options.tried.size === 0 ? undefined : new Set(options.tried)
  const tier = candidate.priority
  return { candidate, tier, chosenBy, unusedAnswer, explain: () => pool.exclusions(now, { tried, tier }) }
}

/** The error for a pool that has nobody for this pick. */
export const noCandidateIn = (pool: Pool, { now, tried }: PickOptions): NoCandidateAvailable => {
  const census = pool.census(now, tried)
  const { atCapacity, probing, rateLimited, resting } = census
  const left = atCapacity + probing + rateLimited + resting
  const retryAt = pool.readyAt(now)
  return new NoCandidateAvailable({
    reason: left === 0 ? "none" : rateLimited === left ? "cooling" : "unavailable",
    ...(retryAt === undefined ? {} : { retryAt }),
    census,
    exclusions: pool.exclusions(now, { tried, limit: maxListedExclusions })
  })
}

/** Picks by a built-in strategy and says why; fails with {@link NoCandidateAvailable}. For use without a plugin. */
export const decide = (
  pool: Pool,
  strategy: Strategy,
  options: PickOptions
): Result.Result<Decision, NoCandidateAvailable> => {
  const candidate = pool.pick(strategy, options)
  return candidate === undefined
    ? Result.fail(noCandidateIn(pool, options))
    : Result.succeed(makeDecision(pool, options, candidate, { _tag: "Builtin", strategy }, undefined))
}
