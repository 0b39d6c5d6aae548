import type { ClientError, GatewayError } from "@cliproxy/pipeline"

/** An error for a client, in no protocol, with what belongs in the head of the answer. */
export interface ErrorAnswer extends ClientError {
  /** Milliseconds after which a retry makes sense. */
  readonly retryAfterMs?: number | undefined
  /** JSON that is the whole body of the answer, in place of an error made of the fields above. */
  readonly body?: string | undefined
  /** Methods that the route does take, for a 405 (RFC 9110, section 15.5.6). */
  readonly allow?: string
}

/** A provider or a plugin may claim any status; only an error status can carry an error. */
const errorStatus = (status: number, otherwise: number): number => (status >= 400 && status <= 599 ? status : otherwise)

/** Status of an error whose own status is not an error status. */
const statusWithoutOne = { NoCredential: 503, UpstreamFailed: 502, SchedulerRefused: 500 } as const

const nonEmpty = (text: string | null | undefined): string | null => (text === undefined || text === "" ? null : text)

/**
 * The one place that says how each way a request can end is told to a client. What is not known is `null`; the codec of
 * the client's protocol has a word for each status then.
 */
export const fromGatewayError = (error: GatewayError): ErrorAnswer => {
  if (error._tag === "InvalidRequest") {
    const { message, param, code } = error
    return { status: errorStatus(error.status, 400), message, type: "invalid_request_error", param, code }
  }
  if (error._tag === "UpstreamUnreachable") {
    const code = error.midStream ? "upstream_connection_lost" : "upstream_unreachable"
    return { status: 502, message: error.message, type: null, param: null, code }
  }
  const failed = error._tag === "UpstreamFailed" ? error : undefined
  return {
    status: errorStatus(error.status, statusWithoutOne[error._tag]),
    message: error.message,
    type: nonEmpty(failed?.type),
    param: failed?.param ?? null,
    code: nonEmpty(error.code),
    retryAfterMs: error._tag === "SchedulerRefused" ? undefined : error.retryAfterMs,
    body: error._tag === "NoCredential" ? undefined : error.body
  }
}

/** An error of the server's own doors: routes, authentication, bodies. */
export const invalidRequest = (
  status: number,
  message: string,
  code: string | null = null,
  param: string | null = null
): ErrorAnswer => ({ status, message, type: "invalid_request_error", param, code })

/** The answer to a defect: says nothing about what broke, but under which ID to find it in the log. */
export const internalError = (requestId: string): ErrorAnswer => ({
  status: 500,
  message: `The gateway had an internal error while serving this request. Its log has the details under ${requestId}.`,
  type: null,
  param: null,
  code: "internal_server_error"
})

/** The answer to a request that was still open when the grace period of a shutdown ended. */
export const shuttingDown: ErrorAnswer = {
  status: 503,
  message: "The gateway is shutting down and could not finish this request in time. Please try again.",
  type: null,
  param: null,
  code: "server_shutting_down"
}

/** `Retry-After` in whole seconds, rounded up so that nobody comes back too early (RFC 9110, section 10.2.3). */
export const retryAfterSeconds = (milliseconds: number): string => String(Math.max(0, Math.ceil(milliseconds / 1000)))

/** Headers that belong to an error besides its body. */
export const errorHeaders = ({ retryAfterMs, allow }: ErrorAnswer): Record<string, string> => ({
  ...(retryAfterMs === undefined ? {} : { "retry-after": retryAfterSeconds(retryAfterMs) }),
  ...(allow === undefined ? {} : { allow })
})
