import type { Exclusion, NoCandidateAvailable, PickRequest, WaitQueueFull, WaitTimedOut } from "@cliproxy/scheduler"

import { clientFacingId } from "./client-facing-id.ts"
import { NoCredential } from "../gateway-error.ts"

/** Credentials that a message names; the others are counted. */
const MAX_NAMED = 8

/** Characters of a credential's ID in a message. */
const MAX_ID = 80

/**
 * What a client is told when nobody can take its request: who is kept back by what and until when, and after how long to
 * come back. 429 when only limits are in the way, the providers' or the operator's own caps, else 503. `now` is in Unix
 * milliseconds.
 */
export const noCredential = (
  error: NoCandidateAvailable | WaitQueueFull | WaitTimedOut,
  { model, providers }: Pick<PickRequest, "model" | "providers">,
  now: number
): NoCredential => {
  const refusal = error._tag === "NoCandidateAvailable" ? error : error.refusal
  const { atCapacity, disabled, probing, rateLimited, resting, total, tried } = refusal.census
  const counts = [
    [rateLimited, "rate-limited"],
    [resting, "resting after failures"],
    [atCapacity, "at capacity"],
    [probing, "being tried again by another request"],
    [tried, "already tried"],
    [disabled, "disabled"]
  ] as const
  const why = counts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])).join(", ")
  const retryAfterMs = retryAfter(refusal, now)
  const back = retryAfterMs === undefined ? "" : ` The first is back in ${Math.ceil(retryAfterMs / 1000)} s.`
  // With the model itself at its limit, it does not matter how those are that could not be asked.
  const modelBusy = refusal.exclusions.some((one) => one._tag === "AtCapacity" && one.cap === "route")
  const busy = modelBusy || (atCapacity > 0 && resting === 0 && probing === 0)
  const [status, code] = busy
    ? ([429, "concurrency_limit"] as const)
    : refusal.reason === "cooling"
      ? ([429, "model_cooldown"] as const)
      : ([503, "auth_unavailable"] as const)
  return new NoCredential({
    message:
      `No credential can serve \`${model}\` now (providers: ${providers.join(", ")}): ` +
      `of ${total}, ${why || "none is usable"}.${waited(error)}${back}${each(refusal.exclusions, total)}`,
    status,
    code,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs })
  })
}

/** Nobody knows when a request at a cap will end: then a client is asked to come back in a second. */
const retryAfter = ({ census, retryAt }: NoCandidateAvailable, now: number): number | undefined => {
  if (retryAt !== undefined && retryAt !== Infinity) return Math.max(0, retryAt - now)
  return census.atCapacity > 0 || census.probing > 0 ? 1_000 : undefined
}

const waited = (error: NoCandidateAvailable | WaitQueueFull | WaitTimedOut): string => {
  switch (error._tag) {
    case "NoCandidateAvailable":
      return ""
    case "WaitQueueFull":
      return ` As many requests as may (${error.limit}) wait already.`
    case "WaitTimedOut":
      return ` The request waited for ${Math.round(error.waitedMs / 1000)} s.`
  }
}

/** What is wrong with each credential, as far as there is room. */
const each = (exclusions: ReadonlyArray<Exclusion>, total: number): string => {
  if (exclusions.length === 0) return ""
  const named = exclusions
    .slice(0, MAX_NAMED)
    .map((one) => `${clientFacingId(one.id).slice(0, MAX_ID)}: ${describe(one)}`)
  const others = total > named.length ? `; and ${total - named.length} more` : ""
  return ` In detail: ${named.join("; ")}${others}.`
}

const describe = (exclusion: Exclusion): string => {
  switch (exclusion._tag) {
    case "Disabled":
      return "disabled"
    case "Tried":
      return "tried for this request"
    case "Cooling": {
      const { because, status, until } = exclusion
      const cause = status === undefined ? "" : ` (HTTP ${status})`
      return `${REASONS[because]}${cause}${until > LATEST_DATE ? "" : `, until ${new Date(until).toISOString()}`}`
    }
    case "Probing":
      return "being tried again by another request"
    case "AtCapacity":
      return exclusion.cap === "route"
        ? `the model is at its limit of ${exclusion.limit} requests at once over all credentials`
        : `at its limit of ${exclusion.limit} requests at once${exclusion.cap === "model" ? " for this model" : ""}`
    case "Held":
      return "just recovered"
    case "Weightless":
      return "its weight is 0"
    case "LowerTier":
      return "of a lower tier"
  }
}

const REASONS: Readonly<Record<Extract<Exclusion, { _tag: "Cooling" }>["because"], string>> = {
  "rate-limited": "rate-limited",
  rejected: "refused by its provider",
  "model-missing": "does not have this model",
  "upstream-failed": "its provider failed",
  unreachable: "its provider could not be reached"
}

/** The last millisecond that `Date` can write. */
const LATEST_DATE = 8.64e15
