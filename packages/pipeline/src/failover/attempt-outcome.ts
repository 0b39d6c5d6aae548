import { type AttemptOutcome, classifyStatus, type RuledError } from "@cliproxy/scheduler"

import type { AttemptFailure, ExecutorRefused, ProviderBroke, ProviderRefused } from "./attempt-failure.ts"
import { isJsonText } from "../codecs/json-fields.ts"
import { type ErrorRuleSettings, ruleFor } from "./error-rules.ts"
import { type GatewayError, UpstreamFailed, UpstreamUnreachable } from "../gateway-error.ts"

/** Statuses after which another round over the credentials can help. */
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([403, 408, 429, 500, 502, 503, 504, 529])

/**
 * The status that an error answer means. Some providers answer 400 where others answer 401 or 404, and say in `code`
 * or in the text what they mean: Gemini refuses a wrong key with 400 and `API key not valid`. Others give a request that
 * is too long for the model the status of a failure of their own.
 */
const meantStatus = ({ status, code, message }: ProviderRefused): number => {
  if (code === "context_length_exceeded") return status === 402 || status === 413 || status === 429 ? status : 400
  if (status !== 400 && status !== 422) return status
  if (code === "model_not_found" || code === "model_not_supported" || MODEL_NOT_SUPPORTED.test(message)) return 404
  return status === 400 && (REFUSED_KEY_CODES.test(code ?? "") || REFUSED_KEY_TEXTS.test(message)) ? 401 : status
}

const REFUSED_KEY_CODES = /^(api_key_invalid|invalid_api_key|invalid_grant)$/i
const REFUSED_KEY_TEXTS = /\bAPI key not valid\b|\binvalid_grant\b/i
const MODEL_NOT_SUPPORTED = /\bmodel\b[^.\n]{0,100}\bis not supported\b/i

/** What follows from a failed attempt. */
export interface Verdict {
  /** What it says about the credential; `undefined`: nothing. */
  readonly outcome: AttemptOutcome | undefined
  /** Whether another credential may be tried. */
  readonly goOn: boolean
  /** Whether another round may help once everybody was tried. */
  readonly later: boolean
}

/** What the operator says about failures. */
export interface FailureRules {
  /** See `GatewaySettings.transientCooldownMs`. */
  readonly transientCooldownMs?: number | undefined
  /** Those of the provider, then those of the gateway. The first that fits counts. */
  readonly errorRules?: ReadonlyArray<ErrorRuleSettings> | undefined
}

/** Judges a failed attempt: by the operator's rules, else by its status. */
export const judge = (failure: AttemptFailure, { errorRules, transientCooldownMs = 0 }: FailureRules = {}): Verdict => {
  if (failure._tag === "ProviderBroke" && failure.blameless === true) {
    return { outcome: undefined, goOn: canFailOver(failure), later: canRetryLater(failure) }
  }
  const outcome = withCooldown(outcomeOf(failure), transientCooldownMs)
  const ruled = errorRules === undefined ? undefined : ruledBy(errorRules, failure)
  if (ruled === undefined) {
    const passes = outcome._tag === "Unreachable" || (outcome._tag === "Refused" && isTransient(outcome.status))
    const cools = !passes || transientCooldownMs >= 0
    return { outcome: cools ? outcome : undefined, goOn: canFailOver(failure), later: canRetryLater(failure) }
  }
  const { failsOver, rests } = ruled
  return {
    outcome: outcome._tag === "Refused" ? { ...outcome, rests } : outcome,
    goOn: failsOver && !isMidStream(failure),
    later: failsOver && canRetryLater(failure)
  }
}

/** The rule that an error answer falls under. Connections that broke are no answers. */
const ruledBy = (rules: ReadonlyArray<ErrorRuleSettings>, failure: AttemptFailure): RuledError | undefined => {
  if (failure._tag === "ProviderRefused") {
    const { body = null, code, message, status, type } = failure
    return ruleFor(rules, { status, text: [body, message, type, code].filter((line) => line !== null).join("\n") })
  }
  if (failure._tag !== "ExecutorRefused") return undefined
  return ruleFor(rules, { status: failure.status ?? 500, text: failure.message })
}

/** What a failed attempt says about its credential, for the cooldown. */
const outcomeOf = (failure: AttemptFailure): AttemptOutcome => {
  if (failure._tag === "ExecutorRefused") return { _tag: "Refused", status: failure.status ?? 500 }
  if (failure._tag === "InvalidRequest") return { _tag: "Refused", status: failure.status }
  if (failure._tag === "ProviderRefused") {
    const { challenged, retryAfterMs, scope } = failure
    // A page that asks to prove that one is human is a limit on who asks, not a word about the key.
    if (challenged === true) return { _tag: "Refused", status: 429, retryAfterMs, atLeastMs: CHALLENGE_REST_MS }
    return { _tag: "Refused", status: meantStatus(failure), retryAfterMs, scope }
  }
  // A provider that answers badly is up: it is the model that fails, as with a 502.
  return failure.answered ? { _tag: "Refused", status: 502 } : { _tag: "Unreachable" }
}

