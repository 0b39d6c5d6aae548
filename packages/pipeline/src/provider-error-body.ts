import type { Redacted } from "effect"

import { ProviderRefused } from "./attempt-failure.ts"
import { redactKey } from "./redact-key.ts"

/** Characters of a body that is not JSON which are shown to the client: a proxy's error page helps nobody in full. */
const PLAIN_TEXT_LIMIT = 300

/** One provider's error answer. */
export interface ErrorAnswer {
  readonly status: number
  /** The body as far as it was read. */
  readonly body: string
  readonly retryAfterMs: number | undefined
  /** The credential's key, to be taken out of every text. */
  readonly key: Redacted.Redacted
}

/**
 * Reads an error answer. Understood are OpenAI's `{"error": {message, type, param, code}}`, the same inside a list
 * (Gemini's OpenAI endpoint), `{"error": "text"}`, and `message` or `detail` at the top. Anything else is quoted.
 */
export const readErrorAnswer = ({ status, body, retryAfterMs, key }: ErrorAnswer): ProviderRefused => {
  const error = errorObject(parse(body))
  const text = (value: unknown): string | null =>
    typeof value === "string" && value !== "" ? redactKey(value, key) : typeof value === "number" ? String(value) : null
  return new ProviderRefused({
    status,
    message: text(error?.["message"]) ?? redactKey(plainMessage(status, error === undefined ? body : ""), key),
    type: text(error?.["type"]),
    code: text(error?.["code"]),
    param: text(error?.["param"]),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs })
  })
}

/**
 * The error inside an answer that calls itself a success: a JSON object with `error` and without `choices`.
 * `undefined` when the text is no such thing.
 */
export const readHiddenError = (text: string, key: Redacted.Redacted): ProviderRefused | undefined => {
  if (!text.includes('"error"')) return undefined
  const json = parse(text)
  if (!isObject(json) || json["error"] === null || json["error"] === undefined || json["choices"] !== undefined) {
    return undefined
  }
  const named = isObject(json["error"])
    ? [json["error"]["code"], json["error"]["status"], json["status"]]
    : [json["status"]]
  const status = named.map(Number).find((value) => Number.isInteger(value) && value >= 400 && value <= 599)
  return readErrorAnswer({ status: status ?? 502, body: text, retryAfterMs: undefined, key })
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const errorObject = (json: unknown): Readonly<Record<string, unknown>> | undefined => {
  const answer = Array.isArray(json) ? json[0] : json
  if (!isObject(answer)) return undefined
  const { error } = answer
  if (isObject(error)) return error
  if (typeof error === "string") return { ...answer, message: error }
  if (typeof answer["detail"] === "string") return { ...answer, message: answer["detail"] }
  return answer
}

const plainMessage = (status: number, body: string): string => {
  const line = body.trimStart().startsWith("<") ? "" : body.replaceAll(/\s+/g, " ").trim().slice(0, PLAIN_TEXT_LIMIT)
  return line === ""
    ? `The provider answered with HTTP ${status}.`
    : `The provider answered with HTTP ${status}: ${line}`
}
