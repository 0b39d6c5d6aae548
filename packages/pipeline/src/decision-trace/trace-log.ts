import { Effect } from "effect"

import { chosenByText } from "./decision-text.ts"
import { lastAttempt, type RequestRecord, type StepRecord } from "./request-record.ts"

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
