import type { RequestRecord } from "../decision-trace/request-record.ts"
import { gatewayMs } from "../decision-trace/time-spent.ts"
import { makeHistogram, timeBuckets } from "./histogram.ts"
import type { MetricFamily, MetricSample } from "./metric-family.ts"

/** Counts requests that ended. */
export interface RequestMetrics {
  readonly observe: (record: RequestRecord) => void
  readonly families: () => ReadonlyArray<MetricFamily>
}

/** Clients may name models as they like, where a provider serves all that begin as its own: so many are told apart. */
const MAX_MODELS = 500

/** What the models after those are called together. */
const OTHER = "other"

/** Upper bounds in seconds of what the gateway itself takes: a tenth of a millisecond, unless plugins take their time. */
const overheadBuckets: ReadonlyArray<number> = [0.0001, 0.00025, 0.0005, ...timeBuckets.filter((bound) => bound <= 10)]

/** Nginx's status for a client that went away. */
const CLIENT_GONE = 499

/** Makes counts that begin at zero. */
export const makeRequestMetrics = (): RequestMetrics => {
  /** By protocol, status and model. */
  const requests = new Map<string, { readonly labels: MetricSample["labels"]; count: number }>()
  const models = new Set<string>()
  const duration = makeHistogram()
  const untilSent = makeHistogram()
  const untilFirstEvent = makeHistogram()
  const overhead = makeHistogram(overheadBuckets)

  /** A model that nobody serves is no label: anybody could make up any number of them. */
  const modelLabel = ({ executor, model, steps }: RequestRecord): string => {
    if (steps.length === 0 && executor === undefined) return ""
    if (models.has(model)) return model
    if (models.size >= MAX_MODELS) return OTHER
    models.add(model)
    return model
  }

  return {
    observe: (record) => {
      const { durationMs = 0, outcome, protocol, startedAt, steps } = record
      const status = outcome?.result === "canceled" ? CLIENT_GONE : (outcome?.status ?? 0)
      const model = modelLabel(record)
      const key = `${protocol} ${status} ${model}`
      const counted = requests.get(key)
      if (counted !== undefined) counted.count++
      else requests.set(key, { labels: labelsOf(protocol, model, status), count: 1 })
      duration.observe(durationMs)
      overhead.observe(gatewayMs(record.spent))
      const first = steps.find(({ candidate }) => candidate !== undefined)
      if (first !== undefined) untilSent.observe(first.startedAt - startedAt)
      const last = steps.at(-1)
      if (last?.firstEventMs !== undefined) untilFirstEvent.observe(last.startedAt + last.firstEventMs - startedAt)
    },
    families: () => [
      {
        name: "cliproxy_requests_total",
        help: "Requests that ended, by the client's protocol, the model that was routed to, and the status.",
        type: "counter",
        samples: [...requests.values()].map(({ count, labels }) => ({ labels, value: count }))
      },
      duration.family("cliproxy_request_duration_seconds", "Time from a request's arrival to the end of its answer."),
      untilFirstEvent.family(
        "cliproxy_first_event_seconds",
        "Time from a request's arrival to the first event of its answer that means anything."
      ),
      untilSent.family(
        "cliproxy_until_first_attempt_seconds",
        "Time that a request spent in the gateway before it was sent to a provider for the first time: routing, plugins, choosing a credential, and waiting for one with room."
      ),
      overhead.family(
        "cliproxy_overhead_seconds",
        "What the gateway itself added to a request until its answer began, plugins included: without the waiting for providers and for a credential with room."
      )
    ]
  }
}

const labelsOf = (protocol: string, model: string, status: number): MetricSample["labels"] => [
  ["protocol", protocol],
  ["model", model],
  ["status", String(status)]
]
