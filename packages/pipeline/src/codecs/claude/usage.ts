import type { JsonObject } from "../../canonical/json.ts"
import { tokenCount, type Usage } from "../../canonical/usage.ts"
import { objectOr } from "../json-fields.ts"

/**
 * Counts of one message, as they arrive: whole in an answer, in pieces in a stream. `input_tokens` leaves out what was
 * read from and written to the cache; `output_tokens` holds the thinking. The numbers of a stream are running totals,
 * so the larger one counts. Source: platform.claude.com/docs/en/api/messages, `usage`.
 */
export interface UsageCounts {
  input: number | undefined
  cacheRead: number | undefined
  cacheWrite: number | undefined
  output: number | undefined
  thinking: number | undefined
}

export const noCounts = (): UsageCounts => ({
  input: undefined,
  cacheRead: undefined,
  cacheWrite: undefined,
  output: undefined,
  thinking: undefined
})

const later = (earlier: number | undefined, value: unknown): number | undefined => {
  const count = tokenCount(value)
  return count === undefined || (earlier !== undefined && earlier > count) ? earlier : count
}

/** Takes what one `usage` object says. */
export const addCounts = (counts: UsageCounts, usage: JsonObject): void => {
  counts.input = later(counts.input, usage["input_tokens"])
  counts.cacheRead = later(counts.cacheRead, usage["cache_read_input_tokens"])
  counts.cacheWrite = later(counts.cacheWrite, usage["cache_creation_input_tokens"])
  counts.output = later(counts.output, usage["output_tokens"])
  counts.thinking = later(counts.thinking, objectOr(usage["output_tokens_details"])["thinking_tokens"])
}

/** The counts so far, with every token counted once. */
export const usageOfCounts = ({ cacheRead, cacheWrite, input, output, thinking }: UsageCounts): Usage => ({
  inputTokens:
    input === undefined && cacheRead === undefined && cacheWrite === undefined
      ? undefined
      : (input ?? 0) + (cacheRead ?? 0) + (cacheWrite ?? 0),
  cacheReadTokens: cacheRead,
  cacheWriteTokens: cacheWrite,
  outputTokens: output,
  reasoningTokens: thinking
})

/** A usage in Claude's words. `estimate` gives the input tokens while nobody has told them. */
export const encodeUsage = (usage: Usage | undefined, estimate: () => number): Record<string, unknown> => {
  const read = usage?.cacheReadTokens ?? 0
  const write = usage?.cacheWriteTokens ?? 0
  const encoded: Record<string, unknown> = {
    input_tokens: usage?.inputTokens === undefined ? estimate() : Math.max(0, usage.inputTokens - read - write),
    cache_creation_input_tokens: write,
    cache_read_input_tokens: read,
    output_tokens: usage?.outputTokens ?? 0
  }
  if (usage?.reasoningTokens !== undefined)
    encoded["output_tokens_details"] = { thinking_tokens: usage.reasoningTokens }
  return encoded
}
