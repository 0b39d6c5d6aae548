import type { ResponseSink } from "../response-sink.ts"
import { geminiClient } from "../codecs/gemini/codec.ts"
import { isEventStream } from "../wire/event-stream.ts"
import { EVENT_TOO_LARGE, MAX_EVENT_CHARACTERS, readSseEvents, type SseEvents } from "../wire/sse-events.ts"

/**
 * Takes a stream of server-sent events and sends one JSON array, element by element: what Gemini's
 * `streamGenerateContent` answers without `alt=sse`. What is no event stream goes on as it is.
 * Source: Gemini API, https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent.
 */
export const jsonArraySink = (sink: ResponseSink): ResponseSink => {
  /** None once an event was larger than is held: what comes after it is not passed on. */
  let events: SseEvents | undefined = readSseEvents()
  let streaming = false
  let first = true
  return {
    ...sink,
    start: (status, headers) => {
      streaming = isEventStream(headers["content-type"])
      sink.start(status, streaming ? { ...headers, "content-type": "application/json; charset=UTF-8" } : headers)
    },
    write: (chunk) => {
      if (!streaming) return sink.write(chunk)
      if (events === undefined) return true
      let text = ""
      for (const { data } of events.push(chunk)) {
        text += (first ? "[" : ",\r\n") + data
        first = false
      }
      if (events.pending() > MAX_EVENT_CHARACTERS) events = undefined
      return text === "" || sink.write(Buffer.from(text))
    },
    end: () => {
      if (streaming) {
        const last = events === undefined ? (first ? "" : ",\r\n") + TOO_LARGE : ""
        sink.write(Buffer.from(`${first ? "[" : ""}${last}]`))
      }
      sink.end()
    }
  }
}

const TOO_LARGE = JSON.stringify(
  geminiClient.encodeError({ status: 502, message: EVENT_TOO_LARGE, type: null, code: null, param: null })
)
