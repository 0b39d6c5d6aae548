import type { AttemptTrace, PickTrace, RequestSummary, RequestTrace } from "@cliproxy/pipeline"

import { cooldownObject, decisionObject, timeText } from "./decision-object.ts"

/** A request in a line, as the management API lists it. */
export const requestSummaryObject = (summary: RequestSummary) => ({
  id: summary.id,
  trace_id: summary.traceId ?? summary.id,
  started_at: timeText(summary.startedAt),
  duration_ms: summary.durationMs ?? null,
  requested_model: summary.requestedModel,
  model: summary.model,
  protocol: summary.protocol,
  operation: summary.operation,
  stream: summary.stream,
  caller: summary.caller ?? null,
  attempts: summary.attempts,
  credential: summary.credential ?? null,
  executor: summary.executor ?? null,
  result: summary.outcome?.result ?? "running",
  status: summary.outcome?.status ?? null,
  error: summary.outcome?.error ?? null,
  message: summary.outcome?.message ?? null
})

/** All that was decided for a request. */
export const requestObject = (trace: RequestTrace) => ({
  ...requestSummaryObject(trace),
  picks: trace.picksMade.map(pickObject),
  attempts_made: trace.attemptsMade.map(attemptObject),
  omitted: trace.omitted
})

const pickObject = (pick: PickTrace) => ({
  attempt: pick.attempt,
  round: pick.round,
  model: pick.model,
  waited_ms: pick.waitedMs,
  refusal: pick.refusal ?? null,
  candidates_at: timeText(pick.candidatesAt),
  candidates_then: pick.candidatesThen,
  ...decisionObject(pick.decision)
})

const attemptObject = (attempt: AttemptTrace): Readonly<Record<string, unknown>> => ({
  attempt: attempt.attempt,
  round: attempt.round,
  credential: attempt.credential,
  provider: attempt.provider,
  model: attempt.model,
  upstream_model: attempt.upstreamModel,
  started_at: timeText(attempt.startedAt),
  duration_ms: attempt.durationMs ?? null,
  first_event_ms: attempt.firstEventMs ?? null,
  result: attempt.result,
  status: attempt.status ?? null,
  message: attempt.message ?? null,
  cooldown: attempt.cooldown === undefined ? null : cooldownObject(attempt.cooldown)
})
