import type { ClientError } from "../../canonical/client-error.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { EmitFrame, ProviderErrorFields } from "../codec.ts"
import { isObject, objectOr } from "../json-fields.ts"

/** Types that stand for one status. Source: platform.claude.com/docs/en/api/errors. */
const TYPE_OF_STATUS: ReadonlyMap<number, string> = new Map([
  [401, "authentication_error"],
  [402, "billing_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [409, "conflict_error"],
  [413, "request_too_large"],
  [429, "rate_limit_error"],
  [504, "timeout_error"],
  [529, "overloaded_error"]
])

const STATUS_OF_TYPE: ReadonlyMap<string, number> = new Map([
  ...[...TYPE_OF_STATUS].map(([status, type]) => [type, status] as const),
  ["invalid_request_error", 400],
  ["api_error", 500]
])

/** HTTP status of an error that came without one; 500 for a type that is not known. */
export const statusOfErrorType = (type: string): number => STATUS_OF_TYPE.get(type) ?? 500

/**
 * The official type of a status. For a status that the reference does not list, the provider's own word is kept when it
 * is one of Claude's for the same side: `overloaded_error` with 503. Else it is `invalid_request_error` below 500 and
 * `api_error` from there.
 */
const errorType = ({ status, type }: ClientError): string => {
  const official = TYPE_OF_STATUS.get(status)
  if (official !== undefined) return official
  const own = type === null ? undefined : STATUS_OF_TYPE.get(type)
  if (type !== null && own !== undefined && own < 500 === status < 500) return type
  return status < 500 ? "invalid_request_error" : "api_error"
}

/** The body of an error answer: `{"type":"error","error":{"type","message"}}`. */
export const encodeError = (error: ClientError): JsonObject => ({
  type: "error",
  error: { type: errorType(error), message: error.message }
})

/** The event `error`, which the official SDKs throw as an API error of its type. */
export const encodeStreamError = (error: ClientError, emit: EmitFrame): void =>
  emit(JSON.stringify(encodeError(error)), "error")

const textOrUndefined = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

/** The error in an answer of a provider, also of one that leaves out the outer `type` or sends a bare text. */
export const decodeError = (json: unknown): ProviderErrorFields | undefined => {
  if (!isObject(json)) return undefined
  const error = json["error"]
  if (json["type"] !== "error" && !isObject(error)) return undefined
  const fields = objectOr(error)
  const type = textOrUndefined(fields["type"])
  return {
    message: textOrUndefined(fields["message"]) ?? textOrUndefined(error) ?? textOrUndefined(json["message"]),
    type,
    code: textOrUndefined(objectOr(fields["details"])["error_code"]) ?? textOrUndefined(fields["code"]),
    param: textOrUndefined(fields["param"]),
    status: type === undefined ? undefined : STATUS_OF_TYPE.get(type)
  }
}
