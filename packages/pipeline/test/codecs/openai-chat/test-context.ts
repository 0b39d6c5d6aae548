import type { CanonicalRequest } from "../../../src/canonical/request.ts"
import type { TranslationContext } from "../../../src/codecs/codec.ts"

/** A request that asks for nothing in particular. */
export const plainRequest: CanonicalRequest = {
  model: "m",
  stream: false,
  messages: [{ role: "user", parts: [{ type: "text", text: "Hi" }] }],
  tools: [],
  sampling: {},
  stop: []
}

/** A context whose IDs are `id1`, `id2` and so on. */
export const testContext = (
  upstreamModel = "upstream-model",
  request: CanonicalRequest = plainRequest
): TranslationContext => {
  let ids = 0
  return {
    request,
    upstreamModel,
    createdAt: 1_700_000_000,
    newId: () => `id${++ids}`,
    toolNames: new Map(),
    estimatedInputTokens: () => 10
  }
}
