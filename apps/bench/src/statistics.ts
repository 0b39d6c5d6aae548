/** A value with the interval in which it lies with 95 % confidence. */
export interface Estimate {
  readonly median: number
  readonly low: number
  readonly high: number
}

/**
 * The value below which a share `q` (0 to 1) of `values` lies, interpolated between neighbours. `values` need not be
 * sorted and are not changed. Throws `RangeError` when there are none: a quantile of nothing is no number.
 */
export const quantile = (values: ArrayLike<number>, q: number): number => {
  if (values.length === 0) throw new RangeError("a quantile of no values")
  const sorted = Float64Array.from(values).toSorted()
  const place = (sorted.length - 1) * Math.min(1, Math.max(0, q))
  const below = Math.floor(place)
  const lower = sorted[below]!
  const upper = sorted[Math.min(below + 1, sorted.length - 1)]!
  return lower + (upper - lower) * (place - below)
}

/** The middle value. Throws as {@link quantile} does. */
export const median = (values: ArrayLike<number>): number => quantile(values, 0.5)

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32), so that a report can be computed again. */
export const randomNumbers = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * The median, and how far it can be trusted: the middle 95 % of the medians of `resamples` samples that were drawn
 * from `values` with replacement (percentile bootstrap). With fewer than six values it comes close to their range.
 */
export const estimateMedian = (values: ReadonlyArray<number>, resamples = 2_000, seed = 1): Estimate => {
  const random = randomNumbers(seed)
  const drawn = new Float64Array(values.length)
  const medians = new Float64Array(resamples)
  const middle = median(values)
  for (let sample = 0; sample < resamples; sample++) {
    for (let i = 0; i < drawn.length; i++) drawn[i] = values[Math.floor(random() * values.length)]!
    medians[sample] = median(drawn)
  }
  return { median: middle, low: quantile(medians, 0.025), high: quantile(medians, 0.975) }
}

/** Element by element `numerators` over `denominators`. Throws `RangeError` when they are not pairs. */
export const ratiosOf = (
  numerators: ReadonlyArray<number>,
  denominators: ReadonlyArray<number>
): ReadonlyArray<number> => {
  if (numerators.length !== denominators.length) throw new RangeError("ratios of lists of different lengths")
  return numerators.map((numerator, index) => numerator / denominators[index]!)
}
