import type { MetricFamily, MetricSample } from "./metric-family.ts"

/** Counts how long something took. */
export interface Histogram {
  readonly observe: (milliseconds: number) => void
  /** In seconds, as Prometheus wants times. */
  readonly family: (name: string, help: string) => MetricFamily
}

/** Upper bounds in seconds: from a millisecond to the minutes that a model may think. */
export const timeBuckets: ReadonlyArray<number> = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600
]

/** Makes a histogram without observations. `buckets` are upper bounds in seconds, in ascending order. */
export const makeHistogram = (buckets: ReadonlyArray<number> = timeBuckets): Histogram => {
  const counts = new Float64Array(buckets.length + 1)
  let sum = 0
  let count = 0
  return {
    observe: (milliseconds) => {
      const seconds = milliseconds / 1_000
      let bucket = 0
      while (bucket < buckets.length && seconds > (buckets[bucket] ?? Infinity)) bucket++
      counts[bucket] = (counts[bucket] ?? 0) + 1
      sum += seconds
      count++
    },
    family: (name, help) => {
      let below = 0
      const counted = buckets.map((bound, bucket): MetricSample => {
        below += counts[bucket] ?? 0
        return { suffix: "_bucket", labels: [["le", String(bound)]], value: below }
      })
      return {
        name,
        help,
        type: "histogram",
        samples: [
          ...counted,
          { suffix: "_bucket", labels: [["le", "+Inf"]], value: count },
          { suffix: "_sum", labels: [], value: sum },
          { suffix: "_count", labels: [], value: count }
        ]
      }
    }
  }
}
