import type { ExplanationObject } from "@cliproxy/server"
import { Schema } from "effect"

const Excluded = Schema.Struct({
  reason: Schema.String,
  until: Schema.optionalKey(Schema.NullOr(Schema.String)),
  because: Schema.optionalKey(Schema.String),
  status: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  probe_at: Schema.optionalKey(Schema.NullOr(Schema.String)),
  cap: Schema.optionalKey(Schema.String),
  limit: Schema.optionalKey(Schema.Int)
})

const Candidate = Schema.Struct({
  credential: Schema.String,
  provider: Schema.String,
  tier: Schema.Finite,
  in_flight: Schema.Int,
  excluded: Schema.NullOr(Excluded)
})

const Chosen = Schema.Struct({
  credential: Schema.String,
  tier: Schema.Finite,
  by: Schema.Struct({
    strategy: Schema.NullOr(Schema.String),
    plugin: Schema.NullOr(Schema.String),
    affinity: Schema.Boolean
  })
})

/** What of an {@link ExplanationObject} is shown to people. A proxy of another version may say more. */
export const ShownExplanation = Schema.Struct({
  model: Schema.String,
  in_place_of: Schema.optionalKey(Schema.NullOr(Schema.String)),
  scheduler_plugin: Schema.NullOr(Schema.String),
  fallbacks: Schema.Array(Schema.String),
  strategy: Schema.NullOr(Schema.String),
  chosen: Schema.NullOr(Chosen),
  retry_at: Schema.NullOr(Schema.String),
  candidates_total: Schema.Int,
  candidates: Schema.Array(Candidate)
})

/** What of an explanation is shown to people. */
export type ShownExplanation = typeof ShownExplanation.Type

/** One candidate of an explanation. */
export type ShownCandidate = (typeof Candidate)["Type"]

/** An explanation, however it was got. */
export interface Explained {
  /** As it came, for `--json`. */
  readonly json: unknown
  readonly shown: ShownExplanation
}

/** An explanation that was made in this process. */
export const explainedHere = (explanation: ExplanationObject): Explained => ({ json: explanation, shown: explanation })
