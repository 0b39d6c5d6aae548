/** One credential as the scheduler sees it. Nothing secret belongs here. */
export interface Candidate {
  /** Stable ID, unique in a pool: that of its credential, unless that stands there more than once. Byte order of the IDs is the order of a tier. */
  readonly id: string
  /**
   * ID of the credential that it is a use of. Candidates of one credential share its rests, caps, quota and account in a
   * ledger. Default: its own ID.
   */
  readonly credential?: string | undefined
  /** Model, as the provider knows it, that its rests and caps per model are about. Default: the pool's. */
  readonly model?: string | undefined
  /** Provider key, lower-case. */
  readonly provider: string
  /** Fallback tier: the highest value that has an available candidate is served first. Not a traffic share. Default 0. */
  readonly priority: number
  /** Switched off by configuration. */
  readonly disabled: boolean
  /** Routing attributes. Secret-looking keys are filtered before a plugin sees them. */
  readonly attributes: Readonly<Record<string, string>>
  /**
   * Share within its tier under `weighted-round-robin`: a whole number up to {@link maxWeight}. With 0 or less that
   * strategy never picks it. Other strategies do not look at it. Default 1.
   */
  readonly weight?: number | undefined
  /** Account that the credential belongs to: a limit of the account rests all credentials that name the same one. */
  readonly account?: string | undefined
  /** Most requests at once, over all models. A whole number above 0. Left out: no cap. */
  readonly maxInFlight?: number | undefined
  /** Most requests at once for each model. A whole number above 0. Left out: no cap. */
  readonly maxInFlightPerModel?: number | undefined
  /** Its failures open no rest, save that of a model which it does not serve. Default false. */
  readonly disableCooling?: boolean | undefined
}

/** ID of the credential that a candidate is a use of. */
export const credentialOf = ({ credential, id }: Candidate): string => credential ?? id

/** Largest {@link Candidate.weight}. */
export const maxWeight = 1_000_000

/** Names of the built-in strategies, as in the configuration's `routing.strategy`. */
export type Strategy = "round-robin" | "fill-first" | "weighted-round-robin" | "least-inflight" | "soonest-reset"

/** The strategies that a plugin can delegate a pick to: the plugin ABI's `DelegateBuiltin`. */
export type DelegateStrategy = "round-robin" | "fill-first"

/** All built-in strategies, the default first. */
export const strategyNames: ReadonlyArray<Strategy> = [
  "round-robin",
  "fill-first",
  "weighted-round-robin",
  "least-inflight",
  "soonest-reset"
]

const checkWhole = (id: string, name: string, value: number | undefined, least: number, most: number): void => {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return
  throw new RangeError(`candidate ${id}: ${name} ${value} is not a whole number from ${least} to ${most}`)
}

/** Throws `RangeError` that says which number of a candidate is out of its range. */
export const checkCandidate = ({ id, maxInFlight, maxInFlightPerModel, priority, weight }: Candidate): void => {
  if (!Number.isFinite(priority)) throw new RangeError(`candidate ${id}: priority ${priority} is not a finite number`)
  checkWhole(id, "weight", weight, Number.MIN_SAFE_INTEGER, maxWeight)
  checkWhole(id, "maxInFlight", maxInFlight, 1, Number.MAX_SAFE_INTEGER)
  checkWhole(id, "maxInFlightPerModel", maxInFlightPerModel, 1, Number.MAX_SAFE_INTEGER)
}
