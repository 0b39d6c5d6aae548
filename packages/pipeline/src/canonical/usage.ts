/**
 * What an answer cost, in tokens. Every token is counted once: `inputTokens` holds what was read from and written to the
 * cache, `outputTokens` holds the reasoning. A number that the provider did not give is left out.
 */
export interface Usage {
  readonly inputTokens?: number | undefined
  /** Of `inputTokens`: read from the provider's cache. */
  readonly cacheReadTokens?: number | undefined
  /** Of `inputTokens`: written to the provider's cache. */
  readonly cacheWriteTokens?: number | undefined
  readonly outputTokens?: number | undefined
  /** Of `outputTokens`: thought. */
  readonly reasoningTokens?: number | undefined
}

/** The later numbers over the earlier ones: providers give running totals, in pieces. */
export const mergeUsage = (earlier: Usage | undefined, later: Usage): Usage => {
  if (earlier === undefined) return later
  return {
    inputTokens: later.inputTokens ?? earlier.inputTokens,
    cacheReadTokens: later.cacheReadTokens ?? earlier.cacheReadTokens,
    cacheWriteTokens: later.cacheWriteTokens ?? earlier.cacheWriteTokens,
    outputTokens: later.outputTokens ?? earlier.outputTokens,
    reasoningTokens: later.reasoningTokens ?? earlier.reasoningTokens
  }
}

/** A count of tokens from the wire; `undefined` for anything that is none. */
export const tokenCount = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined
