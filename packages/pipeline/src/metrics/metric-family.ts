/** One number of a metric. */
export interface MetricSample {
  /** Appended to the metric's name: `_bucket`, `_sum` and `_count` of a histogram. */
  readonly suffix?: string
  readonly labels: ReadonlyArray<readonly [string, string]>
  readonly value: number
}

/** A metric in the terms of Prometheus (https://prometheus.io/docs/concepts/metric_types/), as plain data. */
export interface MetricFamily {
  readonly name: string
  readonly help: string
  readonly type: "counter" | "gauge" | "histogram"
  readonly samples: ReadonlyArray<MetricSample>
}
