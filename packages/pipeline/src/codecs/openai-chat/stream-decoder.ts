import type { JsonObject } from "../../canonical/json.ts"
import type { EmitEvent, ProviderErrorFields, StreamDecoder, TranslationContext } from "../codec.ts"
import { isObject, numberOr, objectOr, parseJson, textOr } from "../json-fields.ts"
import {
  type ChoiceInProgress,
  finishChoice,
  isCutInCall,
  newChoice,
  takeDelta,
  takeLogprobs
} from "./choice-decoder.ts"
import { decodeError } from "./errors.ts"
import { decodeUsage } from "./usage.ts"

/** What ends a stream. Source: https://platform.openai.com/docs/api-reference/chat/streaming. */
const DONE = "[DONE]"

/**
 * Reads a stream of `chat.completion.chunk`. The answer is finished when the stream is, not at its `finish_reason`:
 * some servers repeat that, or send more after it, and usage always comes later. A stream that ends without `[DONE]` is
 * whole if all its choices had a `finish_reason`.
 */
export const makeStreamDecoder = (context: TranslationContext): StreamDecoder => {
  const choices: Array<ChoiceInProgress> = []
  let started = false
  let ended = false

  const fail = (fields: Partial<ProviderErrorFields>, message: string, emit: EmitEvent): void => {
    ended = true
    const { status = statusOfType(fields.type ?? fields.code), type = null, code = null } = fields
    emit({ type: "error", error: { status, message, type, code } })
  }

  const start = (chunk: JsonObject, emit: EmitEvent): void => {
    if (started) return
    started = true
    emit({
      type: "start",
      id: textOr(chunk["id"]),
      model: textOr(chunk["model"]),
      createdAt: numberOr(chunk["created"]) || undefined,
      serviceTier: textOr(chunk["service_tier"]) || undefined
    })
  }

  const takeUsage = (value: unknown, chunk: JsonObject, emit: EmitEvent): void => {
    const usage = decodeUsage(value)
    if (usage === undefined) return
    start(chunk, emit)
    emit({ type: "usage", usage })
  }

  const takeChoice = (value: unknown, position: number, chunk: JsonObject, emit: EmitEvent): void => {
    if (!isObject(value)) return
    start(chunk, emit)
    const index = numberOr(value["index"]) ?? position
    let choice = choices.find((known) => known.index === index)
    if (choice === undefined) choices.push((choice = newChoice(index)))
    const { delta, message, finish_reason, logprobs, usage } = value
    if (isObject(logprobs)) takeLogprobs(choice, logprobs)
    if (isObject(delta)) takeDelta(choice, delta, context, emit)
    // Some servers send the whole message, at once or again as the last chunk.
    else if (isObject(message) && choice.parts === 0) takeDelta(choice, message, context, emit)
    if (typeof finish_reason === "string" && finish_reason !== "") choice.finishReason = finish_reason
    // Moonshot has the usage here.
    if (usage !== undefined) takeUsage(usage, chunk, emit)
  }

  const conclude = (emit: EmitEvent): void => {
    if (!started) return fail({}, "The provider's stream ended without any content.", emit)
    if (choices.length === 0) choices.push(newChoice(0))
    if (choices.some((choice) => choice.finishReason === "error")) {
      return fail({}, "The provider broke the answer off with an error that it did not name.", emit)
    }
    if (choices.some(isCutInCall)) return fail({}, "The provider's stream ended in the middle of a tool call.", emit)
    ended = true
    for (const choice of choices) finishChoice(choice, context, emit)
    emit({ type: "end" })
  }

  return {
    push: (data, emit) => {
      if (ended || data === "") return
      if (data === DONE || data.trim() === DONE) return conclude(emit)
      const chunk = parseJson(data)
      if (chunk === undefined) return fail({}, "The provider sent an event that is not JSON.", emit)
      const error = decodeError(chunk)
      if (error !== undefined)
        return fail(error, error.message ?? "The provider reported an error in its stream.", emit)
      if (!isObject(chunk)) return
      const list = chunk["choices"]
      if (Array.isArray(list)) {
        for (let position = 0; position < list.length; position++) takeChoice(list[position], position, chunk, emit)
      }
      // Groq has the usage of a stream apart. Source: https://console.groq.com/docs/api-reference.
      takeUsage(chunk["usage"] ?? objectOr(chunk["x_groq"])["usage"], chunk, emit)
    },
    end: (emit) => {
      if (ended) return
      const whole = choices.length > 0 && choices.every((choice) => choice.finishReason !== "")
      if (whole) conclude(emit)
      else if (!started) fail({}, "The provider's stream ended without any content.", emit)
      else fail({}, "The provider's stream ended in the middle of the answer.", emit)
    }
  }
}

/** HTTP status of an error that has none of its own, by its words. */
const statusOfType = (type: string | undefined): number => {
  switch (type) {
    case "invalid_request_error":
    case "context_length_exceeded":
      return 400
    case "authentication_error":
    case "invalid_api_key":
      return 401
    case "permission_error":
      return 403
    case "rate_limit_error":
    case "rate_limit_exceeded":
    case "insufficient_quota":
      return 429
    case "server_error":
      return 500
    case "overloaded_error":
    case "service_unavailable":
      return 503
    default:
      return 502
  }
}
