import * as fc from "fast-check"
import { assert, describe, it } from "vitest"

import { estimateMedian, median, quantile, ratiosOf } from "../src/statistics.ts"

const finite = fc.double({ min: -1e9, max: 1e9, noNaN: true })
const someValues = fc.array(finite, { minLength: 1, maxLength: 50 })

/** Width of the interval for so many values between 0 and 1. */
const spreadOf = (count: number): number => {
  const { low, high } = estimateMedian(Array.from({ length: count }, (_, index) => (index % 10) / 10))
  return high - low
}

describe("quantile", () => {
  it("interpolates between the two nearest values", () => {
    assert.strictEqual(quantile([40, 10, 30, 20], 0.5), 25)
    assert.strictEqual(quantile([0, 100], 0.99), 99)
    assert.strictEqual(quantile([7], 0.99), 7)
  })

  it("gives the extremes at 0 and 1, and beyond", () => {
    fc.assert(
      fc.property(someValues, (values) => {
        const sorted = values.toSorted((a, b) => a - b)
        assert.strictEqual(quantile(values, 0), sorted[0]! + 0)
        assert.strictEqual(quantile(values, 1), sorted.at(-1)! + 0)
        assert.strictEqual(quantile(values, 2), quantile(values, 1))
      })
    )
  })

  it("never falls when the share grows", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(someValues, share, share, (values, one, other) => {
        const low = quantile(values, Math.min(one, other))
        const high = quantile(values, Math.max(one, other))
        assert.isAtMost(low, high + Math.abs(high) * 1e-12)
      })
    )
  })

  it("leaves its input as it was", () => {
    const values = [3, 1, 2]
    quantile(values, 0.5)
    assert.deepStrictEqual(values, [3, 1, 2])
  })

  it("refuses an empty list", () => {
    assert.throws(() => median([]), RangeError)
  })
})

describe("estimateMedian", () => {
  it("gives the same interval for the same values", () => {
    assert.deepStrictEqual(estimateMedian([1, 2, 3, 4, 5]), estimateMedian([1, 2, 3, 4, 5]))
  })

  it("has the median inside its interval, and the interval inside the values", () => {
    fc.assert(
      fc.property(someValues, (values) => {
        const { median: middle, low, high } = estimateMedian(values, 200)
        assert.isAtMost(low, middle)
        assert.isAtLeast(high, middle)
        assert.isAtLeast(low, Math.min(...values))
        assert.isAtMost(high, Math.max(...values))
      }),
      { numRuns: 50 }
    )
  })

  it("covers the true median about as often as it says", () => {
    // 300 samples of 15 uniform numbers, whose median is 0.5. Deterministic: the numbers come from a fixed seed.
    let state = 42
    const random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state / 2 ** 32
    }
    let covered = 0
    for (let sample = 0; sample < 300; sample++) {
      const { low, high } = estimateMedian(Array.from({ length: 15 }, random), 400)
      if (low <= 0.5 && 0.5 <= high) covered++
    }
    assert.isAtLeast(covered, 270)
    assert.isAtMost(covered, 299)
  })

  it("narrows when there are more values", () => {
    assert.isBelow(spreadOf(200), spreadOf(10))
  })
})

describe("ratiosOf", () => {
  it("pairs the values by their place", () => {
    assert.deepStrictEqual(ratiosOf([2, 9], [1, 3]), [2, 3])
  })

  it("refuses lists that are not pairs", () => {
    assert.throws(() => ratiosOf([1], [1, 2]), RangeError)
  })
})
