import type { StopReason } from "../../canonical/response.ts"

/** What was in an answer that its `finish_reason` must agree with. */
export interface AnswerContents {
  readonly called: boolean
  readonly refused: boolean
}

/**
 * Reads a `finish_reason`. What it says of tools is checked against the answer: OpenAI says `stop` after a call that was
 * asked for by name, some servers say it always, and agents go by it.
 * Source: https://platform.openai.com/docs/api-reference/chat/object, `finish_reason`; `model_length` is Mistral's,
 * `insufficient_system_resource` is DeepSeek's.
 */
export const decodeFinishReason = (word: string, { called, refused }: AnswerContents): StopReason => {
  switch (word) {
    case "length":
    case "max_tokens":
    case "model_length":
    case "insufficient_system_resource":
      return "length"
    case "content_filter":
    case "safety":
    case "SAFETY":
      return "content_filter"
    default:
      if (called) return "tool_calls"
      return refused ? "refusal" : "stop"
  }
}

/**
 * Writes a `finish_reason`. A refusal in words is an answer that stops, as OpenAI has it; one without is
 * `content_filter`.
 */
export const encodeFinishReason = (reason: StopReason | undefined, { called, refused }: AnswerContents): string => {
  switch (reason) {
    case "length":
    case "tool_calls":
    case "content_filter":
      return reason
    case "refusal":
      return refused ? "stop" : "content_filter"
    case undefined:
      return called ? "tool_calls" : "stop"
    default:
      return "stop"
  }
}
