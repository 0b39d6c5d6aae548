import type { CredentialLedger } from "@cliproxy/scheduler"
import type { Clock, Effect, Exit } from "effect"

import type { Attempts } from "../failover/failover.ts"
import type { GatewayError } from "../gateway-error.ts"
import type { RequestMetrics } from "../metrics/request-metrics.ts"
import type { Execution } from "../request-life/execution.ts"
import type { Terminated } from "../request-life/terminated.ts"
import type { AttemptCounts } from "./attempt-counts.ts"
import type { RequestRecord } from "./request-record.ts"
import type { RequestTraces } from "./request-traces.ts"
import { watchAttempts, type WatchedChoice } from "./watch-attempts.ts"

/** Writes down what happens to requests, at the places where it happens. */
export interface RequestTracing {
  /** A request has begun. */
  readonly begin: (execution: Execution) => RequestRecord
  /** Its attempts, written down as they happen. */
  readonly watch: (record: RequestRecord, choice: WatchedChoice, attempts: Attempts) => Attempts
  /** It has ended: says in the log how it went. */
  readonly end: (record: RequestRecord, exit: Exit.Exit<void, GatewayError | Terminated>) => Effect.Effect<void>
}

/** What requests are written down to, and from. */
export interface TracingParts {
  readonly traces: RequestTraces
  readonly counts: AttemptCounts
  readonly ledger: Pick<CredentialLedger, "get">
  readonly clock: Clock.Clock
  readonly metrics: Pick<RequestMetrics, "observe">
}

/** Makes what writes requests down. */
export const makeRequestTracing = ({ metrics, traces, ...watching }: TracingParts): RequestTracing => ({
  begin: traces.begin,
  watch: (record, choice, attempts) => watchAttempts({ ...watching, record }, choice, attempts),
  end: (record, exit) => {
    const told = traces.end(record, exit, watching.clock.currentTimeMillisUnsafe())
    metrics.observe(record)
    return told
  }
})
