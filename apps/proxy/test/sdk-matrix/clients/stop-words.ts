import type { AnswerStop } from "../../provider-simulators/scenario.ts"

/** How a client's user learns why the model stopped. */
export type StopWords = Readonly<Record<AnswerStop, string>>

/** Source: https://platform.openai.com/docs/api-reference/chat/object */
export const chatStops: StopWords = {
  stop: "stop",
  stop_sequence: "stop",
  length: "length",
  tool_calls: "tool_calls",
  content_filter: "content_filter",
  refusal: "stop"
}

/** Source: https://platform.openai.com/docs/api-reference/responses/object */
export const responsesStops: StopWords = {
  stop: "completed",
  stop_sequence: "completed",
  length: "incomplete: max_output_tokens",
  tool_calls: "completed",
  content_filter: "incomplete: content_filter",
  refusal: "completed"
}

/** Source: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
export const claudeStops: StopWords = {
  stop: "end_turn",
  stop_sequence: "stop_sequence: drei",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
  refusal: "refusal"
}

/** Source: https://ai.google.dev/api/generate-content#FinishReason */
export const geminiStops: StopWords = {
  stop: "STOP",
  stop_sequence: "STOP",
  length: "MAX_TOKENS",
  tool_calls: "STOP",
  content_filter: "SAFETY",
  refusal: "PROHIBITED_CONTENT"
}

/** Vercel's SDK has words of its own over all protocols. */
export const aiStops: StopWords = {
  stop: "stop",
  stop_sequence: "stop",
  length: "length",
  tool_calls: "tool-calls",
  content_filter: "content-filter",
  refusal: "content-filter"
}
