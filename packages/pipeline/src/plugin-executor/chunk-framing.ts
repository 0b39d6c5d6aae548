import { eventText } from "../wire/event-stream.ts"

/** How the chunks of a protocol become bytes for a client. */
export interface ChunkFraming {
  /** The bytes of one chunk; `undefined` for a chunk that the client must not get. */
  readonly frame: (payload: Uint8Array) => Buffer | undefined
  /** What is sent after the last chunk. */
  readonly end: Buffer | undefined
}

/**
 * The framing of a client's protocol. `openai` and `gemini` chunks are bare JSON objects and become one event each;
 * those of all other protocols are event text and pass unchanged. Empty chunks are left out.
 * Source: plugin ABI, chunk shapes.
 */
export const framingOf = (protocol: string): ChunkFraming => {
  switch (protocol) {
    case "openai":
      return { frame: frameJson, end: Buffer.from("data: [DONE]\n\n") }
    case "gemini":
      return { frame: frameJson, end: undefined }
    default:
      return { frame: (payload) => (payload.length === 0 ? undefined : view(payload)), end: undefined }
  }
}

const view = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

const DATA = Buffer.from("data: ")
const BLANK_LINE = Buffer.from("\n\n")
const DONE = "[DONE]"
const LF = 0x0a
const CR = 0x0d

/** A line of an event stream: a known field name, or a comment. Source: WHATWG HTML, 9.2.6. */
const startsEventText = /^(data|event|id|retry)?:/

/**
 * One JSON object as one event. Plugins also send what is an event already: that is taken as it is, but for the end
 * mark, which the host sends itself when the stream is over.
 */
const frameJson = (payload: Uint8Array): Buffer | undefined => {
  const bytes = trimmed(payload)
  if (bytes.length === 0) return undefined
  const oneLine = !bytes.includes(LF) && !bytes.includes(CR)
  if (oneLine && bytes[0] === 0x7b) return Buffer.concat([DATA, bytes, BLANK_LINE])
  const text = bytes.toString()
  if (text === DONE) return undefined
  if (startsEventText.test(text)) return withoutEndMark(text)
  // Several lines of one event are one text again for its reader.
  return Buffer.from(eventText(text))
}

const lines = (text: string): ReadonlyArray<string> => text.split(/\r\n|\n|\r/)

const withoutEndMark = (text: string): Buffer | undefined => {
  const kept = lines(text).filter((line) => !(line.startsWith("data:") && line.slice("data:".length).trim() === DONE))
  const body = kept.join("\n").trim()
  return body === "" ? undefined : Buffer.from(`${body}\n\n`)
}

const trimmed = (payload: Uint8Array): Buffer => {
  let start = 0
  let end = payload.length
  while (start < end && isSpace(payload[start])) start++
  while (end > start && isSpace(payload[end - 1])) end--
  return view(payload.subarray(start, end))
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === LF || byte === CR
