import { isDeepStrictEqual } from "node:util"

import { expiryOf } from "./expiry.ts"
import { HOST_KEYS } from "./file-settings.ts"
import { storedJson, type StoredCredential } from "./stored-credential.ts"

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
