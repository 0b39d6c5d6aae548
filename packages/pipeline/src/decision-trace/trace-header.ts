import { clientFacingId } from "../credentials/client-facing-id.ts"
import { chosenByText } from "./decision-text.ts"
import { lastAttempt, type RequestRecord } from "./request-record.ts"
import { gatewayMs, presentTime } from "./time-spent.ts"

/** What may stand in a part of the header as it is. */
const plain = /^[\w .:/@#*+-]*$/

/** Half a surrogate pair, which names of clients can hold, has no encoding: U+FFFD stands for it. */
const part = (text: string): string => (plain.test(text) ? text : encodeURIComponent(text.toWellFormed()))

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
 * What the response header `Server-Timing` says of a request so far, in milliseconds: what the gateway itself took
 * (`gateway`), waiting for a credential with room and between rounds (`queue`), waiting for providers that failed
 * (`failover`) and for the one that answers (`provider`). Source: https://www.w3.org/TR/server-timing/.
 */
export const serverTiming = ({ attempts, spent }: RequestRecord): string => {
  const { failedMs, providerMs, queueMs, waiting } = spent
  const since = waiting === undefined ? 0 : presentTime() - waiting.since
  const queue = metric("queue", queueMs + (waiting?.whom === "queue" ? since : 0))
  const provider = metric("provider", providerMs + (waiting?.whom === "provider" ? since : 0))
  return [
    metric("gateway", gatewayMs(spent)),
    ...(queue === NO_QUEUE ? [] : [queue]),
    ...(attempts < 2 ? [] : [metric("failover", failedMs)]),
    ...(attempts === 0 ? [] : [provider])
  ].join(", ")
}

const metric = (name: string, ms: number): string => `${name};dur=${ms.toFixed(1)}`

const NO_QUEUE = metric("queue", 0)
