import { Schema } from "effect"

/** Why a candidate was left out of a pick. */
export const Exclusion = Schema.Union([
  /** Switched off by configuration. */
  Schema.TaggedStruct("Disabled", { id: Schema.String }),
  /** Already tried for this request. */
  Schema.TaggedStruct("Tried", { id: Schema.String }),
  /** Resting until `until` (milliseconds since the epoch). */
  Schema.TaggedStruct("Cooling", {
    id: Schema.String,
    until: Schema.Number,
    because: Schema.Literals(["rate-limited", "rejected", "model-missing", "upstream-failed", "unreachable"]),
    /** HTTP status that caused it, when there was one. */
    status: Schema.optionalKey(Schema.Int),
    /** When one request may find out whether the rest is still needed, if that is before its end. */
    probeAt: Schema.optionalKey(Schema.Number)
  }),
  /** One request is finding out whether its rest is still needed; others wait for the answer. */
  Schema.TaggedStruct("Probing", { id: Schema.String }),
  /**
   * As many requests are under way as a `cap` allows: its own over all models, its own for this model, or (`route`) that
   * of the model over all credentials.
   */
  Schema.TaggedStruct("AtCapacity", {
    id: Schema.String,
    cap: Schema.Literals(["credential", "model", "route"]),
    limit: Schema.Int
  }),
  /** It has just recovered and had its share of this moment; it is back at `until` (milliseconds since the epoch). */
  Schema.TaggedStruct("Held", { id: Schema.String, until: Schema.Number }),
  /** Its weight is 0 or less, so that `weighted-round-robin` never picks it. */
  Schema.TaggedStruct("Weightless", { id: Schema.String }),
  /** Ready, but a higher tier has somebody available. `tier` is its own priority. */
  Schema.TaggedStruct("LowerTier", { id: Schema.String, tier: Schema.Number })
])

/** Why a candidate was left out of a pick; told apart by `_tag`. */
export type Exclusion = typeof Exclusion.Type

/** How many candidates a pool has, and what keeps them from being picked. Each candidate counts under one heading. */
export const PoolCensus = Schema.Struct({
  /** All candidates. */
  total: Schema.Int,
  disabled: Schema.Int,
  /** Already tried for this request, and not disabled. */
  tried: Schema.Int,
  /** Resting because of a rate limit, and neither disabled nor tried. */
  rateLimited: Schema.Int,
  /** Resting for any other reason, and neither disabled nor tried. */
  resting: Schema.Int,
  /** At a cap, and neither disabled nor tried. */
  atCapacity: Schema.Int,
  /** Being probed by another request, and neither disabled nor tried. */
  probing: Schema.Int
})

/** How many candidates a pool has, and what keeps them from being picked. */
export type PoolCensus = typeof PoolCensus.Type
