import { Effect, Result } from "effect"

import type { JsonObject } from "../canonical/json.ts"
import { isObject, parseJson } from "../codecs/json-fields.ts"
import { chatOfCompletion } from "../codecs/openai-completions/decode-completion.ts"
import { completionChunkOfChat, completionOfChat } from "../codecs/openai-completions/encode-completion.ts"
import type { ClientRequest } from "../gateway.ts"
import type { GatewayError } from "../gateway-error.ts"
import type { ResponseSink } from "../response-sink.ts"
import { readSseEvents } from "../wire/sse-events.ts"

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
    return generate({ ...request, json, body: Buffer.from(JSON.stringify(json)) }, completionSink(sink))
  }

/** Takes the answer of a chat completion, whole or streamed, and sends that of a text completion. */
const completionSink = (sink: ResponseSink): ResponseSink => {
  const events = readSseEvents()
  const parts: Array<Uint8Array> = []
  let head: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | undefined

  const sendWhole = (status: number, headers: Readonly<Record<string, string>>): void => {
    const body = Buffer.concat(parts)
    const json = parseJson(body.toString())
    const answer = isObject(json) && json["error"] === undefined ? bytesOf(completionOfChat(json)) : body
    sink.start(status, { ...headers, "content-length": String(answer.length) })
    sink.write(answer)
  }

  return {
    ...sink,
    start: (status, headers) => {
      if (/^text\/event-stream\b/i.test(headers["content-type"] ?? "")) sink.start(status, headers)
      // A whole answer has another length than the chat's, which is known only when it is there.
      else head = { status, headers }
    },
    write: (chunk) => {
      if (head !== undefined) {
        parts.push(chunk)
        return true
      }
      let text = ""
      for (const { data } of events.push(chunk)) text += chunkText(data)
      return text === "" || sink.write(Buffer.from(text))
    },
    end: () => {
      if (head !== undefined) sendWhole(head.status, head.headers)
      sink.end()
    }
  }
}

/** One event of the chat's stream as an event of the completion's; none when it has nothing to say there. */
const chunkText = (data: string): string => {
  const json = parseJson(data)
  if (!isObject(json)) return `data: ${data}\n\n`
  if (json["error"] !== undefined) return `data: ${data}\n\n`
  const chunk = completionChunkOfChat(json)
  return chunk === undefined ? "" : `data: ${JSON.stringify(chunk)}\n\n`
}

const bytesOf = (json: JsonObject): Buffer => Buffer.from(JSON.stringify(json))
