import type { JsonObject } from "../canonical/json.ts"
import type { StoredCredential } from "./stored-credential.ts"

/** Names under which providers' tools store when a token ends. */
const KEYS = ["expired", "expire", "expires_at", "expiresAt", "expiry", "expires"]

/** Longest time in milliseconds before the end of a token at which it is renewed. */
const LEAD_MS = 5 * 60_000

/** Seconds since 1970 are below this number for thousands of years, milliseconds are above it since 1973. */
const LEAST_MILLIS = 100_000_000_000

/**
 * When a credential is to be renewed that names the end of its token, in milliseconds since 1970: five minutes ahead,
 * or after half of its life where that is short. `undefined` when it names none.
 */
export const renewalBeforeExpiry = (credential: StoredCredential): number | undefined => {
  const { lastRefresh, updatedAt } = credential
  const expiry = expiryOf(credential)
  if (expiry === undefined) return undefined
  const life = Math.max(0, expiry - (lastRefresh ?? updatedAt).getTime())
  return expiry - Math.min(LEAD_MS, life / 2)
}

/** When a credential ends by its own word, in milliseconds since 1970; `undefined` when it does not say. */
export const expiryOf = ({ metadata, storage = {} }: StoredCredential): number | undefined =>
  expiryIn(metadata) ?? expiryIn(storage)

const expiryIn = (json: JsonObject): number | undefined => {
  for (const key of KEYS) {
    const time = timeOf(json[key])
    if (time !== undefined) return time
  }
  return undefined
}

/** RFC 3339 text, or seconds or milliseconds since 1970 as a number or in digits. */
const timeOf = (value: unknown): number | undefined => {
  const number =
    typeof value === "number" ? value : typeof value === "string" && /^\d+$/.test(value) ? Number(value) : NaN
  if (number > 0) return number < LEAST_MILLIS ? number * 1000 : number
  const time = typeof value === "string" && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : NaN
  return Number.isNaN(time) ? undefined : time
}
