import * as fc from "fast-check"
import { assert, describe, it } from "vitest"

import { afterBytes, afterCharacters, bytesBefore, charactersBefore } from "../../src/codecs/text-offsets.ts"

const text = fc.string({ unit: "grapheme", maxLength: 12 })

/** Every code unit of a text at which a character begins, and its end. */
const borders = (words: string): ReadonlyArray<number> => {
  const found = [0]
  for (const character of words) found.push((found.at(-1) ?? 0) + character.length)
  return found
}

describe("offsets in a text", () => {
  it("are those of the characters and of the bytes before them", () => {
    fc.assert(
      fc.property(text, (words) => {
        for (const at of borders(words)) {
          const before = words.slice(0, at)
          assert.strictEqual(charactersBefore(words, at), Array.from(before).length)
          assert.strictEqual(bytesBefore(words, at), new TextEncoder().encode(before).length)
        }
      })
    )
  })

  it("are the same again when they are counted back", () => {
    fc.assert(
      fc.property(text, (words) => {
        for (const at of borders(words)) {
          assert.strictEqual(afterCharacters(words, charactersBefore(words, at)), at)
          assert.strictEqual(afterBytes(words, bytesBefore(words, at)), at)
        }
      })
    )
  })

  it("never cut a character, and never leave the text", () => {
    assert.deepStrictEqual(
      [0, 1, 2, 3, 4, 5, 6, 9].map((bytes) => afterBytes("ä🧀!", bytes)),
      [0, 0, 1, 1, 1, 1, 3, 4]
    )
    assert.strictEqual(afterCharacters("ä🧀!", 9), 4)
    assert.strictEqual(charactersBefore("ä🧀!", 9), 3)
  })
})
