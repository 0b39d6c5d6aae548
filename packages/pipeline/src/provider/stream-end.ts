import type { ProviderProtocol } from "./provider-protocol.ts"

/**
 * Watches the bytes of a provider's event stream pass by, to know at the end whether the answer is whole. Nothing is
 * copied or parsed but the bytes around a cut, because the stream itself goes through untouched.
 */
export interface StreamEndWatcher {
  readonly see: (chunk: Buffer) => void
  /** Whether the protocol's end went by: nothing that the connection does afterwards matters. */
  readonly done: () => boolean
  /** Whether the model said its last word, so that a stream which ends now is whole. */
  readonly finished: () => boolean
  /** Whether the provider has told an error, after which nothing of the answer comes. */
  readonly errored: () => boolean
  /** The bytes that end a stream which is finished and not done; empty when the protocol wants none. */
  readonly terminator: () => Buffer
}

/** Watches a stream of this protocol. */
export const watchStreamEnd = (protocol: ProviderProtocol): StreamEndWatcher => WATCHERS[protocol]()

/** Bytes kept from before a cut; longer than any mark with any sane white space in it. */
const REACH = 64

const DONE = Buffer.from("[DONE]")
const NONE = Buffer.alloc(0)
const LF = 0x0a
const CR = 0x0d
const COLON = 0x3a
const QUOTE = 0x22

/** Looks at a piece of the stream. `startsLine`: whether the piece begins where a line does. */
type Scan = (bytes: Buffer, startsLine: boolean) => void

/** Shows every stretch of a stream to `scan`, those around the cuts as well. */
const overCuts = (scan: Scan) => {
  /** The last bytes seen, at most `REACH`. */
  let tail: Buffer = NONE
  /** Bytes seen so far. */
  let total = 0
  return {
    see: (chunk: Buffer): void => {
      if (chunk.length === 0) return
      const startsLine = total === 0 || isLineEnd(tail[tail.length - 1])
      // A mark may be cut in two: look at the bytes around the cut, too.
      if (!startsLine) scan(Buffer.concat([tail, chunk.subarray(0, REACH)]), total <= REACH)
      scan(chunk, startsLine)
      total += chunk.length
      tail = (chunk.length >= REACH ? chunk : Buffer.concat([tail, chunk])).subarray(-REACH)
    },
    tail: () => tail
  }
}

/** Done with `data: [DONE]`, finished with a `finish_reason` that is a text. Source: OpenAI API reference, streaming. */
const openaiEnd = (): StreamEndWatcher => {
  let done = false
  let finished = false
  let errored = false
  const { see, tail } = overCuts((bytes, startsLine) => {
    if (!finished) finished = hasTextField(bytes, FINISH_REASON)
    if (!done) done = hasDoneLine(bytes, startsLine)
    if (!errored) errored = hasErrorLine(bytes, startsLine, ERROR_OBJECT)
  })
  return {
    see: (chunk) => {
      if (!done) see(chunk)
    },
    done: () => done,
    finished: () => finished,
    errored: () => errored,
    terminator: () => Buffer.from(`${missingLineEnds(tail())}data: [DONE]\n\n`)
  }
}

/** Done with the event `message_stop`. Source: Claude API, streaming messages. */
const claudeEnd = (): StreamEndWatcher => {
  let done = false
  let errored = false
  const { see } = overCuts((bytes, startsLine) => {
    if (!done) done = hasFieldOf(bytes, TYPE, MESSAGE_STOP)
    if (!errored) errored = hasErrorLine(bytes, startsLine, CLAUDE_ERROR)
  })
  return {
    see: (chunk) => {
      if (!done) see(chunk)
    },
    done: () => done,
    finished: () => done,
    errored: () => errored,
    terminator: () => NONE
  }
}

