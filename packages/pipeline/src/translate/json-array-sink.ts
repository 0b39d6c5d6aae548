import type { ResponseSink } from "../response-sink.ts"
import { readSseEvents } from "../wire/sse-events.ts"

/**
 * Takes a stream of server-sent events and sends one JSON array, element by element: what Gemini's
 * `streamGenerateContent` answers without `alt=sse`. What is no event stream goes on as it is.
 * Source: Gemini API, https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent.
 */
export const jsonArraySink = (sink: ResponseSink): ResponseSink => {
  const events = readSseEvents()
  let streaming = false
  let first = true
  return {
    ...sink,
    start: (status, headers) => {
      streaming = /^text\/event-stream\b/i.test(headers["content-type"] ?? "")
      sink.start(status, streaming ? { ...headers, "content-type": "application/json; charset=UTF-8" } : headers)
    },
    write: (chunk) => {
      if (!streaming) return sink.write(chunk)
      let text = ""
      for (const { data } of events.push(chunk)) {
        text += (first ? "[" : ",\r\n") + data
        first = false
      }
      return text === "" || sink.write(Buffer.from(text))
    },
    end: () => {
      if (streaming) sink.write(Buffer.from(first ? "[]" : "]"))
      sink.end()
    }
  }
}
