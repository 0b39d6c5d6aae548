import { Effect } from "effect"

import { chosenByText } from "./decision-text.ts"
import { lastAttempt, type RequestRecord, type StepRecord } from "./request-record.ts"
import type { RequestOutcome } from "./request-trace.ts"

/** Most attempts that a line names; the trace has them all. */
const MAX_NAMED = 16

/** Statuses by which a provider says that the request itself is wrong. */
const REQUEST_FAULTS: ReadonlySet<number> = new Set([400, 409, 413, 422])

/**
 * The log line of a request that ended. A request that failed, or that needed more than one choice, is a line that is
 * seen; all others are debug lines. What was wrong with a request itself, and a client that went away, are the client's
 * affair; a plugin that refuses a request does as it is meant to.
 */
export const logRequest = (record: RequestRecord): Effect.Effect<void> => {
  const { outcome } = record
  if (outcome === undefined) return Effect.void
  const failedOver = record.steps.length > 1
  const failed = outcome.result === "failed" && (failedOver || !isClientsAffair(outcome))
  const level = failed ? (outcome.error === "SchedulerRefused" ? "Info" : "Warn") : failedOver ? "Info" : "Debug"
  const what = outcome.result === "failed" ? "request failed" : failedOver ? "request failed over" : "request ended"
  return Effect.annotateLogs(Effect.logWithLevel(level)(what), detailsOf(record))
}

const isClientsAffair = ({ error, status }: RequestOutcome): boolean =>
  error === "InvalidRequest" || (error === "UpstreamFailed" && REQUEST_FAULTS.has(status))

/** Most lines are debug lines that nobody reads: what they say must not cost much. */
const detailsOf = (record: RequestRecord): Record<string, unknown> => {
  const { attempts, durationMs, model, outcome, requestedModel, steps } = record
  const last = lastAttempt(record)
  const details: Record<string, unknown> = { model, result: outcome?.result, status: outcome?.status, attempts }
  if (requestedModel !== model) details["requestedModel"] = requestedModel
  if (last?.chosenBy !== undefined) details["chosenBy"] = chosenByText(last.chosenBy)
  if (steps.length > 1) details["tried"] = triedText(record)
  else if (last !== undefined) details["tried"] = attemptText(last)
  details["ms"] = durationMs
  if (outcome?.message !== undefined) details["why"] = outcome.message
  return details
}

const attemptText = ({ candidate, result, status }: StepRecord): string => `${candidate?.id ?? ""}:${status ?? result}`

const triedText = ({ omitted, steps }: RequestRecord): string => {
  const tried = steps.flatMap((step) => (step.candidate === undefined ? [] : [attemptText(step)]))
  const left = omitted + Math.max(0, tried.length - MAX_NAMED)
  return `${tried.slice(0, MAX_NAMED).join(" ")}${left === 0 ? "" : ` and ${left} more`}`
}
