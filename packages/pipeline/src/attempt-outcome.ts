import { type AttemptOutcome, classifyStatus } from "@cliproxy/scheduler"

import type { AttemptFailure, ExecutorRefused, ProviderBroke, ProviderRefused } from "./attempt-failure.ts"
import { type GatewayError, UpstreamFailed, UpstreamUnreachable } from "./gateway-error.ts"

/** Statuses after which another round over the credentials can help. */
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([403, 408, 429, 500, 502, 503, 504, 529])

/**
 * The status that an error answer means. Some providers answer 400 where others answer 401 or 404, and say in `code`
 * or in the text what they mean: Gemini refuses a wrong key with 400 and `API key not valid`.
 */
export const meantStatus = ({ status, code, message }: ProviderRefused): number => {
  if (status !== 400) return status
  if (/^(api_key_invalid|invalid_api_key)$/i.test(code ?? "") || /\bAPI key not valid\b/i.test(message)) return 401
  return code === "model_not_found" ? 404 : 400
}

/** What a failed attempt says about its credential, for the cooldown. */
const outcomeOf = (failure: AttemptFailure): AttemptOutcome => {
  if (failure._tag === "ExecutorRefused") return { _tag: "Refused", status: failure.status ?? 500 }
  if (failure._tag === "InvalidRequest") return { _tag: "Refused", status: failure.status }
  if (failure._tag === "ProviderRefused") {
    return { _tag: "Refused", status: meantStatus(failure), retryAfterMs: failure.retryAfterMs }
  }
  // A provider that answers badly is up: it is the model that fails, as with a 502.
  return failure.answered ? { _tag: "Refused", status: 502 } : { _tag: "Unreachable" }
}

/** What follows from a failed attempt. */
export interface Verdict {
  /** What it says about the credential; `undefined`: nothing. */
  readonly outcome: AttemptOutcome | undefined
  /** Whether another credential may be tried. */
  readonly goOn: boolean
  /** Whether another round may help once everybody was tried. */
  readonly later: boolean
}

/** Judges a failed attempt. */
export const judge = (failure: AttemptFailure): Verdict => ({
  outcome: outcomeOf(failure),
  goOn: canFailOver(failure),
  later: canRetryLater(failure)
})

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
 * What the client is told when this was the last failure. Statuses are the provider's own, except 401 and 403: they
 * are about the gateway's credentials, and a client must not take them for its own key being wrong.
 */
export const toGatewayError = (failure: AttemptFailure, model: string): GatewayError => {
  if (failure._tag === "ProviderBroke") {
    return new UpstreamUnreachable({ message: failure.message, midStream: failure.midStream })
  }
  if (failure._tag === "ExecutorRefused") return executorFailed(failure)
  if (failure._tag === "InvalidRequest") return failure
  const status = meantStatus(failure)
  if (status === 401 || status === 403) {
    return new UpstreamFailed({
      message:
        `The provider of \`${model}\` refused this gateway's own credential (HTTP ${status}), and no other credential ` +
        `could serve the request. The client's key is not to blame; the gateway's log names the credentials.`,
      status: 503,
      type: "server_error",
      code: "upstream_auth_failed",
      param: null
    })
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

/** A plugin speaks to the client for itself: status and text are its own. Source: plugin ABI, errors. */
const executorFailed = ({ message, status = 500 }: ExecutorRefused): UpstreamFailed =>
  new UpstreamFailed({
    message,
    status,
    type: null,
    code: null,
    param: null,
    ...(isJson(message) ? { body: message } : {})
  })

const isJson = (text: string): boolean => {
  if (!/^[[{]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
