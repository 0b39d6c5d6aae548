/**
 * Watches the bytes of an OpenAI event stream pass by, to know at the end whether the answer is whole. Nothing is
 * copied or parsed but the bytes around a cut, because the stream itself goes through untouched.
 */
export interface StreamEndWatcher {
  readonly see: (chunk: Buffer) => void
  /** Whether `data: [DONE]` went by. */
  readonly done: () => boolean
  /** Whether a `finish_reason` other than null went by: the model said its last word. */
  readonly finished: () => boolean
  /** The bytes that end a stream which lacks `data: [DONE]`, beginning with as many line ends as the last event needs. */
  readonly terminator: () => Buffer
}

/** Bytes kept from before a cut; longer than either mark with any sane white space in it. */
const REACH = 64

const DONE = Buffer.from("[DONE]")
const FINISH_REASON = Buffer.from('"finish_reason"')
const NONE = Buffer.alloc(0)
const LF = 0x0a
const CR = 0x0d

export const watchStreamEnd = (): StreamEndWatcher => {
  let done = false
  let finished = false
  /** The last bytes seen, at most `REACH`. */
  let tail: Buffer = NONE
  /** Bytes seen so far. */
  let total = 0

  const scan = (bytes: Buffer, startsLine: boolean): void => {
    if (!finished) finished = hasFinishReason(bytes)
    if (!done) done = hasDoneLine(bytes, startsLine)
  }

  return {
    see: (chunk) => {
      if (done || chunk.length === 0) return
      const startsLine = total === 0 || isLineEnd(tail[tail.length - 1])
      // A mark may be cut in two: look at the bytes around the cut, too.
      if (!startsLine) scan(Buffer.concat([tail, chunk.subarray(0, REACH)]), total <= REACH)
      scan(chunk, startsLine)
      total += chunk.length
      tail = (chunk.length >= REACH ? chunk : Buffer.concat([tail, chunk])).subarray(-REACH)
    },
    done: () => done,
    finished: () => finished,
    terminator: () => Buffer.from(`${missingLineEnds(tail)}data: [DONE]\n\n`)
  }
}

const isLineEnd = (byte: number | undefined): boolean => byte === LF || byte === CR

const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === LF || byte === CR

/** Inside a JSON string the quotes would be escaped, so text that only talks about finish reasons does not match. */
const hasFinishReason = (bytes: Buffer): boolean => {
  for (let at = bytes.indexOf(FINISH_REASON); at !== -1; at = bytes.indexOf(FINISH_REASON, at + 1)) {
    let next = at + FINISH_REASON.length
    while (isBlank(bytes[next])) next++
    if (bytes[next] !== 0x3a) continue
    next++
    while (isBlank(bytes[next])) next++
    if (bytes[next] === 0x22) return true
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

const missingLineEnds = (tail: Buffer): string => {
  const text = tail.toString("latin1")
  if (text === "" || /(\n\n|\r\r|\r\n\r\n)$/.test(text)) return ""
  return /[\r\n]$/.test(text) ? "\n" : "\n\n"
}
