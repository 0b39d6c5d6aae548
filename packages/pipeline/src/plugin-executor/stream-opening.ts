import { isMeaningful, type StreamError, type StreamEvent } from "../canonical/stream-event.ts"
import type { JsonObject } from "../canonical/json.ts"
import { isObject, objectOr, parseJson, textOr } from "../codecs/json-fields.ts"
import type { ProviderProtocol } from "../provider/provider-protocol.ts"
import { isProviderProtocol, providerCodecs } from "../translate/codecs.ts"
import { nobodysContext } from "../translate/translation-context.ts"
import { readSseEvents } from "../wire/sse-events.ts"

/** What the beginning of a stream has come to with its last frame. */
export type OpeningState =
  /** Only what every answer begins with: nobody would miss it if another one answered instead. */
  | { readonly _tag: "Empty" }
  /** Something of the answer itself, or something that we cannot judge. */
  | { readonly _tag: "Begun" }
  /** An error in place of an answer. `status`: what it means, where the protocol says so. */
  | { readonly _tag: "Broken"; readonly message: string; readonly status: number | undefined }

/** Reads the beginning of a stream in a client's protocol. */
export interface StreamOpening {
  /** Takes the bytes of the next frame. Not called any more once the stream has begun or is broken. */
  readonly see: (frame: Buffer) => OpeningState
}

/** Most bytes that a beginning has. What is longer than that has begun. */
const MAX_BYTES = 64 * 1024

const EMPTY: OpeningState = { _tag: "Empty" }
const BEGUN: OpeningState = { _tag: "Begun" }

/**
 * Watches for the first frame that means something (`isMeaningful`), so that until then another credential can take
 * over, as it can with a provider's stream. Frames of which we do not know what they are begin the stream: a plugin's
 * client may wait for them. So does every frame of a protocol that only plugins know.
 */
export const watchOpening = (protocol: string, model: string): StreamOpening => {
  const judge = judgeOf(protocol, model)
  if (judge === undefined) return { see: () => BEGUN }
  const events = readSseEvents()
  let bytes = 0
  return {
    see: (frame) => {
      bytes += frame.length
      for (const { data } of events.push(frame)) {
        if (data.trim() === "[DONE]") continue
        const json = parseJson(data)
        const state = isObject(json) ? judge(json, data) : BEGUN
        if (state._tag !== "Empty") return state
      }
      return bytes > MAX_BYTES ? BEGUN : EMPTY
    }
  }
}

/** Judges one event by itself, and by those before it. */
type Judge = (json: JsonObject, data: string) => OpeningState

const judgeOf = (protocol: string, model: string): Judge | undefined => {
  if (protocol === "openai-response") return judgeResponsesEvent
  return isProviderProtocol(protocol) ? judgeDecoded(protocol, model) : undefined
}

const judgeDecoded = (protocol: ProviderProtocol, model: string): Judge => {
  const decoder = providerCodecs[protocol].makeStreamDecoder(nobodysContext(model))
  const isKnown = KNOWN[protocol]
  return (json, data) => {
    let meaningful = false
    let error: StreamError | undefined
    decoder.push(data, (event: StreamEvent) => {
      if (event.type === "error") error = event.error
      else if (isMeaningful(event)) meaningful = true
    })
    if (error !== undefined) return { _tag: "Broken", message: error.message, status: error.status }
    return meaningful || !isKnown(json) ? BEGUN : EMPTY
  }
}

/** Events of Claude that may come before the answer, or in its place. Source: Claude API, streaming messages. */
const CLAUDE_EVENTS: ReadonlySet<string> = new Set([
  "ping",
  "message_start",
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "message_delta",
  "message_stop"
])

/** Whether an event is one of the protocol, so that one which says nothing says so on purpose. */
const KNOWN: Readonly<Record<ProviderProtocol, (event: JsonObject) => boolean>> = {
  openai: ({ choices, usage }) => Array.isArray(choices) || isObject(usage),
  claude: ({ type }) => CLAUDE_EVENTS.has(textOr(type)),
  gemini: ({ candidates, promptFeedback, usageMetadata }) =>
    Array.isArray(candidates) || isObject(usageMetadata) || isObject(promptFeedback)
}

/** Events of the Responses API that only announce. Source: OpenAI API reference, Responses, streaming events. */
const ANNOUNCEMENTS: ReadonlySet<string> = new Set([
  "keepalive",
  "response.queued",
  "response.created",
  "response.in_progress",
  "response.content_part.added",
  "response.reasoning_summary_part.added"
])

/** The Responses API is spoken by clients alone, so that there is no decoder of its streams. */
const judgeResponsesEvent: Judge = (event) => {
  const type = textOr(event["type"])
  if (type === "error") return brokenBy(objectOr(event["error"] ?? event))
  if (type === "response.failed") return brokenBy(objectOr(objectOr(event["response"])["error"]))
  if (type === "response.output_item.added") {
    const kind = objectOr(event["item"])["type"]
    return kind === "message" || kind === "reasoning" ? EMPTY : BEGUN
  }
  return ANNOUNCEMENTS.has(type) ? EMPTY : BEGUN
}

const brokenBy = (error: JsonObject): OpeningState => ({
  _tag: "Broken",
  message: textOr(error["message"]) || "The answer began with an error.",
  status: undefined
})
