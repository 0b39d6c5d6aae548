import * as fc from "fast-check"
import { assert, describe, it } from "vitest"

import { makeChunkHistory } from "../../src/request-life/chunk-history.ts"

const MIB = 1024 * 1024

describe("the history of a stream", () => {
  it("is the longest end of it with at most 64 chunks and 1 MiB (165)", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(100), fc.nat({ max: MIB / 4 }), fc.constantFrom(MIB, MIB + 1)), { maxLength: 150 }),
        (sizes) => {
          const history = makeChunkHistory()
          for (const size of sizes) history.add(Buffer.alloc(size))
          let expected: ReadonlyArray<number> = []
          for (const size of sizes.toReversed()) {
            const longer = [size, ...expected]
            if (longer.length > 64 || longer.reduce((sum, one) => sum + one, 0) > MIB) break
            expected = longer
          }
          assert.deepStrictEqual(
            history.chunks().map(({ length }) => length),
            [...expected]
          )
        }
      ),
      { numRuns: 50 }
    )
  })

  it("is not changed afterwards by what was taken from it before", () => {
    const history = makeChunkHistory()
    for (let index = 0; index < 64; index++) history.add(Buffer.from([index]))
    history.add(Buffer.from([64]))
    assert.strictEqual(history.chunks()[0]?.[0], 1)
    assert.strictEqual(history.chunks().length, 64)
  })
})
