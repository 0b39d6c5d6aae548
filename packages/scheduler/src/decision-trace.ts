import type { Candidate, Strategy } from "./candidate.ts"
import type { ChosenBy, UnusedAnswer } from "./chosen-by.ts"
import type { CandidateReport, Pool, SurveyOptions } from "./pool.ts"

/** How many candidates a {@link DecisionTrace} lists at most; it says how many there are. */
export const maxTracedCandidates = 100

/** Why somebody was picked, or nobody, as plain data: ready for JSON, nothing secret in it. */
export interface DecisionTrace {
  /** When it was decided, in milliseconds since the epoch. */
  readonly at: number
  /** The strategy that picked; absent when a plugin named the credential. */
  readonly strategy?: Strategy
  /** Absent when nobody could be picked. */
  readonly chosen?: {
    readonly id: string
    readonly tier: number
    readonly by: ChosenBy
  }
  /** Set when a plugin was asked and its answer was not used. */
  readonly unusedAnswer?: { readonly plugin: string; readonly why: UnusedAnswer["_tag"] }
  /** When a candidate is back, in milliseconds since the epoch, if nobody could be picked and a time is known. */
  readonly retryAt?: number
  /** How many candidates the route has. */
  readonly total: number
  /** The candidates, tier by tier, at most {@link maxTracedCandidates}. Those without an exclusion could be picked. */
  readonly candidates: ReadonlyArray<CandidateReport>
}

/** What a decision led to. */
export interface Choice {
  readonly candidate: Candidate
  readonly chosenBy: ChosenBy
  readonly unusedAnswer: UnusedAnswer | undefined
}

/** Writes down a decision, from the pool as it is now. `choice` is `undefined` when nobody could be picked. */
export const traceDecision = (
  pool: Pool,
  now: number,
  survey: SurveyOptions,
  choice: Choice | undefined
): DecisionTrace => {
  const { strategy } = survey
  const retryAt = choice === undefined ? pool.readyAt(now) : undefined
  const unused = choice?.unusedAnswer
  return {
    at: now,
    ...(strategy === undefined ? {} : { strategy }),
    ...(choice === undefined
      ? {}
      : { chosen: { id: choice.candidate.id, tier: choice.candidate.priority, by: choice.chosenBy } }),
    ...(unused === undefined ? {} : { unusedAnswer: { plugin: unused.plugin, why: unused._tag } }),
    ...(retryAt === undefined ? {} : { retryAt }),
    total: pool.size,
    candidates: pool.survey(now, { ...survey, limit: maxTracedCandidates })
  }
}
