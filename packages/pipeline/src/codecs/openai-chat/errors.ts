import type { ClientError } from "../../canonical/client-error.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { EmitFrame, ProviderErrorFields } from "../codec.ts"
import { isObject, objectOr } from "../json-fields.ts"

/**
 * `type` and `code` that a status has when nobody knows better.
 * Source: https://platform.openai.com/docs/guides/error-codes.
 */
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

/** Types that only Claude has; Gemini's are in capitals. OpenAI and those like it have no closed list of their own. */
const CLAUDE_TYPES: ReadonlySet<string> = new Set([
  "not_found_error",
  "request_too_large",
  "timeout_error",
  "overloaded_error",
  "api_error",
  "billing_error",
  "error"
])

const isForeign = (type: string): boolean => CLAUDE_TYPES.has(type) || /^[A-Z_]+$/.test(type)

/** `{error: {message, type, param, code}}`. A type that is another protocol's own goes by the status instead. */
export const encodeError = ({ status, message, type, param, code }: ClientError): JsonObject => {
  const defaults = defaultsFor(status)
  const known = type !== null && type !== "" && !isForeign(type)
  return { error: { message, type: known ? type : defaults.type, param, code: code || defaults.code } }
}

/**
 * The error in the middle of a stream: an event with `error` at the top, which OpenAI's SDKs throw as an `APIError`. No
 * `[DONE]` follows.
 */
export const encodeStreamError = (error: ClientError, emit: EmitFrame): void => emit(JSON.stringify(encodeError(error)))

/**
 * The error in a body: OpenAI's `{"error": {message, type, param, code}}`, the same inside a list (Gemini's OpenAI
 * endpoint), `{"error": "text"}`, and `message` or `detail` at the top of what has no `choices`. OpenRouter has the error
 * of a provider behind it in the first choice.
 */
export const decodeError = (json: unknown): ProviderErrorFields | undefined => {
  const answer: unknown = Array.isArray(json) ? json[0] : json
  if (!isObject(answer)) return undefined
  const { error } = answer
  if (isObject(error)) return fieldsOf(error, error["message"], [error["code"], error["status"], answer["status"]])
  if (typeof error === "string" && error !== "") return fieldsOf(answer, error, [answer["code"], answer["status"]])
  const { choices, detail, message } = answer
  if (choices !== undefined) return Array.isArray(choices) ? errorOfChoice(choices[0]) : undefined
  const text = typeof message === "string" ? message : detail
  if (typeof text !== "string" && answer["object"] !== "error") return undefined
  return fieldsOf(answer, text ?? objectOr(message)["message"], [answer["code"], answer["status"]])
}

const errorOfChoice = (choice: unknown): ProviderErrorFields | undefined => {
  const { error } = objectOr(choice)
  return isObject(error) ? fieldsOf(error, error["message"], [error["code"], error["status"]]) : undefined
}

const fieldsOf = (error: JsonObject, message: unknown, statuses: ReadonlyArray<unknown>): ProviderErrorFields => ({
  message: wordOf(message),
  type: wordOf(error["type"]),
  code: wordOf(error["code"]),
  param: wordOf(error["param"]),
  status: statuses.map(Number).find((status) => Number.isInteger(status) && status >= 400 && status <= 599)
})

const wordOf = (value: unknown): string | undefined => {
  if (typeof value === "number") return String(value)
  return typeof value === "string" && value !== "" ? value : undefined
}
