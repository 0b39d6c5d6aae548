/** What a run measures, in the order in which reports show it, with its heading. All times are in microseconds. */
export const measures = {
  cpuMicros: "CPU µs",
  nanosPerPick: "ns/pick",
  microsPerBody: "µs/body",
  megabytesPerSecond: "MB/s",
  microsPerEvent: "µs/event",
  p50Micros: "p50 µs",
  p99Micros: "p99 µs",
  firstP50Micros: "first p50 µs",
  firstP99Micros: "first p99 µs",
  delayMicros: "delay µs",
  lagP50Micros: "lag p50 µs",
  lagP99Micros: "lag p99 µs",
  loopP99Micros: "loop p99 µs",
  readP50Micros: "read p50 µs",
  readP99Micros: "read p99 µs",
  startMicros: "first answer µs",
  perSecond: "per second",
  rssKiB: "RSS KiB",
  rssGrowthKiB: "RSS growth KiB",
  pluginKiB: "KiB per plugin"
} as const

/** One thing that is measured. */
export type Measure = keyof typeof measures

/** What one run of one way gave. */
export type Sample = Partial<Readonly<Record<Measure, number>>>

/** The measures that every one of `samples` has, in report order. */
export const sharedMeasures = (samples: ReadonlyArray<Sample>): ReadonlyArray<Measure> =>
  (Object.keys(measures) as ReadonlyArray<Measure>).filter((measure) =>
    samples.every((sample) => sample[measure] !== undefined)
  )
