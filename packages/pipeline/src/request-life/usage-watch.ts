import type { AttemptSink, UpstreamHead } from "../provider/attempt-sink.ts"
import { readSseEvents, type SseEvents } from "../wire/sse-events.ts"
import { type AnswerUsage, NO_USAGE, usageOfEvents, usageOfWhole } from "./usage-numbers.ts"

/** Characters of an incomplete event beyond which a stream is no longer looked at. */
const MAX_EVENT_CHARACTERS = 1024 * 1024

/** Bytes of a whole answer that are read for its usage. */
const MAX_BODY_BYTES = 64 * 1024 * 1024

/** Watches an answer pass by, to know in the end what it cost. The bytes go on untouched. */
export interface UsageWatch {
  readonly sink: AttemptSink
  readonly usage: () => AnswerUsage
  /** When the answer began, as `now` gave it; `undefined` when it has not. */
  readonly startedAt: () => number | undefined
  readonly headers: () => UpstreamHead["headers"]
}

/** Watches what is written to `sink`, in this protocol. `now` is called when the answer begins. */
export const watchUsage = (sink: AttemptSink, protocol: string, now: () => number): UsageWatch => {
  let startedAt: number | undefined
  let headers: UpstreamHead["headers"] = {}
  let events: SseEvents | undefined
  /** The first and the last data with a usage in it: Claude gives the input in one, the output in the other. */
  let first = ""
  let last = ""
  let parts: Array<Buffer> = []
  let size = 0

  const seeEvents = (reader: SseEvents, chunk: Uint8Array): void => {
    for (const { data } of reader.push(chunk)) {
      if (!data.includes('"usage') || !mayBeUsage(data)) continue
      if (first === "") first = data
      else last = data
    }
    if (reader.pending() > MAX_EVENT_CHARACTERS) events = undefined
  }

  const seeBody = (chunk: Uint8Array): void => {
    size += chunk.length
    if (size <= MAX_BODY_BYTES) parts.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    else parts = []
  }

  let whole = false
  return {
    sink: {
      ...sink,
      start: (status, clientHeaders, upstream) => {
        startedAt = now()
        headers = upstream.headers
        if (upstream.kind === "stream") events = readSseEvents()
        else whole = true
        sink.start(status, clientHeaders, upstream)
      },
      write: (chunk) => {
        if (events !== undefined) seeEvents(events, chunk)
        else if (whole) seeBody(chunk)
        return sink.write(chunk)
      }
    },
    usage: () => {
      if (whole) return usageOfWhole(protocol, Buffer.concat(parts).toString())
      const events = [first, last].filter((data) => data !== "")
      return events.length === 0 ? NO_USAGE : usageOfEvents(protocol, events)
    },
    startedAt: () => startedAt,
    headers: () => headers
  }
}

/** Most providers send `"usage":null` in every chunk but the last. */
const mayBeUsage = (data: string): boolean => !/"usage"\s*:\s*null/.test(data)
