// Protocols count in different units where they point into a text: UTF-16 code units as this gateway does, characters of
// Unicode (OpenAI), bytes of UTF-8 (Gemini). A place in the middle of a character counts as the one before it, and one
// behind the text as its end.

/** How many characters of Unicode there are before the code unit `end`. */
export const charactersBefore = (text: string, end: number): number => {
  let count = 0
  for (let at = 0; at < end && at < text.length; count++) at += unitsAt(text, at)
  return count
}

/** The code unit that has `count` characters of Unicode before it. */
export const afterCharacters = (text: string, count: number): number => {
  let at = 0
  for (let left = count; left > 0 && at < text.length; left--) at += unitsAt(text, at)
  return at
}

/** How many bytes of UTF-8 there are before the code unit `end`. */
export const bytesBefore = (text: string, end: number): number => Buffer.byteLength(text.slice(0, end))

/** The code unit that has `count` bytes of UTF-8 before it. */
export const afterBytes = (text: string, count: number): number => {
  let at = 0
  let left = count
  while (at < text.length) {
    const code = text.codePointAt(at) ?? 0
    left -= code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    if (left < 0) return at
    at += code < 0x10000 ? 1 : 2
  }
  return at
}

const unitsAt = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) < 0x10000 ? 1 : 2)
