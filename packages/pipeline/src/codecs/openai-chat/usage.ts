import type { JsonObject } from "../../canonical/json.ts"
import { tokenCount, type Usage } from "../../canonical/usage.ts"
import { isObject, objectOr } from "../json-fields.ts"

/**
 * Reads `usage`; `undefined` when there is none. Here `prompt_tokens` holds what was read from the cache, and
 * `completion_tokens` the reasoning, as in the canonical model.
 *
 * Read as well: the names of the Responses API; the cache hits of DeepSeek (`prompt_cache_hit_tokens`) and Moonshot
 * (`cached_tokens`); OpenRouter's `cache_write_tokens`; and xAI's sums, where `completion_tokens` lacks the reasoning.
 * Source: https://platform.openai.com/docs/api-reference/chat/object, `usage`.
 */
export const decodeUsage = (value: unknown): Usage | undefined => {
  if (!isObject(value)) return undefined
  const input = objectOr(value["prompt_tokens_details"] ?? value["input_tokens_details"])
  const output = objectOr(value["completion_tokens_details"] ?? value["output_tokens_details"])
  const inputTokens = tokenCount(value["prompt_tokens"]) ?? tokenCount(value["input_tokens"])
  const outputTokens = tokenCount(value["completion_tokens"]) ?? tokenCount(value["output_tokens"])
  const reasoningTokens = tokenCount(output["reasoning_tokens"])
  const usage: Usage = {
    inputTokens,
    cacheReadTokens:
      tokenCount(input["cached_tokens"]) ??
      tokenCount(value["prompt_cache_hit_tokens"]) ??
      tokenCount(value["cached_tokens"]),
    cacheWriteTokens: tokenCount(input["cache_write_tokens"]),
    outputTokens: withReasoning(outputTokens, reasoningTokens, inputTokens, tokenCount(value["total_tokens"])),
    reasoningTokens
  }
  return Object.values(usage).every((count) => count === undefined) ? undefined : usage
}

/** The total tells whether the reasoning was counted beside the output. */
const withReasoning = (
  output: number | undefined,
  reasoning: number | undefined,
  input: number | undefined,
  total: number | undefined
): number | undefined =>
  output !== undefined && reasoning !== undefined && reasoning > 0 && total === (input ?? 0) + output + reasoning
    ? output + reasoning
    : output

/** `usage` for a client. The three sums are always there; details only when they are known. */
export const encodeUsage = (usage: Usage): JsonObject => {
  const { inputTokens = 0, cacheReadTokens, cacheWriteTokens, outputTokens = 0, reasoningTokens } = usage
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details:
      cacheReadTokens === undefined && cacheWriteTokens === undefined
        ? undefined
        : { cached_tokens: cacheReadTokens ?? 0, cache_write_tokens: cacheWriteTokens },
    completion_tokens_details: reasoningTokens === undefined ? undefined : { reasoning_tokens: reasoningTokens }
  }
}
