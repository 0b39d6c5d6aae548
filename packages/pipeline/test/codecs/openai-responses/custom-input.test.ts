import * as fc from "fast-check"
import { assert, describe, it } from "vitest"

import { inputOfArguments, makeInputReader } from "../../../src/codecs/openai-responses/custom-input.ts"

const text = fc.string({ unit: fc.constantFrom(`"`, "\\", "\n", "u", "é", "🎉", "{", "}", "ab"), maxLength: 20 })

/** JSON as writers differ in it: with blanks, and with everything escaped that can be. */
const json = fc.tuple(text, fc.boolean(), fc.boolean()).map(([input, blanks, escaped]) => {
  const plain = JSON.stringify(input)
  const value = escaped
    ? plain.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    : plain
  return [input, blanks ? ` {\n "input" : ${value}\n} ` : `{"input":${value}}`] as const
})

describe("The text of a custom tool", () => {
  it("is read out of the arguments wherever they are cut, and never by half a character", () => {
    const cases = fc.tuple(json, fc.array(fc.nat(), { maxLength: 6 }))
    fc.assert(
      fc.property(cases, ([[input, written], cuts]) => {
        const places = [0, ...cuts.map((cut) => cut % written.length), written.length].toSorted((a, b) => a - b)
        const reader = makeInputReader()
        // A character outside the basic plane that is not escaped is never cut by a decoder.
        const whole = places.filter((place) => !isLowHalf(written.charCodeAt(place)))
        const pieces = whole.slice(1).map((place, index) => reader.push(written.slice(whole[index], place)))
        assert.strictEqual(pieces.join(""), input)
        assert.isTrue(pieces.every((piece) => piece.isWellFormed()))
      })
    )
  })

  it("is the argument of the function", () => {
    fc.assert(
      fc.property(json, ([input, written]) => {
        assert.strictEqual(inputOfArguments(written), input)
        assert.strictEqual(inputOfArguments({ input }), input)
      })
    )
  })

  it("is as much as there is of it when the arguments were cut", () => {
    assert.strictEqual(inputOfArguments(`{"input":"*** Beg`), "*** Beg")
    assert.strictEqual(inputOfArguments(`{"input":"one\\ntwo\\`), "one\ntwo")
    assert.strictEqual(inputOfArguments(`{"input":"party \\ud83c`), "party ")
  })

  it("may hold what JSON does not allow in a string", () => {
    assert.strictEqual(inputOfArguments(`{"input":"one\ntwo"}`), "one\ntwo")
  })

  it("is all that the model wrote when that is something else", () => {
    for (const other of ["", "*** Begin", `{"patch":"x"}`, `["input"]`, `{"input":5}`, `{"input`]) {
      assert.strictEqual(inputOfArguments(other), other)
    }
    assert.strictEqual(inputOfArguments({ patch: "x" }), `{"patch":"x"}`)
  })
})

const isLowHalf = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff
