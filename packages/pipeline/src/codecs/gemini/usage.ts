import type { JsonObject } from "../../canonical/json.ts"
import { tokenCount, type Usage } from "../../canonical/usage.ts"

/** The counts of `usageMetadata` that the canonical usage holds. */
export const USAGE_FIELDS: ReadonlySet<string> = new Set([
  "promptTokenCount",
  "toolUsePromptTokenCount",
  "cachedContentTokenCount",
  "candidatesTokenCount",
  "thoughtsTokenCount",
  "totalTokenCount"
])

/**
 * Reads `usageMetadata`. The prompt holds what was read from the cache; what the provider's own tools brought in is
 * counted beside it; thoughts are counted beside the candidates. A count of 0 is left out by the provider. Source:
 * https://ai.google.dev/api/generate-content#UsageMetadata
 */
export const decodeUsage = (metadata: JsonObject): Usage => {
  const prompt = tokenCount(metadata["promptTokenCount"])
  const byTools = tokenCount(metadata["toolUsePromptTokenCount"])
  const thoughts = tokenCount(metadata["thoughtsTokenCount"])
  return {
    inputTokens: prompt === undefined && byTools === undefined ? undefined : (prompt ?? 0) + (byTools ?? 0),
    cacheReadTokens: tokenCount(metadata["cachedContentTokenCount"]),
    outputTokens: (tokenCount(metadata["candidatesTokenCount"]) ?? 0) + (thoughts ?? 0),
    reasoningTokens: thoughts
  }
}

/** `usageMetadata` so far: a count that a later chunk of a stream leaves out is that of the chunk before. */
export const mergeMetadata = (earlier: JsonObject | undefined, later: JsonObject): JsonObject => {
  if (earlier === undefined) return later
  const merged: Record<string, unknown> = { ...later }
  for (const name of USAGE_FIELDS) merged[name] ??= earlier[name]
  return merged
}

/** `usageMetadata` for a client. Tokens written to a cache are part of the prompt; the protocol does not tell them apart. */
export const encodeUsage = (usage: Usage): JsonObject => {
  const metadata: Record<string, number> = {}
  const { cacheReadTokens, inputTokens = 0, outputTokens = 0, reasoningTokens } = usage
  metadata["promptTokenCount"] = inputTokens
  metadata["candidatesTokenCount"] = Math.max(outputTokens - (reasoningTokens ?? 0), 0)
  metadata["totalTokenCount"] = inputTokens + outputTokens
  if (cacheReadTokens !== undefined) metadata["cachedContentTokenCount"] = cacheReadTokens
  if (reasoningTokens !== undefined) metadata["thoughtsTokenCount"] = reasoningTokens
  return metadata
}
