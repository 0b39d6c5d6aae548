import { type ResponseHeaders, retryAfterMs } from "@cliproxy/scheduler"

/**
 * Milliseconds that a provider asks to wait before the next request, or `undefined` when it says nothing.
 *
 * `retry-after-ms` and `retry-after` come first. Else, for a 429, the `x-ratelimit-reset-requests` and
 * `x-ratelimit-reset-tokens` headers (such as `6m0s`) of those limits whose `x-ratelimit-remaining-*` is 0: the longer
 * one. Source: https://platform.openai.com/docs/guides/rate-limits. `now` is in Unix milliseconds.
 */
export const providerPauseMs = (status: number, headers: ResponseHeaders, now: number): number | undefined =>
  retryAfterMs(headers, now) ?? (status === 429 ? exhaustedLimit(headers) : undefined)

const one = (value: string | ReadonlyArray<string> | undefined): string =>
  (typeof value === "string" ? value : (value?.[0] ?? "")).trim()

const exhaustedLimit = (headers: ResponseHeaders): number | undefined => {
  let longest: number | undefined
  for (const limit of ["requests", "tokens"]) {
    if (one(headers[`x-ratelimit-remaining-${limit}`]) !== "0") continue
    const reset = spelledDuration(one(headers[`x-ratelimit-reset-${limit}`]))
    if (reset !== undefined) longest = Math.max(longest ?? 0, reset)
  }
  return longest
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `1s`, `6m0s`, `120ms`, `1h2m3.5s` in milliseconds. */
const spelledDuration = (text: string): number | undefined => {
  if (!/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? ""] ?? 0)
  }
  return Math.ceil(total)
}
