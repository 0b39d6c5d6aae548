const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** One member of the object at the top of a JSON text: where it is in its bytes. Ends are exclusive. */
export interface JsonMember {
  /** Of the key, with its quotes. */
  readonly keyStart: number
  readonly keyEnd: number
  readonly valueStart: number
  readonly valueEnd: number
}

/**
 * The members of a JSON object, in order, without reading what is in them. `body` must be what `JSON.parse` accepted as
 * an object (a leading byte-order mark is tolerated); nothing is checked again.
 */
export const jsonMembers = (body: Buffer): ReadonlyArray<JsonMember> => {
  const members: Array<JsonMember> = []
  let at = body.indexOf(OPEN_BRACE) + 1
  for (;;) {
    at = skipBlank(body, at)
    if (at >= body.length || body[at] === CLOSE_BRACE) return members
    if (body[at] === COMMA) {
      at++
      continue
    }
    const keyStart = at
    const keyEnd = stringEnd(body, at)
    at = skipBlank(body, keyEnd)
    if (body[at] === COLON) at = skipBlank(body, at + 1)
    const valueEnd = endOfValue(body, at)
    if (valueEnd <= at) return members
    members.push({ keyStart, keyEnd, valueStart: at, valueEnd })
    at = valueEnd
  }
}

/** Whether a member's key is `name` (letters and underscores only), also when it is written with escapes. */
export const isKey = (body: Buffer, { keyEnd, keyStart }: JsonMember, name: string): boolean => {
  const length = keyEnd - keyStart - 2
  // Shorter cannot be it; longer can only be it with at least one escape, and the longest spelling escapes every letter.
  if (length < name.length || length > name.length * 6) return false
  const text = body.toString("utf8", keyStart + 1, keyEnd - 1)
  return text === name || (text.includes("\\") && JSON.parse(`"${text}"`) === name)
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
const endOfValue = (body: Buffer, start: number): number => {
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
