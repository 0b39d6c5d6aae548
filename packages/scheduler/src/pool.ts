import type { Candidate, Strategy } from "./candidate.ts"
import type { Exclusion, PoolCensus } from "./exclusion.ts"
import type { Cap, CredentialLoad, LimitedLoad, Load, Quota } from "./load.ts"
import type { Block, Rotation, SlotState } from "./tier.ts"

/** What one pick is told besides the strategy. */
export interface PickOptions {
  /** The present, in milliseconds since the epoch. Rests that have ended by then are over. */
  readonly now: number
  /** IDs tried for this request already; they are left out. */
  readonly tried?: ReadonlySet<string> | undefined
  /** Default `configured`. */
  readonly rotation?: Rotation | undefined
  /**
   * ID to pick if it is ready, was not tried and no higher tier than its own has anybody ready. The strategy then moves
   * nobody else's turn, but may count it as one of its own. Session affinity sets it.
   */
  readonly prefer?: string | undefined
  /** Lets `prefer` count also while a higher tier has somebody ready. Default false. */
  readonly preferAcrossTiers?: boolean | undefined
}

/** What a look at excluded candidates is told. */
export interface SurveyOptions {
  readonly tried?: ReadonlySet<string> | undefined
  /**
   * Priority of the tier picked from. Without one nobody was picked: candidates of all tiers that are ready count as not
   * left out, unless the pool's limit is reached.
   */
  readonly tier?: number | undefined
  /** The strategy that picks, for what only one strategy leaves out. */
  readonly strategy?: Strategy | undefined
  /** Stops after so many entries. */
  readonly limit?: number | undefined
}

/** What a pool knows about one of its candidates. */
export interface CandidateState {
  readonly candidate: Candidate
  readonly disabled: boolean
  /** Its rest, which may have ended already. */
  readonly block: Block | undefined
  /** What keeps it from being picked, as of the last question that came with a time; `ready`: nothing. */
  readonly state: SlotState
  /** The cap that is reached. */
  readonly full: Cap | undefined
  /** Requests under way with it, over all models. */
  readonly inFlight: number
  readonly quota: Quota | undefined
  /** In milliseconds since the epoch. */
  readonly lastSuccessAt: number | undefined
}

/** One candidate, as a decision trace shows it. Plain data, nothing secret. */
export interface CandidateReport {
  readonly id: string
  readonly provider: string
  /** Its fallback tier. */
  readonly tier: number
  readonly weight: number
  /** Requests under way with it, over all models. */
  readonly inFlight: number
  /** When an attempt with it last succeeded, in milliseconds since the epoch. */
  readonly lastSuccessAt?: number
  readonly quota?: Quota
  /** Why it was left out; absent when it could be picked. */
  readonly exclusion?: Exclusion
}

/**
 * The candidates of one route (a model and the providers that serve it), and who is next. Mutable, synchronous, without
 * a clock: time comes in with each call.
 *
 * Candidates stand in tiers of equal priority, each sorted by ID in byte order. A pick costs O(log n) at most, plus one
 * step for each tried ID that it passes and O(log n) for each rest that ended since the last pick. When nobody is
 * ready, a pick falls back to who is held after a recovery, then to who rests only for a passing failure and may be
 * tried as a last resort: because it is time, or because more would be out than may (Envoy calls it
 * `max_ejection_percent`).
 */
export interface Pool {
  /** Number of candidates, disabled and resting ones included. */
  readonly size: number
  /**
   * Sets the candidates anew. Rotations go on where they were, also past IDs that are gone, and a candidate that stays
   * keeps its rest; the other settings are those of the new list. The order of the list does not matter. O(n log n).
   *
   * Throws `RangeError` when an ID occurs twice or a number of a candidate is out of range; the pool is then unchanged.
   */
  readonly replace: (candidates: Iterable<Candidate>) => void
  /** All candidates, tier by tier. */
  readonly candidates: () => Iterable<Candidate>
  /** Lets a candidate rest, in place of an earlier rest. False when the ID is unknown. Throws when `until` is NaN. */
  readonly block: (id: string, block: Block) => boolean
  /** Ends a candidate's rest. False when the ID is unknown. */
  readonly unblock: (id: string) => boolean
  /** Switches a candidate off or on until the next {@link Pool.replace}. False when the ID is unknown. */
  readonly setDisabled: (id: string, disabled: boolean) => boolean
  /** Leaves a candidate out while one request probes it. False when the ID is unknown. */
  readonly setProbing: (id: string, probing: boolean) => boolean
  /**
   * Most candidates, in percent of those that are not disabled and rounded down, that passing failures may keep from
   * every pick. Of more than that, those whose turn comes first stay there as a last resort, whatever is left of their
   * rests. 100 to begin with: no limit. Throws `RangeError` for what is no percentage.
   */
  readonly setMaxEjectedPercent: (percent: number) => void
  /**
   * Bounds the requests under way through all pools that share a load. While the bound is reached nobody is picked, and
   * who could be counts as at capacity. `undefined`: no bound.
   */
  readonly setLimit: (limit: LimitedLoad | undefined) => void
  /** Leaves a recovered candidate out until a time, unless nobody else is ready. False when the ID is unknown. */
  readonly hold: (id: string, until: number) => boolean
  /**
   * Shares the counts of a credential and of its use for this pool's model. Gives what to call after they changed: the
   * pool then looks at them before its next answer. `undefined` when the ID is unknown.
   */
  readonly share: (id: string, credential: CredentialLoad, model: Load) => (() => void) | undefined
  /** One candidate's state. */
  readonly get: (id: string) => CandidateState | undefined
  /**
   * Picks by a built-in strategy from the highest tier that has a ready candidate which was not tried.
   * `undefined` when there is none. Moves the rotation when the strategy has one.
   */
  readonly pick: (strategy: Strategy, options: PickOptions) => Candidate | undefined
  /** Whom {@link Pool.pick} would pick. Moves nobody's turn. */
  readonly peek: (strategy: Strategy, options: PickOptions) => Candidate | undefined
  /**
   * All candidates that a pick could choose from: those of the highest tier, sorted by ID; with `acrossTiers` those of
   * all tiers, the highest first. When nobody is ready, the one that would be picked nevertheless. Moves nothing. O(n).
   */
  readonly available: (now: number, tried?: ReadonlySet<string>, acrossTiers?: boolean) => ReadonlyArray<Candidate>
  /**
   * The first time at which some candidate is available, tried or not: `now` when one is, `undefined` when no time is
   * known. Tells a retry loop how long to wait. It does not know when a probe or a request at a cap or at the pool's
   * limit will end, and leaves out who may only be tried as a last resort.
   */
  readonly readyAt: (now: number) => number | undefined
  /** Who was left out of a pick and why, tier by tier. */
  readonly exclusions: (now: number, options: SurveyOptions) => ReadonlyArray<Exclusion>
  /** Every candidate and why it was left out, if it was, tier by tier. */
  readonly survey: (now: number, options: SurveyOptions) => ReadonlyArray<CandidateReport>
  /** Counts the candidates by what keeps them back. O(number tried). */
  readonly census: (now: number, tried?: ReadonlySet<string>) => PoolCensus
}
