import type { JsonObject } from "../../canonical/json.ts"
import type { CanonicalRequest } from "../../canonical/request.ts"
import type { ModelFeatures } from "./model-features.ts"
import { encodeThinking } from "./thinking.ts"
import { cleanSchema } from "./tool-schema.ts"

/** Source: https://ai.google.dev/api/generate-content#GenerationConfig */
const MOST_STOP_SEQUENCES = 5

/**
 * `generationConfig`, with what `kept` holds of it; `undefined` for nothing to say. Left out: penalties that the model
 * refuses, stop sequences after the fifth, tokens over the model's limit.
 */
export const encodeGenerationConfig = (
  request: CanonicalRequest,
  model: string,
  features: ModelFeatures,
  kept: JsonObject | undefined
): JsonObject | undefined => {
  const { choices, maxTokens, sampling, stop } = request
  const config: Record<string, unknown> = { ...kept }
  const set = (name: string, value: unknown): void => {
    if (value !== undefined) config[name] = value
  }
  set("candidateCount", choices)
  set("maxOutputTokens", maxTokens && Math.min(maxTokens, features.maxOutputTokens ?? maxTokens))
  set("temperature", sampling.temperature)
  set("topP", sampling.topP)
  set("topK", sampling.topK)
  // A seed has 32 bits there.
  set("seed", sampling.seed && Math.trunc(sampling.seed) | 0)
  if (features.penalties) {
    set("presencePenalty", sampling.presencePenalty)
    set("frequencyPenalty", sampling.frequencyPenalty)
  }
  if (stop.length > 0) set("stopSequences", stop.slice(0, MOST_STOP_SEQUENCES))
  if (request.logprobs !== undefined) {
    set("responseLogprobs", true)
    set("logprobs", request.logprobs.top || undefined)
  }
  setFormat(request, features, set)
  set("thinkingConfig", encodeThinking(request.reasoning, model))
  return Object.keys(config).length === 0 ? undefined : config
}

/** Whether the answer's form can only be asked for in words: older models refuse one beside functions. */
const isFormatInWords = (request: CanonicalRequest, features: ModelFeatures): boolean =>
  !features.jsonWithFunctions && request.tools.some((tool) => tool.type === "function")

const setFormat = (
  request: CanonicalRequest,
  features: ModelFeatures,
  set: (name: string, value: unknown) => void
): void => {
  const format = request.responseFormat
  if (format === undefined || format.type === "text" || isFormatInWords(request, features)) return
  set("responseMimeType", "application/json")
  if (format.type === "json_schema") set("responseJsonSchema", cleanSchema(format.schema))
}

/** The answer's form in words; `undefined` when it is said otherwise, or is text. */
export const formatInWords = (request: CanonicalRequest, features: ModelFeatures): string | undefined => {
  const format = request.responseFormat
  if (format === undefined || format.type === "text" || !isFormatInWords(request, features)) return undefined
  return format.type === "json"
    ? "Give your final answer as one JSON object and nothing else."
    : `Give your final answer as JSON that matches this JSON Schema, and nothing else:\n${JSON.stringify(format.schema)}`
}
