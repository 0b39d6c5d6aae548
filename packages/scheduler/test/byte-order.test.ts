import { Buffer } from "node:buffer"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { compareByteOrder } from "../src/index.ts"

describe("byte order", () => {
  it("orders any two strings as their UTF-8 bytes are ordered", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "é", "\ud7ff", "\ue000", "！", "\uffff", "😀", "𐀀") })
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareByteOrder(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      }),
      { seed: 1, numRuns: 2_000 }
    )
  })

  it("puts characters beyond the basic plane last, unlike a comparison of UTF-16 units", () => {
    const sortedByUnits = ["！", "😀"].toSorted()
    expect(sortedByUnits).toEqual(["😀", "！"])
    expect(sortedByUnits.toSorted(compareByteOrder)).toEqual(["！", "😀"])
  })
})
