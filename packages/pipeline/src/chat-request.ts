import { Result } from "effect"

import { InvalidRequest } from "./gateway-error.ts"

/** What the pipeline must know of a chat completion; the rest of the body passes through unread. */
export interface ChatRequest {
  /** Model name as the client wrote it. */
  readonly model: string
  readonly stream: boolean
}

/**
 * Reads `model` and `stream` of an OpenAI chat completion. Every other field is the provider's to judge.
 * Fails with 400 naming the field.
 */
export const readChatRequest = (
  json: Readonly<Record<string, unknown>>
): Result.Result<ChatRequest, InvalidRequest> => {
  const { model, stream } = json
  if (typeof model !== "string" || model.trim() === "") {
    return Result.fail(
      invalid("model", model === undefined ? "is required" : `must be a non-empty string, not ${kind(model)}`)
    )
  }
  // OpenAI's reference documents `stream` as "boolean or null".
  if (stream !== undefined && stream !== null && typeof stream !== "boolean") {
    return Result.fail(invalid("stream", `must be a boolean, not ${kind(stream)}`))
  }
  return Result.succeed({ model, stream: stream === true })
}

const invalid = (param: string, what: string): InvalidRequest =>
  new InvalidRequest({ message: `\`${param}\` ${what}.`, status: 400, code: null, param })

const kind = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "an array"
  if (typeof value === "object") return "an object"
  if (typeof value === "string") return value.trim() === "" ? "a blank string" : "a string"
  return `a ${typeof value}`
}
