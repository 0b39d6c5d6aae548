import { Effect, Result } from "effect"

import { isObject, parseJson } from "../codecs/json-fields.ts"
import { openaiChatClient } from "../codecs/openai-chat/codec.ts"
import { chatOfCompletion } from "../codecs/openai-completions/decode-completion.ts"
import { completionChunkOfChat, completionOfChat } from "../codecs/openai-completions/encode-completion.ts"
import type { ClientRequest } from "../gateway.ts"
import type { GatewayError } from "../gateway-error.ts"
import type { ResponseSink } from "../response-sink.ts"
import { eventText, isEventStream } from "../wire/event-stream.ts"
import { jsonBytes } from "../wire/json-bytes.ts"
import { EVENT_TOO_LARGE, MAX_EVENT_CHARACTERS, readSseEvents, type SseEvents } from "../wire/sse-events.ts"

/** What runs a chat completion. */
type Generate = (request: ClientRequest, sink: ResponseSink) => Effect.Effect<void, GatewayError>

/**
 * Serves OpenAI's older text completions: the request runs as a chat completion, and its answer is turned back.
 * Source: https://platform.openai.com/docs/api-reference/completions.
 */
export const makeCompletions =
  (generate: Generate): Generate =>
  (request, sink) => {
    const chat = chatOfCompletion(request.json)
    if (Result.isFailure(chat)) return Effect.fail(chat.failure)
    const json = chat.success
    return generate({ ...request, json, body: jsonBytes(json) }, completionSink(sink))
  }

/** Takes the answer of a chat completion, whole or streamed, and sends that of a text completion. */
const completionSink = (sink: ResponseSink): ResponseSink => {
  /** None once an event was larger than is held: what comes after it is not passed on. */
  let events: SseEvents | undefined = readSseEvents()
  const parts: Array<Uint8Array> = []
  let head: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | undefined

  const sendWhole = (status: number, headers: Readonly<Record<string, string>>): void => {
    const body = Buffer.concat(parts)
    const json = parseJson(body.toString())
    const answer = isObject(json) && json["error"] === undefined ? jsonBytes(completionOfChat(json)) : body
    sink.start(status, { ...headers, "content-length": String(answer.length) })
    sink.write(answer)
  }

  return {
    ...sink,
    start: (status, headers) => {
      if (isEventStream(headers["content-type"])) sink.start(status, headers)
      // A whole answer has another length than the chat's, which is known only when it is there.
      else head = { status, headers }
    },
    write: (chunk) => {
      if (head !== undefined) {
        parts.push(chunk)
        return true
      }
      if (events === undefined) return true
      let text = ""
      for (const { data } of events.push(chunk)) text += chunkText(data)
      if (events.pending() > MAX_EVENT_CHARACTERS) events = undefined
      return text === "" || sink.write(Buffer.from(text))
    },
    end: () => {
      if (head !== undefined) sendWhole(head.status, head.headers)
      else if (events === undefined) sink.write(Buffer.from(eventText(JSON.stringify(TOO_LARGE))))
      sink.end()
    }
  }
}

const TOO_LARGE = openaiChatClient.encodeError({
  status: 502,
  message: EVENT_TOO_LARGE,
  type: null,
  code: null,
  param: null
})

/** One event of the chat's stream as an event of the completion's; none when it has nothing to say there. */
const chunkText = (data: string): string => {
  const json = parseJson(data)
  if (!isObject(json) || json["error"] !== undefined) return eventText(data)
  const chunk = completionChunkOfChat(json)
  return chunk === undefined ? "" : eventText(JSON.stringify(chunk))
}
