import { type Candidate, credentialOf } from "@cliproxy/scheduler"
import type { Effect, Exit } from "effect"

import type { GatewayError } from "../gateway-error.ts"
import { completionOf } from "../request-life/complete.ts"
import type { Terminated } from "../request-life/terminated.ts"
import { makeRecord, type RequestRecord, summaryOf, traceOf, type TracedExecution, weightOf } from "./request-record.ts"
import type { RequestOutcome, RequestSummary, RequestTrace } from "./request-trace.ts"
import { makeRunningRecords } from "./running-records.ts"
import { shortMessage } from "./short-message.ts"
import { serverTiming, traceHeader } from "./trace-header.ts"
import { endTimeSpent } from "./time-spent.ts"
import { logRequest } from "./trace-log.ts"

/** How much is kept of requests that have ended. */
export interface TraceLimits {
  readonly maxRequests: number
  /** Roughly, of memory. */
  readonly maxBytes: number
}

/** The last 1,000 requests, in at most 32 MiB or so. */
export const TRACE_LIMITS: TraceLimits = { maxRequests: 1_000, maxBytes: 32 * 1024 * 1024 }

/** Which requests are asked for; all that are named must fit. */
export interface RequestFilter {
  /** As the client asked for it, or as it was routed. */
  readonly model?: string | undefined
  /** ID of a credential that an attempt was made with. */
  readonly credential?: string | undefined
  /** Those alone that failed, or, with `false`, that did not. */
  readonly failed?: boolean | undefined
  /** Most requests in the answer. */
  readonly limit: number
}

/** What the requests that run, and the last ones that ended, went through. */
export interface RequestTraces {
  /** Begins to write down a request. */
  readonly begin: (execution: TracedExecution) => RequestRecord
  /** A request has ended at `now`: keeps its record, and says in the log how it went. */
  readonly end: (
    record: RequestRecord,
    exit: Exit.Exit<void, GatewayError | Terminated>,
    now: number
  ) => Effect.Effect<void>
  /** The newest first; those that run stand before those that have ended. */
  readonly list: (filter: RequestFilter) => ReadonlyArray<RequestSummary>
  /** `now` is in milliseconds since the epoch. */
  readonly find: (id: string, now: number) => RequestTrace | undefined
  /** What response headers say of a request now; see `traceHeader` and `serverTiming`. None of one that is not kept. */
  readonly headers: (id: string) => ReadonlyArray<readonly [string, string]>
  /** How many run. */
  readonly running: () => number
}

/** Makes an empty store of traces. */
export const makeRequestTraces = ({ maxBytes, maxRequests }: TraceLimits = TRACE_LIMITS): RequestTraces => {
  const running = makeRunningRecords<RequestRecord>()
  /** A ring: `next` is where the next one goes, and where the oldest one is when the ring is full. */
  const ended: Array<RequestRecord | undefined> = Array.from({ length: maxRequests })
  const weights = new Float64Array(maxRequests)
  let next = 0
  let count = 0
  let bytes = 0

  const dropOldest = (): void => {
    const oldest = (next - count + maxRequests) % maxRequests
    ended[oldest] = undefined
    bytes -= weights[oldest] ?? 0
    count--
  }

  const keep = (record: RequestRecord): void => {
    const weight = weightOf(record)
    if (weight > maxBytes || maxRequests === 0) return
    if (count === maxRequests) dropOldest()
    while (count > 0 && bytes + weight > maxBytes) dropOldest()
    ended[next] = record
    weights[next] = weight
    bytes += weight
    count++
    next = (next + 1) % maxRequests
  }

  function* newestFirst(): Iterable<RequestRecord> {
    yield* running.newestFirst()
    for (let back = 1; back <= count; back++) {
      const record = ended[(next - back + maxRequests) % maxRequests]
      if (record !== undefined) yield record
    }
  }

  const recordOf = (id: string): RequestRecord | undefined => {
    for (const record of newestFirst()) if (record.id === id) return record
    return undefined
  }

  return {
    begin: (execution) => {
      const record = makeRecord(execution)
      running.add(record)
      return record
    },
    end: (record, exit, now) => {
      endTimeSpent(record.spent)
      record.durationMs = now - record.startedAt
      record.outcome = outcomeOf(exit)
      running.remove(record)
      keep(record)
      return logRequest(record)
    },
    list: (filter) => {
      const found: Array<RequestSummary> = []
      for (const record of newestFirst()) {
        if (found.length >= filter.limit) break
        if (fits(record, filter)) found.push(summaryOf(record))
      }
      return found
    },
    find: (id, now) => {
      const record = recordOf(id)
      return record && traceOf(record, now)
    },
    headers: (id) => {
      const record = running.withId(id) ?? recordOf(id)
      if (record === undefined) return []
      return [
        ["x-cliproxy-trace", traceHeader(record)],
        ["server-timing", serverTiming(record)]
      ]
    },
    running: running.count
  }
}

const SUCCEEDED: RequestOutcome = { result: "succeeded", status: 200 }

const outcomeOf = (exit: Exit.Exit<void, GatewayError | Terminated>): RequestOutcome => {
  if (exit._tag === "Success") return SUCCEEDED
  const { error, outcome, status } = completionOf(exit)
  const tag = exit.cause.reasons.find((reason) => reason._tag === "Fail")?.error._tag
  return {
    result: outcome,
    status,
    ...(tag === undefined ? {} : { error: tag }),
    ...(error === "" ? {} : { message: shortMessage(error) })
  }
}

const fits = (record: RequestRecord, { credential, failed, model }: RequestFilter): boolean =>
  (model === undefined || record.model === model || record.requestedModel === model) &&
  (failed === undefined || (record.outcome?.result === "failed") === failed) &&
  (credential === undefined ||
    record.steps.some(({ candidate }) => candidate !== undefined && isUseOf(candidate, credential)))

/** Whether a candidate has this ID, or is one of several models of the credential with this ID. */
const isUseOf = (candidate: Candidate, credential: string): boolean =>
  candidate.id === credential || credentialOf(candidate) === credential
