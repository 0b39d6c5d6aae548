import { clientFacingId } from "../client-facing-id.ts"
import { chosenByText } from "./decision-text.ts"
import { lastAttempt, type RequestRecord } from "./request-record.ts"

/** What may stand in a part of the header as it is. */
const plain = /^[\w .:/@#*+-]*$/

const part = (text: string): string => (plain.test(text) ? text : encodeURIComponent(text))

/**
 * What the response header `x-cliproxy-trace` says of a request so far, such as
 * `openai/main; attempts=2; strategy=round-robin`: the credential that serves, how many were tried, and who chose. Of a
 * request that nobody serves: the credential that was tried last, or `none`.
 */
export const traceHeader = (record: RequestRecord): string => {
  const last = lastAttempt(record)
  const credential = part(clientFacingId(last?.candidate?.id ?? "none"))
  const chosenBy = last?.chosenBy === undefined ? "" : `; strategy=${part(chosenByText(last.chosenBy))}`
  const fallback = record.model === record.requestedModel ? "" : `; model=${part(record.model)}`
  return `${credential}; attempts=${record.attempts}${chosenBy}${fallback}`
}

/**
 * What the response header `Server-Timing` says of a request at `now` (milliseconds since the epoch): milliseconds in
 * the gateway before it was sent for the first time (`gateway`), in attempts that failed and between them (`failover`),
 * and in the one that answers (`provider`). Source: https://www.w3.org/TR/server-timing/.
 */
export const serverTiming = (record: RequestRecord, now: number): string => {
  const first = record.steps.find(({ candidate }) => candidate !== undefined)
  const last = lastAttempt(record)
  if (first === undefined || last === undefined) return `gateway;dur=${now - record.startedAt}`
  const failover = last === first ? "" : `, failover;dur=${last.startedAt - first.startedAt}`
  return `gateway;dur=${first.startedAt - record.startedAt}${failover}, provider;dur=${now - last.startedAt}`
}
