import { Result } from "effect"
import type { Candidate, Strategy } from "./candidate.ts"
import type { ChosenBy, UnusedAnswer } from "./chosen-by.ts"
import type { Exclusion } from "./exclusion.ts"
import { maxListedExclusions, NoCandidateAvailable } from "./no-candidate.ts"
import { type DecisionTrace, traceDecision } from "./decision-trace.ts"
import type { PickOptions, Pool } from "./pool.ts"
import type { SessionAffinity, SessionUse } from "./session-affinity.ts"

/** A session whose credential is preferred, and where it is remembered. */
export interface PickSession extends SessionUse {
  readonly affinity: SessionAffinity
}

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
  /** The whole story: every candidate, also those that were ready. Computed when it is called, like `explain`. */
  readonly trace: () => DecisionTrace
}

/** Puts a {@link Decision} together. Copies `tried`, which a retry loop goes on filling. */
export const makeDecision = (
  pool: Pool,
  options: PickOptions,
  candidate: Candidate,
  chosenBy: ChosenBy,
  unusedAnswer?: UnusedAnswer
): Decision => {
  const { now } = options
  const tried = options.tried === undefined || options.tried.size === 0 ? undefined : new Set(options.tried)
  const tier = candidate.priority
  const strategy = chosenBy._tag === "Plugin" ? undefined : chosenBy.strategy
  const survey = { tried, tier, strategy }
  return {
    candidate,
    tier,
    chosenBy,
    unusedAnswer,
    explain: () => pool.exclusions(now, survey),
    trace: () => traceDecision(pool, now, survey, { candidate, chosenBy, unusedAnswer })
  }
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

const byStrategy = (strategy: Strategy, preferred: string | undefined, id: string): ChosenBy =>
  preferred === id ? { _tag: "Builtin", strategy, affinity: true } : { _tag: "Builtin", strategy }

/**
 * Picks by a built-in strategy and says why; fails with {@link NoCandidateAvailable}. With a session, its own credential
 * comes first while it is ready, and the session is bound to who was picked. For use without a plugin.
 */
export const decide = (
  pool: Pool,
  strategy: Strategy,
  options: PickOptions,
  session?: PickSession
): Result.Result<Decision, NoCandidateAvailable> => decideAfter(pool, strategy, options, session, undefined)

/** {@link decide}, after a plugin's answer that was not used. */
export const decideAfter = (
  pool: Pool,
  strategy: Strategy,
  options: PickOptions,
  session: PickSession | undefined,
  unusedAnswer: UnusedAnswer | undefined
): Result.Result<Decision, NoCandidateAvailable> => {
  const preferring = session === undefined ? options : session.affinity.prefer(session, options)
  const candidate = pool.pick(strategy, preferring)
  if (candidate === undefined) return Result.fail(noCandidateIn(pool, options))
  session?.affinity.picked(session, pool, options, candidate.id)
  const chosenBy = byStrategy(strategy, preferring.prefer, candidate.id)
  return Result.succeed(makeDecision(pool, options, candidate, chosenBy, unusedAnswer))
}

/**
 * Who would be picked now, by whom, and why not the others. Moves nobody's turn and binds no session. A plugin is not
 * asked: it may have its reasons, and they may change with every question.
 */
export const explain = (pool: Pool, strategy: Strategy, options: PickOptions, session?: PickSession): DecisionTrace => {
  const preferring = session === undefined ? options : session.affinity.prefer(session, options)
  const candidate = pool.peek(strategy, preferring)
  const { now, tried } = options
  const survey = { tried, strategy, tier: candidate?.priority }
  return traceDecision(
    pool,
    now,
    survey,
    candidate && { candidate, chosenBy: byStrategy(strategy, preferring.prefer, candidate.id), unusedAnswer: undefined }
  )
}
