import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { addBit, makeBitSet, nextBit, removeBit } from "../src/bit-set.ts"

describe("bit set", () => {
  it("finds the same next member as a search through a plain set", () => {
    const sizes = fc.constantFrom(1, 31, 32, 33, 1_023, 1_024, 1_025, 40_000)
    const histories = sizes.chain((size) =>
      fc.tuple(
        fc.constant(size),
        fc.array(fc.tuple(fc.boolean(), fc.nat(size - 1), fc.nat(size)), { maxLength: 100, size: "max" })
      )
    )
    fc.assert(
      fc.property(histories, ([size, steps]) => {
        const set = makeBitSet(size)
        const plain = new Set<number>()
        for (const [add, value, from] of steps) {
          if (add) {
            addBit(set, value)
            plain.add(value)
          } else {
            removeBit(set, value)
            plain.delete(value)
          }
          const following = [...plain].filter((member) => member >= from)
          expect(nextBit(set, from)).toBe(following.length === 0 ? -1 : Math.min(...following))
        }
      }),
      { seed: 1, numRuns: 500 }
    )
  })

  it("visits every member of a full set in order", () => {
    const set = makeBitSet(2_000)
    for (let value = 0; value < 2_000; value++) addBit(set, value)
    const visited: Array<number> = []
    for (let value = nextBit(set, 0); value !== -1; value = nextBit(set, value + 1)) visited.push(value)
    expect(visited).toEqual(Array.from({ length: 2_000 }, (_, value) => value))
  })

  it("is empty when it was made for nothing", () => {
    expect(nextBit(makeBitSet(0), 0)).toBe(-1)
  })
})
