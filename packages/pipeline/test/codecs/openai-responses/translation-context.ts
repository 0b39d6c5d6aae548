import { Result } from "effect"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { CanonicalRequest } from "../../../src/canonical/request.ts"
import type { TranslationContext } from "../../../src/codecs/codec.ts"
import { openaiResponsesClient } from "../../../src/codecs/openai-responses/codec.ts"

/** The random text of every ID in these tests. */
export const ID = "0123456789abcdefghijklmn"

/** Reads a request that must be right. */
export const decoded = (request: JsonObject): CanonicalRequest =>
  Result.getOrThrow(
    openaiResponsesClient.decodeRequest(request, {
      model: typeof request["model"] === "string" ? request["model"] : "gpt-x",
      stream: request["stream"] === true
    })
  )

export const contextOf = (request: JsonObject = { input: "" }): TranslationContext => ({
  request: decoded(request),
  upstreamModel: "upstream",
  createdAt: 1_760_000_000,
  newId: () => ID,
  toolNames: new Map(),
  estimatedInputTokens: () => 1
})

/** A value as JSON says it: without the fields that are undefined. */
export const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
