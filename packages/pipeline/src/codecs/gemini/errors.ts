import type { ClientError } from "../../canonical/client-error.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { EmitFrame, ProviderErrorFields } from "../codec.ts"
import { isObject, listOr, objectOr } from "../json-fields.ts"

/**
 * HTTP status of each status name. Source: google/rpc/code.proto, and
 * https://cloud.google.com/apis/design/errors#handling_errors
 */
const HTTP_STATUSES: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ABORTED: 409,
  ALREADY_EXISTS: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  DATA_LOSS: 500,
  UNKNOWN: 500,
  INTERNAL: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504
}

const statusName = (status: number): string => {
  switch (status) {
    case 401:
      return "UNAUTHENTICATED"
    case 403:
      return "PERMISSION_DENIED"
    case 404:
      return "NOT_FOUND"
    case 408:
    case 504:
      return "DEADLINE_EXCEEDED"
    case 409:
      return "ABORTED"
    case 429:
      return "RESOURCE_EXHAUSTED"
    case 499:
      return "CANCELLED"
    case 501:
      return "UNIMPLEMENTED"
    case 502:
    case 503:
    case 529:
      return "UNAVAILABLE"
    default:
      return status < 500 ? "INVALID_ARGUMENT" : "INTERNAL"
  }
}

/** An error body. The offending field is told as a `BadRequest` detail, the code as the reason of an `ErrorInfo`. */
export const encodeError = (error: ClientError): JsonObject => {
  const { code, message, param, status, type } = error
  const details: Array<JsonObject> = []
  if (code !== null) details.push({ "@type": ERROR_INFO, reason: code })
  if (param !== null) details.push({ "@type": BAD_REQUEST, fieldViolations: [{ field: param, description: message }] })
  const name = type !== null && Object.hasOwn(HTTP_STATUSES, type) ? type : statusName(status)
  return { error: { code: status, message, status: name, ...(details.length === 0 ? {} : { details }) } }
}

const ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
const BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"

/** The error as a frame, which some SDKs read. Others know it only by `encodeBareStreamError`. */
export const encodeStreamError = (error: ClientError, emit: EmitFrame): void => emit(JSON.stringify(encodeError(error)))

/**
 * The error as bare JSON. Google ends a broken stream so, and `@google/genai` knows an error in mid-stream by nothing
 * else: a piece of the body that is, by itself, the JSON of an error.
 */
export const encodeBareStreamError = (error: ClientError): string => JSON.stringify(encodeError(error))

/** Reads an error body, or a chunk of a stream that is an error. Google puts either into an array at times. */
export const decodeError = (json: unknown): ProviderErrorFields | undefined => {
  const body: unknown = Array.isArray(json) ? json[0] : json
  const error = isObject(body) ? body["error"] : undefined
  if (typeof error === "string") return { ...NO_FIELDS, message: error }
  if (!isObject(error)) return isObject(body) ? brokenCallOf(body) : undefined
  const type = textIn(error, "status") ?? textIn(error, "type")
  return {
    message: textIn(error, "message"),
    type,
    code: reasonOf(error) ?? textIn(error, "code"),
    param: fieldOf(error) ?? textIn(error, "param"),
    status: statusIn(error, type)
  }
}

/**
 * Reasons for which an answer ends in place of a call of a function. Source:
 * https://ai.google.dev/api/generate-content#FinishReason
 */
const BROKEN_CALLS: ReadonlySet<unknown> = new Set(["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"])

/**
 * The error that an answer is in which the model wanted to call a function and failed to. What it said before is no whole
 * answer: an agent that took it for one would stop in the middle of its work.
 */
const brokenCallOf = (json: JsonObject): ProviderErrorFields | undefined => {
  const candidates = listOr(json["candidates"]).filter(isObject)
  const [first, second] = candidates
  if (first === undefined || second !== undefined || !BROKEN_CALLS.has(first["finishReason"])) return undefined
  const parts = listOr(objectOr(first["content"])["parts"])
  if (parts.some((part) => isObject(part) && part["functionCall"] !== undefined)) return undefined
  return brokenCall(textIn(first, "finishReason"), textIn(first, "finishMessage"))
}

/** The error for a call that the model could not write down. It may well succeed when it is asked again. */
export const brokenCall = (reason: string | undefined, message: string | undefined): ProviderErrorFields => ({
  ...NO_FIELDS,
  message: message ?? "The model made a call of a function that cannot be read.",
  code: reason,
  status: 502
})

/** Whether a finish reason says that the model failed to write down a call. */
export const isBrokenCall = (reason: unknown): boolean => BROKEN_CALLS.has(reason)

const NO_FIELDS: ProviderErrorFields = {
  message: undefined,
  type: undefined,
  code: undefined,
  param: undefined,
  status: undefined
}

const textIn = (json: JsonObject, name: string): string | undefined => {
  const value = json[name]
  return typeof value === "string" && value !== "" ? value : undefined
}

const detailOf = (error: JsonObject, type: string): JsonObject | undefined =>
  listOr(error["details"]).find((detail): detail is JsonObject => isObject(detail) && detail["@type"] === type)

const reasonOf = (error: JsonObject): string | undefined => {
  const info = detailOf(error, ERROR_INFO)
  return info && textIn(info, "reason")
}

const fieldOf = (error: JsonObject): string | undefined => {
  const violation = listOr(detailOf(error, BAD_REQUEST)?.["fieldViolations"])[0]
  return isObject(violation) ? textIn(violation, "field") : undefined
}

const statusIn = (error: JsonObject, type: string | undefined): number | undefined => {
  const code = error["code"]
  if (typeof code === "number" && Number.isInteger(code) && code >= 400 && code <= 599) return code
  return type === undefined || !Object.hasOwn(HTTP_STATUSES, type) ? undefined : HTTP_STATUSES[type]
}
