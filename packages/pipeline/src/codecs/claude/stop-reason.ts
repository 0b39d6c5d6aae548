import type { StopReason } from "../../canonical/response.ts"

const CANONICAL: ReadonlyMap<unknown, StopReason> = new Map<unknown, StopReason>([
  ["end_turn", "stop"],
  ["stop_sequence", "stop_sequence"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool_calls"],
  ["pause_turn", "pause"],
  ["refusal", "refusal"],
  // Of compatible endpoints, such as Zhipu's.
  ["sensitive", "content_filter"]
])

/**
 * Why a message of Claude stopped; a word that is not known counts as `stop`, none as `undefined`. Source:
 * platform.claude.com/docs/en/build-with-claude/handling-stop-reasons.
 */
export const decodeStopReason = (word: unknown): StopReason | undefined =>
  typeof word === "string" ? (CANONICAL.get(word) ?? "stop") : undefined

/**
 * A stop reason in Claude's words. A filtered answer is a `refusal`: `end_turn` would call it complete. Whether tools
 * wait is what the content says: clients loop on `tool_use`, so it is said when there is a call, and only then.
 */
export const encodeStopReason = (reason: StopReason | undefined, hasCalls: boolean): string => {
  switch (reason) {
    case "stop_sequence":
      return "stop_sequence"
    case "length":
      return "max_tokens"
    case "content_filter":
    case "refusal":
      return "refusal"
    case "pause":
      return "pause_turn"
    default:
      return hasCalls ? "tool_use" : "end_turn"
  }
}
