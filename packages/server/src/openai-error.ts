import type { GatewayError } from "@cliproxy/pipeline"

/** An error as the OpenAI API writes it, with the status and the delay that belong in the head of the answer. */
export interface OpenAIError {
  /** HTTP status, 400 to 599. */
  readonly status: number
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | null
  /** Milliseconds after which a retry makes sense. */
  readonly retryAfterMs?: number | undefined
  /** JSON that is the whole body of the answer, in place of an error object made of the fields above. */
  readonly body?: string | undefined
  /** Methods that the route does take, for a 405 (RFC 9110, section 15.5.6). */
  readonly allow?: string
}

/** `error.type` and `error.code` that a status has when nobody knows better. */
const defaultsFor = (status: number): { readonly type: string; readonly code: string | null } => {
  if (status >= 500) return { type: "server_error", code: "internal_server_error" }
  switch (status) {
    case 401:
      return { type: "authentication_error", code: "invalid_api_key" }
    case 403:
      return { type: "permission_error", code: "insufficient_quota" }
    case 404:
      return { type: "invalid_request_error", code: "model_not_found" }
    case 429:
      return { type: "rate_limit_error", code: "rate_limit_exceeded" }
    default:
      return { type: "invalid_request_error", code: null }
  }
}

/** A provider or a plugin may claim any status; only an error status can carry an error. */
const errorStatus = (status: number, otherwise: number): number => (status >= 400 && status <= 599 ? status : otherwise)

/** Status of an error whose own status is not an error status. */
const statusWithoutOne = { NoCredential: 503, UpstreamFailed: 502, SchedulerRefused: 500 } as const

const nonEmpty = (text: string | null | undefined): string | null => (text === undefined || text === "" ? null : text)

/** The one place that says how each way a request can end is told to a client that speaks OpenAI. */
export const fromGatewayError = (error: GatewayError): OpenAIError => {
  if (error._tag === "InvalidRequest") {
    const { message, param, code } = error
    return { status: errorStatus(error.status, 400), message, type: "invalid_request_error", param, code }
  }
  if (error._tag === "UpstreamUnreachable") {
    const code = error.midStream ? "upstream_connection_lost" : "upstream_unreachable"
    return { status: 502, message: error.message, type: "server_error", param: null, code }
  }
  const status = errorStatus(error.status, statusWithoutOne[error._tag])
  const defaults = defaultsFor(status)
  const failed = error._tag === "UpstreamFailed" ? error : undefined
  return {
    status,
    message: error.message,
    type: nonEmpty(failed?.type) ?? defaults.type,
    param: failed?.param ?? null,
    code: nonEmpty(error.code) ?? defaults.code,
    retryAfterMs: error._tag === "SchedulerRefused" ? undefined : error.retryAfterMs,
    body: failed?.body
  }
}

/** An error of the server's own doors: routes, authentication, bodies. */
export const invalidRequest = (
  status: number,
  message: string,
  code: string | null = null,
  param: string | null = null
): OpenAIError => ({ status, message, type: "invalid_request_error", param, code })

/** The answer to a defect: says nothing about what broke, but under which ID to find it in the log. */
export const internalError = (requestId: string): OpenAIError => ({
  status: 500,
  message: `The gateway had an internal error while serving this request. Its log has the details under ${requestId}.`,
  type: "server_error",
  param: null,
  code: "internal_server_error"
})

/** The answer to a request that was still open when the grace period of a shutdown ended. */
export const shuttingDown: OpenAIError = {
  status: 503,
  message: "The gateway is shutting down and could not finish this request in time. Please try again.",
  type: "server_error",
  param: null,
  code: "server_shutting_down"
}

/** The body of an error answer, and the payload of an error event in a stream. */
export const errorBody = ({ message, type, param, code }: OpenAIError): string =>
  JSON.stringify({ error: { message, type, param, code } })

/** `Retry-After` in whole seconds, rounded up so that nobody comes back too early (RFC 9110, section 10.2.3). */
export const retryAfterSeconds = (milliseconds: number): string => String(Math.max(0, Math.ceil(milliseconds / 1000)))

/** Headers that belong to an error besides its body. */
export const errorHeaders = ({ retryAfterMs, allow }: OpenAIError): Record<string, string> => ({
  ...(retryAfterMs === undefined ? {} : { "retry-after": retryAfterSeconds(retryAfterMs) }),
  ...(allow === undefined ? {} : { allow })
})
