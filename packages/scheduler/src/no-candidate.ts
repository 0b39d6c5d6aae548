import { Schema } from "effect"
import { Exclusion, PoolCensus } from "./exclusion.ts"

/** How many exclusions a {@link NoCandidateAvailable} lists at most; its census counts them all. */
export const maxListedExclusions = 32

/** The last millisecond that `Date` can write. */
const latestDate = 8.64e15

const plural = (count: number, text: string): ReadonlyArray<string> => (count === 0 ? [] : [`${count} ${text}`])

const describe = (census: PoolCensus): string =>
  census.total === 0
    ? "the pool is empty"
    : `of ${census.total}: ${[
        ...plural(census.rateLimited, "rate-limited"),
        ...plural(census.resting, "resting after failures"),
        ...plural(census.atCapacity, "at capacity"),
        ...plural(census.probing, "being probed"),
        ...plural(census.tried, "already tried"),
        ...plural(census.disabled, "disabled")
      ].join(", ")}`

/**
 * Nobody can take the request now. Holds what an operator asks first: who was left out, why, and until when.
 * Credential IDs are in it, secrets are not.
 */
export class NoCandidateAvailable extends Schema.TaggedError<NoCandidateAvailable>()("NoCandidateAvailable", {
  /**
   * - `none`: no candidate is left once disabled and tried ones are taken out. A gateway answers 503.
   * - `cooling`: all that are left are rate-limited. A gateway answers 429 with `Retry-After`.
   * - `unavailable`: all that are left are resting, some for another reason than a rate limit. 503.
   */
  reason: Schema.Literals(["none", "cooling", "unavailable"]),
  /**
   * When a pick that leaves out nobody as tried can succeed, in milliseconds since the epoch. Absent when no wait helps.
   */
  retryAt: Schema.optionalKey(Schema.Number),
  census: PoolCensus,
  /** The first exclusions in the order of the pool, at most {@link maxListedExclusions}. */
  exclusions: Schema.Array(Exclusion)
}) {
  override get message() {
    const back =
      this.retryAt === undefined
        ? ""
        : `; first one back at ${new Date(Math.min(this.retryAt, latestDate)).toISOString()}`
    return `no credential available (${describe(this.census)})${back}`
  }
}
