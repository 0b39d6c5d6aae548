import { StringDecoder } from "node:string_decoder"

/** One event of an event stream. */
export interface SseEvent {
  /** Its type; empty when the stream gave none. */
  readonly event: string
  /** Its `data` lines, joined by line feeds. Never empty. */
  readonly data: string
}

/** Reads an event stream as its bytes come, wherever they are cut. */
export interface SseEvents {
  /** Takes the next bytes and gives the events that they complete. */
  readonly push: (bytes: Uint8Array) => ReadonlyArray<SseEvent>
  /** Characters of the event that is not complete yet. */
  readonly pending: () => number
  /** Complete lines that are no field of an event, with their ends: of a server that falls out of the form to say why. */
  readonly stray: () => string
}

/**
 * Characters of one event that are held until it is complete: as much as a whole answer may have, since an image comes
 * in one event. Keeps a runaway out of memory.
 */
export const MAX_EVENT_CHARACTERS = 64 * 1024 * 1024

/** Tells of an event that was larger. */
export const EVENT_TOO_LARGE = `The provider sent an event of more than ${MAX_EVENT_CHARACTERS} characters.`

/** Most characters of stray lines that are kept: more than any error has. */
const MAX_STRAY = 64 * 1024

const BYTE_ORDER_MARK = "\ufeff"
const LINE_END = /\r\n|\n|\r/g

/**
 * Reads events by the rules of server-sent events: lines end in LF, CR or CR LF, a byte-order mark at the start is
 * skipped, lines that begin with a colon are comments, a blank line completes an event, and an event without data is
 * none. What is not complete when the stream ends is no event. `id` and `retry` are for reconnecting and are not read.
 * Source: WHATWG HTML, 9.2.5 and 9.2.6.
 */
export const readSseEvents = (): SseEvents => {
  const decoder = new StringDecoder("utf8")
  /** The line that is not complete yet. */
  let rest = ""
  let atStart = true
  /** The last line ended in CR: an LF that follows belongs to it. */
  let afterCr = false
  let event = ""
  let data: string | undefined
  let complete: Array<SseEvent> = []
  let stray = ""

  const field = (name: string, value: string, text: string): void => {
    if (name === "data") data = data === undefined ? value : `${data}\n${value}`
    else if (name === "event") event = value
    else if (name !== "id" && name !== "retry" && stray.length < MAX_STRAY) stray += `${text}\n`
  }

  const line = (text: string): void => {
    if (text === "") {
      if (data !== undefined && data !== "") complete.push({ event, data })
      event = ""
      data = undefined
      return
    }
    const colon = text.indexOf(":")
    if (colon === -1) field(text, "", text)
    else if (colon > 0) field(text.slice(0, colon), text.slice(text[colon + 1] === " " ? colon + 2 : colon + 1), text)
  }

  return {
    push: (bytes) => {
      let text = decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
      if (text === "") return []
      if (atStart) {
        atStart = false
        if (text.startsWith(BYTE_ORDER_MARK)) text = text.slice(BYTE_ORDER_MARK.length)
      }
      complete = []
      let from = 0
      if (afterCr && text !== "") {
        afterCr = false
        if (text.startsWith("\n")) from = 1
      }
      LINE_END.lastIndex = from
      for (let end = LINE_END.exec(text); end !== null; end = LINE_END.exec(text)) {
        line(rest + text.slice(from, end.index))
        rest = ""
        from = LINE_END.lastIndex
        afterCr = end[0] === "\r" && from === text.length
      }
      rest += text.slice(from)
      return complete
    },
    pending: () => rest.length + (data?.length ?? 0),
    stray: () => stray
  }
}
