import type { Result } from "effect"

import type { JsonObject } from "../../canonical/json.ts"
import type { CanonicalRequest, ResponseFormat, Sampling } from "../../canonical/request.ts"
import type { InvalidRequest } from "../../gateway-error.ts"
import type { RequestTarget } from "../codec.ts"
import {
  kindOf,
  needFlag,
  needNumber,
  needObject,
  needText,
  optional,
  otherFields,
  readingRequest,
  refuse
} from "../json-fields.ts"
import { decodeMessages } from "./decode-messages.ts"
import { decodeToolChoice, decodeTools } from "./decode-tools.ts"
import { extensionsOf } from "./kept-fields.ts"
import { decodeReasoningRequest } from "./reasoning-effort.ts"

/** `top_k` is not among them: OpenAI has none, so that only a client who wrote it has it sent to such a provider. */
const FIELDS = new Set([
  "model",
  "messages",
  "stream",
  "stream_options",
  "tools",
  "functions",
  "tool_choice",
  "function_call",
  "parallel_tool_calls",
  "max_tokens",
  "max_completion_tokens",
  "temperature",
  "top_p",
  "seed",
  "presence_penalty",
  "frequency_penalty",
  "stop",
  "n",
  "response_format",
  "reasoning_effort",
  "reasoning",
  "thinking",
  "logprobs",
  "top_logprobs",
  "user"
])

const STREAM_OPTION_FIELDS = new Set(["include_usage"])

/**
 * Reads a chat completion. Source: https://platform.openai.com/docs/api-reference/chat/create.
 * Fails with 400 naming the field that is not as it must be.
 */
export const decodeRequest = (
  json: JsonObject,
  { model, stream }: RequestTarget
): Result.Result<CanonicalRequest, InvalidRequest> =>
  readingRequest(() => {
    const number = (name: string) => optional(needNumber, json[name], name)
    const options = optional(needObject, json["stream_options"], "stream_options")
    const toolChoice = decodeToolChoice(json)
    return {
      model,
      stream,
      messages: decodeMessages(json["messages"]),
      tools: decodeTools(json),
      toolChoice,
      parallelToolCalls: optional(needFlag, json["parallel_tool_calls"], "parallel_tool_calls"),
      maxTokens: number("max_completion_tokens") ?? number("max_tokens"),
      sampling: decodeSampling(number),
      stop: decodeStop(json["stop"]),
      choices: number("n"),
      responseFormat: optional(decodeFormat, json["response_format"], "response_format"),
      reasoning: decodeReasoningRequest(json),
      logprobs: optional(needFlag, json["logprobs"], "logprobs") === true ? { top: number("top_logprobs") } : undefined,
      streamUsage: optional(needFlag, options?.["include_usage"], "stream_options.include_usage"),
      user: optional(needText, json["user"], "user"),
      extensions: extensionsOf(
        keep(json, {
          tool_choice: toolChoice === undefined ? (json["tool_choice"] ?? undefined) : undefined,
          stream_options: options === undefined ? undefined : otherFields(options, STREAM_OPTION_FIELDS)
        })
      )
    }
  })

const keep = (json: JsonObject, more: JsonObject): JsonObject | undefined => {
  const others = otherFields(json, FIELDS)
  const leftovers = otherFields(more, NONE)
  return leftovers === undefined ? others : { ...others, ...leftovers }
}

const NONE: ReadonlySet<string> = new Set()

const decodeSampling = (number: (name: string) => number | undefined): Sampling => ({
  temperature: number("temperature"),
  topP: number("top_p"),
  topK: number("top_k"),
  seed: number("seed"),
  presencePenalty: number("presence_penalty"),
  frequencyPenalty: number("frequency_penalty")
})

const decodeStop = (stop: unknown): ReadonlyArray<string> => {
  if (stop === undefined || stop === null) return []
  if (typeof stop === "string") return [stop]
  if (!Array.isArray(stop)) return refuse("stop", `must be a string or an array of strings, not ${kindOf(stop)}`)
  return stop.map((text, index) => needText(text, `stop[${index}]`))
}

const decodeFormat = (value: unknown, path: string): ResponseFormat => {
  const format = needObject(value, path)
  switch (needText(format["type"], `${path}.type`)) {
    case "text":
      return { type: "text" }
    case "json_object":
      return { type: "json" }
    case "json_schema": {
      const inner = needObject(format["json_schema"], `${path}.json_schema`)
      return {
        type: "json_schema",
        name: optional(needText, inner["name"], `${path}.json_schema.name`),
        description: optional(needText, inner["description"], `${path}.json_schema.description`),
        schema: optional(needObject, inner["schema"], `${path}.json_schema.schema`) ?? {},
        strict: optional(needFlag, inner["strict"], `${path}.json_schema.strict`)
      }
    }
    default:
      return refuse(`${path}.type`, 'must be "text", "json_object" or "json_schema"')
  }
}
