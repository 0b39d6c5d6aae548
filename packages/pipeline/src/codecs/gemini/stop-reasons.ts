import type { StopReason } from "../../canonical/response.ts"

/**
 * What Google's finish reasons mean. A reason that is not here means that the model stopped, for reasons of its own.
 * Source: https://ai.google.dev/api/generate-content#FinishReason
 */
const STOP_REASONS: ReadonlyMap<string, StopReason> = new Map([
  ["STOP", "stop"],
  ["MAX_TOKENS", "length"],
  ["CONTINUATION", "length"],
  ["SAFETY", "content_filter"],
  ["RECITATION", "content_filter"],
  ["LANGUAGE", "content_filter"],
  ["BLOCKLIST", "content_filter"],
  ["PROHIBITED_CONTENT", "content_filter"],
  ["SPII", "content_filter"],
  ["MODEL_ARMOR", "content_filter"],
  ["IMAGE_SAFETY", "content_filter"],
  ["IMAGE_PROHIBITED_CONTENT", "content_filter"],
  ["IMAGE_RECITATION", "content_filter"]
])

/** Reads a finish reason; `undefined` when it says none. Waiting for tools is `STOP` too: the calls tell. */
export const decodeStopReason = (reason: unknown, hasCalls: boolean): StopReason | undefined => {
  if (typeof reason !== "string" || reason === "" || reason === "FINISH_REASON_UNSPECIFIED") return undefined
  const stop = STOP_REASONS.get(reason) ?? "stop"
  return stop === "stop" && hasCalls ? "tool_calls" : stop
}

/** A finish reason for a client. A model that declines is stopped for `SAFETY`: the protocol has no nearer word. */
export const encodeStopReason = (reason: StopReason | undefined): string => {
  switch (reason) {
    case "length":
      return "MAX_TOKENS"
    case "content_filter":
    case "refusal":
      return "SAFETY"
    default:
      return "STOP"
  }
}

/** Whether a finish reason comes out again as it went in, without being kept. */
export const isPlainReason = (reason: unknown): boolean =>
  reason === "STOP" || reason === "MAX_TOKENS" || reason === "SAFETY"
