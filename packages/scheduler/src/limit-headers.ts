import { headerValue, type ResponseHeaders } from "./retry-after.ts"
import { spelledDurationMs } from "./spelled-duration.ts"

/** One limit of a provider, as its headers state it. */
export interface StatedLimit {
  /** What is left of it, in its own unit. */
  readonly remaining: number | undefined
  /** How much it is in all. */
  readonly limit: number | undefined
  /** When it is full again, in milliseconds since the epoch. */
  readonly resetAt: number | undefined
}

const decimal = /^\d+(?:\.\d+)?$/
const date = /^\d{4}-\d\d-\d\dT/

/** Plain numbers from here on are times since the epoch, in seconds; smaller ones are seconds from now. */
const earliestEpochSeconds = 1e9
const earliestEpochMs = 1e12

/** The time that a reset header means, in milliseconds since the epoch: a date, a duration, or a number. */
export const resetTime = (text: string | undefined, now: number): number | undefined => {
  if (text === undefined) return undefined
  if (decimal.test(text)) {
    const number = Number(text)
    if (number >= earliestEpochMs) return number
    return number >= earliestEpochSeconds ? number * 1_000 : now + number * 1_000
  }
  if (date.test(text)) {
    const time = Date.parse(text)
    return Number.isNaN(time) ? undefined : time
  }
  const duration = spelledDurationMs(text)
  return duration === undefined ? undefined : now + duration
}

const count = (text: string | undefined): number | undefined =>
  text !== undefined && decimal.test(text) ? Number(text) : undefined

/** Names of the headers of one limit: what is left, how much it is, and when it is full again. */
type LimitNames = readonly [remaining: string, limit: string, reset: string]

const openAi = (what: string): LimitNames => [
  `x-ratelimit-remaining${what}`,
  `x-ratelimit-limit${what}`,
  `x-ratelimit-reset${what}`
]
const anthropic = (what: string): LimitNames => [
  `anthropic-ratelimit-${what}-remaining`,
  `anthropic-ratelimit-${what}-limit`,
  `anthropic-ratelimit-${what}-reset`
]

/** Sources: https://platform.openai.com/docs/guides/rate-limits, https://docs.claude.com/en/api/rate-limits. */
const limitNames: ReadonlyArray<LimitNames> = [
  openAi("-requests"),
  openAi("-tokens"),
  openAi(""),
  anthropic("requests"),
  anthropic("tokens"),
  anthropic("input-tokens"),
  anthropic("output-tokens")
]

/** The limits that an answer's headers state, of OpenAI's, Anthropic's and the general names. */
export const statedLimits = (headers: ResponseHeaders, now: number): ReadonlyArray<StatedLimit> => {
  const limits: Array<StatedLimit> = []
  for (const [remaining, limit, reset] of limitNames) {
    const resetText = headerValue(headers, reset)
    if (resetText === undefined) continue
    limits.push({
      remaining: count(headerValue(headers, remaining)),
      limit: count(headerValue(headers, limit)),
      resetAt: resetTime(resetText, now)
    })
  }
  // The limit of a subscription: no count, but a verdict.
  const unified = headerValue(headers, "anthropic-ratelimit-unified-reset")
  if (unified !== undefined) {
    const rejected = headerValue(headers, "anthropic-ratelimit-unified-status") === "rejected"
    limits.push({ remaining: rejected ? 0 : undefined, limit: undefined, resetAt: resetTime(unified, now) })
  }
  return limits
}
