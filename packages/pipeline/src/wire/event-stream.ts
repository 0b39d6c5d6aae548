/** The content type of an event stream. Source: WHATWG HTML, 9.2. */
export const EVENT_STREAM = "text/event-stream"

/** Whether a content type, as a header gives it, is an event stream's. */
export const isEventStream = (contentType: string | undefined): boolean =>
  contentType !== undefined && /^\s*text\/event-stream\b/i.test(contentType)

/** One event as text. `event` is its type; empty or left out for none. Source: WHATWG HTML, 9.2.5. */
export const eventText = (data: string, event = ""): string =>
  event === "" ? `${dataLines(data)}\n\n` : `event: ${event}\n${dataLines(data)}\n\n`

/** The `data` of an event as its lines, without the end of the last: a text of several lines takes as many fields. */
export const dataLines = (data: string): string =>
  // Nearly all data is JSON of one line, and the expression takes longer than writing the event.
  data.includes("\n") || data.includes("\r") ? `data: ${data.replaceAll(LINE_END, "\ndata: ")}` : `data: ${data}`

const LINE_END = /\r\n|\n|\r/g
