import { Result } from "effect"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { CanonicalRequest } from "../../../src/canonical/request.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import type { TranslationContext } from "../../../src/codecs/codec.ts"
import { geminiClient, geminiProvider } from "../../../src/codecs/gemini/codec.ts"

/** The random text of every ID in these tests. */
export const ID = "0123456789abcdefghijklmn"

const EMPTY: CanonicalRequest = { model: "m", stream: false, messages: [], tools: [], sampling: {}, stop: [] }

/** A request that says what `given` says, and nothing else. */
export const requestOf = (given: Partial<CanonicalRequest>): CanonicalRequest => ({ ...EMPTY, ...given })

export const contextOf = (request: CanonicalRequest = EMPTY, upstreamModel = "custom-model"): TranslationContext => ({
  request,
  upstreamModel,
  createdAt: 1_760_000_000,
  newId: () => ID,
  toolNames: new Map(),
  estimatedInputTokens: () => 1
})

/** Reads a client's request that must be right. */
export const decoded = (json: JsonObject, stream = false): CanonicalRequest =>
  Result.getOrThrow(geminiClient.decodeRequest(json, { model: "m", stream }))

/** The body for a provider. */
export const encoded = (given: Partial<CanonicalRequest>, model?: string): JsonObject => {
  const request = requestOf(given)
  return geminiProvider.encodeRequest(request, contextOf(request, model))
}

/** A value as JSON says it: without the fields that are undefined. */
export const asJson = <A>(value: A): A => JSON.parse(JSON.stringify(value)) as A

/** Every event that a provider's stream gives. */
export const decodedStream = (
  data: ReadonlyArray<string>,
  context: TranslationContext = contextOf()
): ReadonlyArray<StreamEvent> => {
  const events: Array<StreamEvent> = []
  const emit = (event: StreamEvent): void => {
    events.push(event)
  }
  const decoder = geminiProvider.makeStreamDecoder(context)
  for (const text of data) decoder.push(text, emit)
  decoder.end(emit)
  return events
}

/** The `data` of every frame that a canonical stream becomes. */
export const encodedStream = (
  events: ReadonlyArray<StreamEvent>,
  context: TranslationContext = contextOf()
): ReadonlyArray<string> => {
  const frames: Array<string> = []
  const encoder = geminiClient.makeStreamEncoder(context)
  for (const event of events) encoder.push(event, (data) => frames.push(data))
  return frames
}
