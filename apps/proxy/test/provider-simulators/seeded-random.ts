/** Gives whole numbers in [0, below). */
export type SeededRandom = (below: number) => number

/** The same numbers for the same seed (mulberry32). */
export const seededRandom = (seed: number): SeededRandom => {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/**
 * A text in pieces of 1 to `longest` UTF-16 units, so that a surrogate pair may end up in two pieces: JSON can say half
 * a pair (`\ud83d`), and providers that cut by tokens do.
 */
export const pieces = (text: string, longest: number, random: SeededRandom): ReadonlyArray<string> => {
  const cut: Array<string> = []
  for (let at = 0; at < text.length;) {
    const end = at + 1 + random(longest)
    cut.push(text.slice(at, end))
    at = end
  }
  return cut
}

/** Bytes in slices of 1 to `longest`, so that a slice may end within a character, a line or an event. */
export const slices = (bytes: Uint8Array, longest: number, random: SeededRandom): ReadonlyArray<Uint8Array> => {
  const cut: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + random(longest)
    cut.push(bytes.subarray(at, end))
    at = end
  }
  return cut
}
