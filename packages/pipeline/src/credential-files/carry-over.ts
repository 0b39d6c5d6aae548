import { isDeepStrictEqual } from "node:util"

import { renewedElsewhere } from "./renewed-elsewhere.ts"
import { storedJson, type StoredCredential } from "./stored-credential.ts"

/**
 * A credential that was there before keeps the time since when it is there, and what is remembered of it. When
 * somebody else has renewed it meanwhile, the time at which we wanted to do so says nothing any more.
 */
export const carryOver = (before: StoredCredential | undefined, now: StoredCredential): StoredCredential => {
  if (before === undefined || before.provider !== now.provider) return now
  const same = isDeepStrictEqual(storedJson(before), storedJson(now))
  const renewed = !same && renewedElsewhere(before, now)
  return {
    ...now,
    createdAt: before.createdAt,
    lastRefresh: before.lastRefresh,
    nextRefreshAfter: now.nextRefreshAfter ?? (renewed ? null : before.nextRefreshAfter),
    refreshError: same ? before.refreshError : "",
    unauthorized: same && before.unauthorized
  }
}
