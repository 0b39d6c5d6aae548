import {
  type Candidate,
  type CandidateReport,
  type ChosenBy,
  type DecisionTrace,
  maxTracedCandidates,
  type Pool,
  type Strategy,
  type UnusedAnswer
} from "@cliproxy/scheduler"

/** A pool, as long as there is a model that it is for. */
export type PoolRef = Pick<WeakRef<Pool>, "deref">

const references = new WeakMap<Pool, PoolRef>()

/** A reference that does not keep a pool: traces outlive many pools of models that nobody asks for any more. */
export const referTo = (pool: Pool): PoolRef => {
  let reference = references.get(pool)
  if (reference === undefined) references.set(pool, (reference = new WeakRef(pool)))
  return reference
}

/** What a look at the candidates of a choice has to know of it. */
export interface Looked {
  readonly pool: PoolRef
  /** The configured strategy. */
  readonly strategy: Strategy
  /** Who was chosen; `undefined`: nobody. */
  readonly candidate: Candidate | undefined
  readonly chosenBy: ChosenBy | undefined
  readonly unusedAnswer: UnusedAnswer | undefined
  /** When the choice was made, in milliseconds since the epoch. */
  readonly startedAt: number
}

/**
 * A choice and every candidate, as they are at `now`. `tried` are those that the request had tried before, when this is
 * a look at a choice that was just made: who was chosen could be, even if its own use now fills it up. There are no
 * candidates when the model is gone.
 */
export const lookAt = (choice: Looked, now: number, tried?: ReadonlySet<string>): DecisionTrace => {
  const { candidate, chosenBy, startedAt, unusedAnswer } = choice
  const pool = choice.pool.deref()
  const strategy = chosenBy === undefined ? choice.strategy : chosenBy._tag === "Plugin" ? undefined : chosenBy.strategy
  const tier = candidate?.priority
  const retryAt = candidate === undefined ? pool?.readyAt(now) : undefined
  const candidates = pool?.survey(now, { tried, tier, strategy, limit: maxTracedCandidates }) ?? []
  return {
    at: startedAt,
    ...(strategy === undefined ? {} : { strategy }),
    ...(candidate === undefined || chosenBy === undefined
      ? {}
      : { chosen: { id: candidate.id, tier: candidate.priority, by: chosenBy } }),
    ...(unusedAnswer === undefined ? {} : { unusedAnswer: { plugin: unusedAnswer.plugin, why: unusedAnswer._tag } }),
    ...(retryAt === undefined ? {} : { retryAt }),
    total: pool?.size ?? 0,
    candidates:
      tried === undefined
        ? candidates
        : candidates.map((one) => (one.id === candidate?.id ? withoutExclusion(one) : one))
  }
}

const withoutExclusion = (report: CandidateReport): CandidateReport => {
  const { exclusion, ...ready } = report
  return exclusion === undefined ? report : ready
}
