/**
 * A set of small integers that finds its next member in O(log n).
 *
 * Level 0 has one bit per integer. A bit of each further level says whether the 32-bit word below it has any bit set,
 * so a search skips 32, 1024, 32768, ... absent integers at a time.
 */
export interface BitSet {
  readonly levels: ReadonlyArray<Uint32Array>
}

/** An empty set for the integers from 0 to `size - 1`. */
export const makeBitSet = (size: number): BitSet => {
  const levels: Array<Uint32Array> = []
  let words = size
  do {
    words = Math.max(1, Math.ceil(words / 32))
    levels.push(new Uint32Array(words))
  } while (words > 1)
  return { levels }
}

/** Puts `value` into the set. */
export const addBit = (set: BitSet, value: number): void => {
  let index = value
  for (const words of set.levels) {
    const word = index >>> 5
    const before = words[word]!
    words[word] = before | (1 << (index & 31))
    // A word that already had a bit is already announced above.
    if (before !== 0) return
    index = word
  }
}

/** Takes `value` out of the set. */
export const removeBit = (set: BitSet, value: number): void => {
  let index = value
  for (const words of set.levels) {
    const word = index >>> 5
    words[word] = words[word]! & ~(1 << (index & 31))
    if (words[word] !== 0) return
    index = word
  }
}

const lowestBit = (word: number): number => 31 - Math.clz32(word & -word)

/** The smallest member that is at least `from`, or -1 when there is none. */
export const nextBit = (set: BitSet, from: number): number => {
  let index = from
  for (let level = 0; level < set.levels.length; level++) {
    const words = set.levels[level]!
    const word = index >>> 5
    if (word >= words.length) return -1
    const bits = words[word]! & (-1 << (index & 31))
    if (bits === 0) {
      index = word + 1
      continue
    }
    index = (word << 5) + lowestBit(bits)
    for (let below = level - 1; below >= 0; below--) index = (index << 5) + lowestBit(set.levels[below]![index]!)
    return index
  }
  return -1
}
