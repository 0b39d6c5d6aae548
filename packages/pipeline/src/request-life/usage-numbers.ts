import type { UsageDetail } from "@cliproxy/abi"

/** What an upstream's answer tells about its cost. */
export interface AnswerUsage {
  readonly detail: UsageDetail
  /** Model that the upstream named; may be empty. */
  readonly model: string
  /** Service tier that the upstream named; may be empty. */
  readonly serviceTier: string
}

export const NO_USAGE: AnswerUsage = {
  detail: {
    InputTokens: 0,
    OutputTokens: 0,
    ReasoningTokens: 0,
    CachedTokens: 0,
    CacheReadTokens: 0,
    CacheCreationTokens: 0,
    TotalTokens: 0
  },
  model: "",
  serviceTier: ""
}

/**
 * Reads the usage of an OpenAI chat completion, whole or as the last chunk of a stream. `undefined` when there is none.
 * The names of the Responses API, which some providers use here, are read as well.
 * Source: OpenAI API reference, chat completions, `usage`.
 */
export const readUsage = (text: string): AnswerUsage | undefined => {
  const json = objectOf(parse(text))
  const usage = objectOf(json["usage"])
  if (Object.keys(usage).length === 0) return undefined
  const input = tokens(usage["prompt_tokens"]) || tokens(usage["input_tokens"])
  const output = tokens(usage["completion_tokens"]) || tokens(usage["output_tokens"])
  const inputDetails = objectOf(usage["prompt_tokens_details"] ?? usage["input_tokens_details"])
  const outputDetails = objectOf(usage["completion_tokens_details"] ?? usage["output_tokens_details"])
  return {
    detail: {
      InputTokens: input,
      OutputTokens: output,
      ReasoningTokens: tokens(outputDetails["reasoning_tokens"]),
      CachedTokens: tokens(inputDetails["cached_tokens"]),
      CacheReadTokens: 0,
      CacheCreationTokens: 0,
      TotalTokens: tokens(usage["total_tokens"]) || input + output
    },
    model: textOf(json["model"]),
    serviceTier: textOf(json["service_tier"])
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : {}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "")

/** A count that the ABI can carry; anything else is none. */
const tokens = (value: unknown): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0
