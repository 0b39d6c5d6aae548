import type { CooldownScope } from "./attempt-outcome.ts"
import { resetTime, type StatedLimit, statedLimits } from "./limit-headers.ts"
import type { Quota } from "./load.ts"
import { headerValue, type ResponseHeaders, retryAfterMs } from "./retry-after.ts"
import { spelledDurationMs } from "./spelled-duration.ts"

/** An answer of a provider, as far as hints are looked for. */
export interface HintedAnswer {
  readonly status: number
  readonly headers: ResponseHeaders
  /** The parsed body of an error; `undefined` when it is no JSON, or was not read. */
  readonly body?: unknown
}

/** What an answer says about the limits of its credential. */
export interface ProviderHints {
  /** When the provider wants the next request, in milliseconds since the epoch. */
  readonly retryAtMs?: number
  /** What its limit covers. Absent when it does not say: the status decides. */
  readonly scope?: CooldownScope
  /** The limit that is nearest to being used up. */
  readonly quota?: Quota
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})

const textOf = (value: unknown): string => (typeof value === "string" ? value : "")

/** The `error` of a body; Google sends a list of one for streams. */
const errorOf = (body: unknown): Fields => fieldsOf(fieldsOf(Array.isArray(body) ? body[0] : body)["error"])

/** Entries of `error.details` with a type, by google.rpc (https://google.aip.dev/193). */
const detailsOf = (error: Fields, type: string): ReadonlyArray<Fields> => {
  const { details } = error
  if (!Array.isArray(details)) return []
  return details.filter(isFields).filter((one) => textOf(one["@type"]).endsWith(`google.rpc.${type}`))
}

/** Google's RetryInfo: a duration such as `22s` or `0.5s`. */
const retryInfoAt = (error: Fields, now: number): number | undefined => {
  for (const { retryDelay } of detailsOf(error, "RetryInfo")) {
    const ms = typeof retryDelay === "string" ? spelledDurationMs(retryDelay) : undefined
    if (ms !== undefined) return now + ms
  }
  return undefined
}

/** OpenAI's `resets_in_seconds` and `resets_at` (seconds since the epoch) of a used up subscription. */
const statedResetAt = ({ resets_at: at, resets_in_seconds: seconds }: Fields, now: number): number | undefined => {
  if (typeof seconds === "number" && seconds >= 0) return now + seconds * 1_000
  return typeof at === "number" && at > 0 ? resetTime(String(at), now) : undefined
}

const exhaustedUntil = (limits: ReadonlyArray<StatedLimit>): number | undefined => {
  const ends = limits.flatMap(({ remaining, resetAt }) => (remaining === 0 && resetAt !== undefined ? [resetAt] : []))
  return ends.length === 0 ? undefined : Math.max(...ends)
}

/** How much of a limit is left, from 0 to 1; what does not say counts as untouched. */
const shareLeft = ({ limit, remaining }: StatedLimit): number => {
  if (remaining === undefined) return 1
  return limit === undefined || limit === 0 ? (remaining === 0 ? 0 : 1) : remaining / limit
}

const tightest = (limits: ReadonlyArray<StatedLimit>, now: number): Quota | undefined => {
  const [first] = limits
    .flatMap((one) => (one.resetAt === undefined || one.resetAt <= now ? [] : [{ ...one, resetAt: one.resetAt }]))
    .toSorted((a, b) => shareLeft(a) - shareLeft(b) || b.resetAt - a.resetAt)
  if (first === undefined) return undefined
  return { resetAt: first.resetAt, ...(first.remaining === undefined ? {} : { remaining: first.remaining }) }
}

const scopeOf = ({ headers, status }: HintedAnswer, error: Fields): CooldownScope | undefined => {
  if (status !== 429) return undefined
  const codes = [error["code"], error["type"]]
  if (codes.includes("insufficient_quota") || codes.includes("usage_limit_reached")) return "account"
  if (headerValue(headers, "anthropic-ratelimit-unified-status") === "rejected") return "account"
  const quotas = detailsOf(error, "QuotaFailure").flatMap(({ violations }) =>
    Array.isArray(violations) ? violations.filter(isFields).map(({ quotaId }) => textOf(quotaId)) : []
  )
  if (quotas.length === 0) return undefined
  return quotas.every((id) => id.includes("PerModel")) ? "model" : "credential"
}

/**
 * What an answer of any provider says about when to come back, what its limit covers, and how much quota is left.
 * `now` is in milliseconds since the epoch. Successful answers state quotas, too.
 *
 * For the time, the first of: `retry-after-ms` and `Retry-After` (seconds or date); `google.rpc.RetryInfo` in the error;
 * the reset that an OpenAI subscription's error names; and for a 429 the latest reset of the limits of which the headers
 * say that nothing is left, as durations (`6m0s`), RFC 3339 dates or seconds since the epoch.
 */
export const providerHints = (answer: HintedAnswer, now: number): ProviderHints => {
  const { headers, status } = answer
  const limits = statedLimits(headers, now)
  const error = status >= 400 ? errorOf(answer.body) : {}
  const pause = status >= 400 ? retryAfterMs(headers, now) : undefined
  const retryAtMs =
    pause === undefined
      ? (retryInfoAt(error, now) ?? statedResetAt(error, now) ?? (status === 429 ? exhaustedUntil(limits) : undefined))
      : now + pause
  const scope = scopeOf(answer, error)
  const quota = tightest(limits, now)
  return {
    ...(retryAtMs === undefined ? {} : { retryAtMs }),
    ...(scope === undefined ? {} : { scope }),
    ...(quota === undefined ? {} : { quota })
  }
}
