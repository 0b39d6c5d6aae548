import { Effect } from "effect"

import { chosenByText } from "./decision-text.ts"
import { lastAttempt, type RequestRecord } from "./request-record.ts"

/** Most attempts that a line names; the trace has them all. */
const MAX_NAMED = 16

/** Statuses that are the client's own affair, and no news for the operator. */
const isClientsAffair = (status: number): boolean => status >= 400 && status < 500 && status !== 429

/**
 * The log line of a request that ended. A request that failed, or that needed more than one choice, is a line that is
 * seen; all others are debug lines. What was wrong with a request itself, and a client that went away, are the client's
 * affair.
 */
export const logRequest = (record: RequestRecord): Effect.Effect<void> => {
  const { attempts, outcome, steps } = record
  const failedOver = steps.length > 1
  if (outcome === undefined) return Effect.void
  const failed = outcome.result === "failed" && !(isClientsAffair(outcome.status) && attempts <= 1)
  const level = failed ? "Warn" : failedOver ? "Info" : "Debug"
  return Effect.annotateLogs(
    Effect.logWithLevel(level)(failed ? "request failed" : failedOver ? "request failed over" : "request served"),
    detailsOf(record)
  )
}

const detailsOf = (record: RequestRecord): Record<string, unknown> => {
  const { attempts, durationMs, model, omitted, outcome, requestedModel, steps } = record
  const decision = lastAttempt(record)?.decision
  const tried = steps.flatMap((step) =>
    step.decision === undefined ? [] : [`${step.decision.candidate.id}:${step.status ?? step.result}`]
  )
  const left = omitted + Math.max(0, tried.length - MAX_NAMED)
  return {
    model,
    ...(requestedModel === model ? {} : { requestedModel }),
    result: outcome?.result,
    status: outcome?.status,
    attempts,
    ...(decision === undefined ? {} : { chosenBy: chosenByText(decision.chosenBy) }),
    tried: `${tried.slice(0, MAX_NAMED).join(" ")}${left === 0 ? "" : ` and ${left} more`}`,
    ms: durationMs,
    ...(outcome?.message === undefined ? {} : { why: outcome.message })
  }
}