/** Finished with a `finishReason`; there is no other end. Source: Gemini API, `Candidate`. */
const geminiEnd = (): StreamEndWatcher => {
  let finished = false
  let errored = false
  const { see } = overCuts((bytes, startsLine) => {
    if (!errored) errored = hasErrorLine(bytes, startsLine, ERROR_OBJECT)
    if (!finished) finished = hasTextField(bytes, FINISH_REASON_CAMEL) || hasTextField(bytes, BLOCK_REASON)
  })
  return {
    see: (chunk) => {
      if (!finished) see(chunk)
    },
    done: () => finished,
    finished: () => finished,
    errored: () => errored,
    terminator: () => NONE
  }
}

const WATCHERS: Readonly<Record<ProviderProtocol, () => StreamEndWatcher>> = {
  openai: openaiEnd,
  claude: claudeEnd,
  gemini: geminiEnd
}

const FINISH_REASON = Buffer.from('"finish_reason"')
const FINISH_REASON_CAMEL = Buffer.from('"finishReason"')
const BLOCK_REASON = Buffer.from('"blockReason"')
const TYPE = Buffer.from('"type"')
const MESSAGE_STOP = Buffer.from('"message_stop"')

const isLineEnd = (byte: number | undefined): boolean => byte === LF || byte === CR

const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === LF || byte === CR

/** Where the value of the next field `name` begins, from `from` on; -1 when there is none. */
const valueOf = (bytes: Buffer, name: Buffer, from: number): number => {
  // Inside a JSON string the quotes would be escaped, so text that only talks about the field does not match.
  for (let at = bytes.indexOf(name, from); at !== -1; at = bytes.indexOf(name, at + 1)) {
    let next = at + name.length
    while (isBlank(bytes[next])) next++
    if (bytes[next] !== COLON) continue
    next++
    while (isBlank(bytes[next])) next++
    return next
  }
  return -1
}

const hasTextField = (bytes: Buffer, name: Buffer): boolean => {
  for (let at = valueOf(bytes, name, 0); at !== -1; at = valueOf(bytes, name, at)) {
    if (bytes[at] === QUOTE) return true
  }
  return false
}

const hasFieldOf = (bytes: Buffer, name: Buffer, value: Buffer): boolean => {
  if (!bytes.includes(value)) return false
  for (let at = valueOf(bytes, name, 0); at !== -1; at = valueOf(bytes, name, at)) {
    if (bytes.subarray(at, at + value.length).equals(value)) return true
  }
  return false
}

/** `data:[DONE]` or `data: [DONE]` at the start of a line. JSON text has no raw line ends in strings, so it cannot fake one. */
const hasDoneLine = (bytes: Buffer, startsLine: boolean): boolean => {
  for (let at = bytes.indexOf(DONE); at !== -1; at = bytes.indexOf(DONE, at + 1)) {
    let before = at - 1
    while (bytes[before] === 0x20) before--
    const field = before - "data:".length + 1
    if (field < 0 || bytes.toString("latin1", field, before + 1) !== "data:") continue
    if (field === 0 ? startsLine : isLineEnd(bytes[field - 1])) return true
  }
  return false
}

/** An event whose object begins with `error`: OpenAI's and Gemini's. */
const ERROR_OBJECT = /(?:^|[\r\n])data:[ \t]*\{\s*"error"\s*:/
const CLAUDE_ERROR = /(?:^|[\r\n])(?:event:[ \t]*error[ \t]*[\r\n]|data:[ \t]*\{\s*"type"\s*:\s*"error")/
const ERROR = Buffer.from("error")

/** Whether a line of the stream is an error. Text in JSON has no raw line ends, so it cannot fake one. */
const hasErrorLine = (bytes: Buffer, startsLine: boolean, pattern: RegExp): boolean =>
  // The first line counts only when it is one from its beginning.
  bytes.includes(ERROR) && pattern.test(startsLine ? bytes.toString("latin1") : `.${bytes.toString("latin1")}`)

const missingLineEnds = (tail: Buffer): string => {
  const text = tail.toString("latin1")
  if (text === "" || /(\n\n|\r\r|\r\n\r\n)$/.test(text)) return ""
  return /[\r\n]$/.test(text) ? "\n" : "\n\n"
}
