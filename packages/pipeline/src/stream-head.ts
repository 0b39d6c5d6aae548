import type { Redacted } from "effect"

import { ProviderBroke, type ProviderRefused } from "./attempt-failure.ts"
import { readHiddenError } from "./provider-error-body.ts"

/** What the beginning of an event stream turned out to be. `more`: not enough bytes to tell. */
export type StreamHead = "more" | "payload" | ProviderRefused | ProviderBroke

const LF = 0x0a
const CR = 0x0d

/**
 * Judges the first bytes of an OpenAI event stream, so that a stream that brings nothing can still go to another
 * credential: comments and blank events are no payload, `[DONE]` at once is an empty stream, and an error event is an
 * error. Anything else in a `data` field is payload.
 *
 * With `whole` the bytes are the entire stream, and a last line without its end counts.
 * Source: WHATWG HTML, 9.2.6 (line ends are LF, CR or CR LF).
 */
export const judgeStreamHead = (bytes: Buffer, whole: boolean, key: Redacted.Redacted): StreamHead => {
  let from = 0
  while (from < bytes.length) {
    const end = lineEnd(bytes, from)
    if (end === -1 && !whole) return "more"
    const line = bytes.toString("utf8", from, end === -1 ? bytes.length : end)
    const data = line.startsWith("data:") ? line.slice("data:".length).trim() : ""
    if (data === "[DONE]") return emptyStream()
    if (data !== "") return readHiddenError(data, key) ?? "payload"
    if (end === -1) break
    from = end + 1
  }
  return whole ? emptyStream() : "more"
}

const emptyStream = (): ProviderBroke =>
  new ProviderBroke({ message: "The provider's stream ended without any content.", midStream: false, answered: true })

const lineEnd = (bytes: Buffer, from: number): number => {
  for (let at = from; at < bytes.length; at++) if (bytes[at] === LF || bytes[at] === CR) return at
  return -1
}
