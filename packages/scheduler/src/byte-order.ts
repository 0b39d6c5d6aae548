/** Moves surrogates behind the rest of the basic plane, where UTF-8 sorts the characters that they stand for. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800)

/**
 * Orders two strings by their UTF-8 bytes, without encoding them: negative when `a` comes first, 0 when equal.
 *
 * JavaScript's `<` compares UTF-16 units, which puts U+1F600 before U+FF01; the plugin ABI sorts candidates the way
 * Go does, by bytes (plugin ABI, scheduler candidates).
 */
export const compareByteOrder = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index)
    const y = b.charCodeAt(index)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}