/** Shortest rest after a challenge. */
const CHALLENGE_REST_MS = 10_000

/** The same, with the operator's shortest rest after a failure of the provider itself. */
const withCooldown = (outcome: AttemptOutcome, leastMs: number): AttemptOutcome =>
  leastMs > 0 && outcome._tag === "Refused" && isTransient(outcome.status)
    ? { ...outcome, atLeastMs: leastMs }
    : outcome

/** Whether a status says that the provider failed, whoever asked: 408, 5xx, and what has no meaning of its own. */
const isTransient = (status: number): boolean =>
  classifyStatus(status) === "next-credential" && !STATUSES_WITH_MEANING.has(status)

const STATUSES_WITH_MEANING: ReadonlySet<number> = new Set([401, 402, 403, 404, 429])

/** Whether the provider found fault with the request itself: any credential would get the same answer. */
export const isRequestFault = (failure: AttemptFailure): boolean =>
  failure._tag !== "ProviderBroke" && classifyStatus(statusOf(failure)) === "request-fault"

/** Whether another credential may be tried: nothing has reached the client, and the request itself is not to blame. */
const canFailOver = (failure: AttemptFailure): boolean =>
  !isMidStream(failure) && (failure._tag === "ProviderBroke" || !isRequestFault(failure))

/** Whether another round may help once everybody was tried. */
const canRetryLater = (failure: AttemptFailure): boolean =>
  !isMidStream(failure) && (failure._tag === "ProviderBroke" || RETRYABLE_STATUSES.has(statusOf(failure)))

/** Whether part of the answer has reached the client. */
const isMidStream = (failure: AttemptFailure): boolean =>
  (failure._tag === "ProviderBroke" || failure._tag === "ProviderRefused") && failure.midStream === true

/** The status of a failure that has one, or counts as if it had. */
const statusOf = (failure: Exclude<AttemptFailure, ProviderBroke>): number =>
  failure._tag === "ProviderRefused" ? meantStatus(failure) : (failure.status ?? 500)

/**
 * What the client is told when this was the last failure. Statuses are the provider's own, except 401, 402 and
 * 403: they are about the gateway's credentials, and a client must not take them for its own key being wrong or its own
 * account being empty.
 */
export const toGatewayError = (failure: AttemptFailure, model: string): GatewayError => {
  if (failure._tag === "ProviderBroke") {
    return new UpstreamUnreachable({ message: failure.message, midStream: failure.midStream })
  }
  if (failure._tag === "ExecutorRefused") return executorFailed(failure)
  if (failure._tag === "InvalidRequest") return failure
  if (failure.challenged === true) {
    return poolFailed(
      "upstream_challenged",
      `A page in front of the provider of \`${model}\` asks to prove that one is human (HTTP ${failure.status}), and ` +
        `no other credential could serve the request.`,
      CHALLENGE_REST_MS
    )
  }
  const status = meantStatus(failure)
  if (status === 402) {
    return poolFailed(
      "upstream_payment_required",
      `The provider of \`${model}\` wants to be paid by this gateway's own account (HTTP 402), and no other credential ` +
        `could serve the request. The client's account is not to blame; the gateway's log names the credentials.`
    )
  }
  if (status === 401 || status === 403) {
    return poolFailed(
      "upstream_auth_failed",
      `The provider of \`${model}\` refused this gateway's own credential (HTTP ${status}), and no other credential ` +
        `could serve the request. The client's key is not to blame; the gateway's log names the credentials.`
    )
  }
  const { message, type, code, param, retryAfterMs } = failure
  return new UpstreamFailed({
    message,
    status,
    type,
    code,
    param,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs })
  })
}

/** Trouble with the gateway's own credentials, for which the client is not to blame. */
const poolFailed = (code: string, message: string, retryAfterMs?: number): UpstreamFailed =>
  new UpstreamFailed({
    message,
    status: 503,
    type: "server_error",
    code,
    param: null,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs })
  })

/** A plugin speaks to the client for itself: status and text are its own. Source: plugin ABI, errors. */
const executorFailed = ({ message, status = 500 }: ExecutorRefused): UpstreamFailed =>
  new UpstreamFailed({
    message,
    status,
    type: null,
    code: null,
    param: null,
    ...(isJsonText(message) ? { body: message } : {})
  })
