import {
  maxRateLimitHintMs,
  type ProviderHints,
  providerHints,
  type Quota,
  type ResponseHeaders
} from "@cliproxy/scheduler"

import type { StatedLimit } from "./provider-error-body.ts"

/** What an answer's headers say about the quota of its credential; `undefined` when they say nothing. */
export const answerLimits = (status: number, headers: ResponseHeaders, now: number): Quota | undefined =>
  namesLimit(headers) ? providerHints({ status, headers }, now).quota : undefined

/** Most answers name no limit at all: that is found out without reading anything. Names are in lower case. */
const namesLimit = (headers: ResponseHeaders): boolean => {
  for (const name in headers) if (name.includes("ratelimit")) return true
  return false
}

/**
 * What an error answer says about the limit that was met. `json` is its body, `undefined` when it is no JSON; `now` is in
 * Unix milliseconds. Source of `cf-mitigated`: https://developers.cloudflare.com/cloudflare-challenges/.
 */
export const statedLimit = (status: number, headers: ResponseHeaders, json: unknown, now: number): StatedLimit => {
  const { retryAtMs, scope }: ProviderHints = providerHints({ status, headers, body: json }, now)
  const challenged = headers["cf-mitigated"] === "challenge"
  return {
    ...(retryAtMs === undefined ? {} : { retryAfterMs: Math.min(Math.max(0, retryAtMs - now), maxRateLimitHintMs) }),
    ...(scope === undefined ? {} : { scope }),
    ...(challenged ? { challenged } : {})
  }
}
