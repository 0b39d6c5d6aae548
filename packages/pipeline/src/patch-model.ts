const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** The name `model` without its quotes, as bytes. */
const MODEL = Buffer.from("model")

/** Start and end (exclusive) of a value in the body, in bytes. */
interface Span {
  readonly start: number
  readonly end: number
}

/**
 * Replaces the value of the top-level `model` field in a JSON object's bytes. Every other byte stays as it was:
 * order of fields, white space, escapes, numbers that JavaScript could not hold.
 *
 * `current` is the field's value as `JSON.parse` gave it. When it is `model` already, the very same `body` is returned.
 * When the field occurs more than once, each occurrence is replaced, because parsers disagree on which one counts.
 *
 * `body` must be what `JSON.parse` accepted as an object (a leading byte-order mark is tolerated); nothing is checked again.
 */
export const patchModel = (body: Buffer, current: unknown, model: string): Buffer => {
  if (current === model) return body
  const spans = modelSpans(body)
  if (spans.length === 0) return body
  const value = Buffer.from(JSON.stringify(model))
  const parts: Array<Buffer> = []
  let from = 0
  for (const span of spans) {
    parts.push(body.subarray(from, span.start), value)
    from = span.end
  }
  parts.push(body.subarray(from))
  return Buffer.concat(parts)
}

/** Where the values of the top-level `model` fields are. */
const modelSpans = (body: Buffer): ReadonlyArray<Span> => {
  const spans: Array<Span> = []
  let at = body.indexOf(OPEN_BRACE) + 1
  for (;;) {
    at = skipBlank(body, at)
    if (at >= body.length || body[at] === CLOSE_BRACE) return spans
    if (body[at] === COMMA) {
      at++
      continue
    }
    const keyEnd = stringEnd(body, at)
    const isModel = isModelKey(body, at + 1, keyEnd - 1)
    at = skipBlank(body, keyEnd)
    if (body[at] === COLON) at = skipBlank(body, at + 1)
    const end = valueEnd(body, at)
    if (end <= at) return spans
    if (isModel) spans.push({ start: at, end })
    at = end
  }
}

/** Whether the string between two quotes is `model`, also when it is written with escapes such as `mod\u0065l`. */
const isModelKey = (body: Buffer, start: number, end: number): boolean => {
  if (end - start === MODEL.length) return body.compare(MODEL, 0, MODEL.length, start, end) === 0
  // Shorter cannot be it; longer can only be it with at least one escape, and the longest spelling escapes every letter.
  if (end - start < MODEL.length || end - start > MODEL.length * 6) return false
  const text = body.toString("utf8", start, end)
  return text.includes("\\") && JSON.parse(`"${text}"`) === "model"
}

const skipBlank = (body: Buffer, from: number): number => {
  let at = from
  for (; at < body.length; at++) {
    const byte = body[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
  }
  return at
}

/** End (exclusive) of the string whose opening quote is at `start`. */
const stringEnd = (body: Buffer, start: number): number => {
  let quote = start
  for (;;) {
    quote = body.indexOf(QUOTE, quote + 1)
    if (quote === -1) return body.length
    // A quote is escaped when an odd number of backslashes stands before it.
    let before = quote - 1
    while (before > start && body[before] === BACKSLASH) before--
    if ((quote - 1 - before) % 2 === 0) return quote + 1
  }
}

/** End (exclusive) of the value that begins at `start`. */
const valueEnd = (body: Buffer, start: number): number => {
  const first = body[start]
  if (first === QUOTE) return stringEnd(body, start)
  let at = start
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    for (; at < body.length; at++) {
      const byte = body[at] ?? 0
      if (byte === COMMA || byte === CLOSE_BRACE || byte <= 0x20) return at
    }
    return at
  }
  let depth = 0
  while (at < body.length) {
    const byte = body[at]
    if (byte === QUOTE) {
      at = stringEnd(body, at)
      continue
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--
    at++
    if (depth === 0) return at
  }
  return at
}
