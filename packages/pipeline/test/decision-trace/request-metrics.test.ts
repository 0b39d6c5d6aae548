import { assert, describe, it } from "@effect/vitest"

import type { RequestRecord } from "../../src/decision-trace/request-record.ts"
import { beginTimeSpent } from "../../src/decision-trace/time-spent.ts"
import { makeHistogram, timeBuckets } from "../../src/metrics/histogram.ts"
import { makeRequestMetrics } from "../../src/metrics/request-metrics.ts"

const ended = (model: string, outcome: RequestRecord["outcome"]): RequestRecord => ({
  id: "r",
  traceId: "r",
  startedAt: 0,
  requestedModel: model,
  protocol: "claude",
  operation: "generate",
  stream: false,
  caller: undefined,
  model,
  executor: "plugin",
  steps: [],
  attempts: 0,
  omitted: 0,
  durationMs: 5,
  outcome,
  spent: beginTimeSpent(0),
  place: undefined,
  order: 0
})

describe("metrics of requests", () => {
  it("tell a bounded number of models apart, and count the others as one", () => {
    const metrics = makeRequestMetrics()
    for (let model = 0; model < 2_000; model++) {
      metrics.observe(ended(`claude-${model}`, { result: "succeeded", status: 200 }))
    }
    const samples = metrics.families()[0]?.samples ?? []
    assert.lengthOf(samples, 501)
    assert.deepStrictEqual(samples.at(-1), {
      labels: [
        ["protocol", "claude"],
        ["model", "other"],
        ["status", "200"]
      ],
      value: 1_500
    })
  })

  it("count a client that went away as 499", () => {
    const metrics = makeRequestMetrics()
    metrics.observe(ended("m", { result: "canceled", status: 0 }))
    assert.deepStrictEqual(metrics.families()[0]?.samples[0]?.labels[2], ["status", "499"])
  })
})

describe("a histogram", () => {
  it("counts what took just as long as a bound under that bound, and what took longer than all at the end", () => {
    const histogram = makeHistogram()
    for (const seconds of [...timeBuckets, 10_000]) histogram.observe(seconds * 1_000)
    const { samples } = histogram.family("h", "help")
    const buckets = samples.filter(({ suffix }) => suffix === "_bucket").map(({ value }) => value)
    assert.deepStrictEqual(
      buckets,
      Array.from({ length: timeBuckets.length + 1 }, (_, index) => index + 1)
    )
    assert.deepInclude(samples.at(-1), { suffix: "_count", value: timeBuckets.length + 1 })
    const total = timeBuckets.reduce((sum, one) => sum + one, 10_000)
    assert.closeTo(samples.at(-2)?.value ?? 0, total, 1e-6)
  })
})
