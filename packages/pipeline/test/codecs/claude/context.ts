import type { JsonObject } from "../../../src/canonical/json.ts"
import type { CanonicalRequest } from "../../../src/canonical/request.ts"
import type { CanonicalResponse } from "../../../src/canonical/response.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import { claudeClient, claudeProvider } from "../../../src/codecs/claude/codec.ts"
import type { TranslationContext } from "../../../src/codecs/codec.ts"

/** A request that says nothing but what is given. */
export const requestOf = (fields: Partial<CanonicalRequest> = {}): CanonicalRequest => ({
  model: "client-model",
  stream: false,
  messages: [{ role: "user", parts: [{ type: "text", text: "Hi." }] }],
  tools: [],
  sampling: {},
  stop: [],
  ...fields
})

/** What both sides of an exchange share; IDs count up, an estimate is 7 tokens. */
export const contextOf = (upstreamModel = "claude-sonnet-4-5", request = requestOf()): TranslationContext => {
  let ids = 0
  return {
    request,
    upstreamModel,
    createdAt: 1_700_000_000,
    newId: () => `new${++ids}`,
    toolNames: new Map(),
    estimatedInputTokens: () => 7
  }
}

/** A request as it goes to a model, as JSON. */
export const written = (
  fields: Partial<CanonicalRequest>,
  model = "claude-sonnet-4-5",
  context?: TranslationContext
) => {
  const request = requestOf(fields)
  return jsonOf(claudeProvider.encodeRequest(request, context ?? contextOf(model, request))) as WrittenRequest
}

/** A body of `POST /v1/messages`, as far as these tests look into it. */
export interface WrittenRequest extends JsonObject {
  readonly messages: ReadonlyArray<{ readonly role: string; readonly content: ReadonlyArray<JsonObject> }>
  readonly system?: ReadonlyArray<JsonObject>
  readonly tools?: ReadonlyArray<JsonObject>
}

/** A value as it is on the wire: without fields that are undefined. */
export const jsonOf = (value: unknown): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject

/** The `data` of each event of a stream's text. */
export const eventsOf = (sse: string): ReadonlyArray<string> =>
  sse
    .split("\n\n")
    .flatMap((event) => event.split("\n").filter((line) => line.startsWith("data: ")))
    .map((line) => line.slice(6))

/** What a decoder makes of a stream that ends after these events. */
export const decoded = (data: ReadonlyArray<string>, context = contextOf()): ReadonlyArray<StreamEvent> => {
  const decoder = claudeProvider.makeStreamDecoder(context)
  const events: Array<StreamEvent> = []
  for (const item of data) decoder.push(item, (event) => events.push(event))
  decoder.end((event) => events.push(event))
  return events
}

/** A stream as clients get it. */
export const encoded = (events: ReadonlyArray<StreamEvent>, context = contextOf()): string => {
  const encoder = claudeClient.makeStreamEncoder(context)
  let sse = ""
  for (const event of events) {
    encoder.push(event, (data, name) => {
      sse += `event: ${name}\ndata: ${data}\n\n`
    })
  }
  return sse
}

/** A whole answer as clients get it, as JSON. */
export const encodedResponse = (response: CanonicalResponse, context = contextOf()): JsonObject =>
  jsonOf(claudeClient.encodeResponse(response, context))
