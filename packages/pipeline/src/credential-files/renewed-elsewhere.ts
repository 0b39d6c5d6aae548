import { isDeepStrictEqual } from "node:util"

import { expiryOf } from "./expiry.ts"
import { storedJson, type StoredCredential } from "./stored-credential.ts"

/** Keys of a file that speak to the host: a change of these renews nothing. */
const HOST_KEYS = new Set([
  "type",
  "email",
  "disabled",
  "prefix",
  "proxy_url",
  "note",
  "priority",
  "weight",
  "websockets",
  "refresh_interval_seconds",
  "headers",
  "excluded_models",
  "model_aliases",
  "disable_cooling",
  "request_retry",
  "request_scoped_errors",
  "max_in_flight",
  "max_in_flight_per_model"
])

const ownJson = (credential: StoredCredential): unknown =>
  Object.fromEntries(Object.entries(storedJson(credential)).filter(([key]) => !HOST_KEYS.has(key)))

/**
 * Whether a credential that was read again has been renewed since by somebody else, such as another gateway: it expires
 * later than it did, or, where it does not say when, something other than its settings is new.
 */
export const renewedElsewhere = (before: StoredCredential, now: StoredCredential): boolean => {
  if (before === now) return false
  const expiry = expiryOf(now)
  return expiry === undefined
    ? !isDeepStrictEqual(ownJson(before), ownJson(now))
    : expiry > (expiryOf(before) ?? -Infinity)
}
