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
    status: Schema.optionalKey(Schema.Int)
  }),
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
  resting: Schema.Int
})

/** How many candidates a pool has, and what keeps them from being picked. */
export type PoolCensus = typeof PoolCensus.Type
