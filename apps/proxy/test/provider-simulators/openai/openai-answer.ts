import { type AnswerToken, tokensOf } from "../answer-tokens.ts"
import type { ConversationView } from "../conversation-view.ts"
import type { Answer, AnswerError, AnswerPart, AnswerStop, AnswerUsage } from "../scenario.ts"
import { pieces, type SeededRandom } from "../seeded-random.ts"

const FINISH: Readonly<Record<AnswerStop, string>> = {
  stop: "stop",
  stop_sequence: "stop",
  length: "length",
  tool_calls: "tool_calls",
  content_filter: "content_filter",
  refusal: "stop"
}

/** How an answer is written. */
export interface OpenAIDialect {
  /** Whether thoughts are shown, as compatible providers do. OpenAI only counts them. */
  readonly showsReasoning: boolean
  /** Whether the stream reports usage. */
  readonly streamUsage: boolean
}

const usage = ({ input, cacheRead, cacheWrite, output, reasoning }: AnswerUsage) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: reasoning,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0
  }
})

const argumentsOf = (part: Extract<AnswerPart, { type: "tool_call" }>): string =>
  typeof part.arguments === "string" ? part.arguments : JSON.stringify(part.arguments)

const textOf = (answer: Answer, type: "text" | "refusal" | "reasoning"): string =>
  answer.parts.map((part) => (part.type === type ? part.text : "")).join("")

const callsOf = (answer: Answer, view: ConversationView) =>
  answer.parts
    .filter((part) => part.type === "tool_call")
    .map((part, index) => ({
      id: `call_${String(view.calls.length + index).padStart(4, "0")}aZ9bY8cX7dW6eV5f`,
      type: "function",
      function: { name: part.name, arguments: argumentsOf(part) }
    }))

/** Sources of the text, with indexes that count characters. */
const annotationsOf = (answer: Answer) => {
  let start = 0
  return answer.parts.flatMap((part) => {
    if (part.type !== "text") return []
    const place = { start_index: start, end_index: (start += Array.from(part.text).length) }
    return (part.sources ?? []).map((source) => ({ type: "url_citation", url_citation: { ...place, ...source } }))
  })
}

const logprob = ({ token, logprob: probability }: AnswerToken["top"][number]) => ({
  token,
  logprob: probability,
  bytes: [...Buffer.from(token)]
})

const logprobs = (tokens: ReadonlyArray<AnswerToken>) => ({
  content: tokens.map((token) => ({ ...logprob(token), top_logprobs: token.top.map(logprob) })),
  refusal: null
})

const head = (object: string, view: ConversationView) => ({
  id: "chatcmpl-simulated",
  object,
  created: 1_760_000_000,
  model: view.model,
  service_tier: "default",
  system_fingerprint: "fp_simulated"
})

/** A whole completion. Source: https://platform.openai.com/docs/api-reference/chat/object */
export const chatCompletion = (answer: Answer, view: ConversationView, dialect: OpenAIDialect) => {
  const calls = callsOf(answer, view)
  const reasoning = dialect.showsReasoning ? textOf(answer, "reasoning") : ""
  return {
    ...head("chat.completion", view),
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: textOf(answer, "text") || null,
          refusal: textOf(answer, "refusal") || null,
          annotations: annotationsOf(answer),
          ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
          ...(calls.length === 0 ? {} : { tool_calls: calls })
        },
        logprobs:
          view.likeliestTokens === undefined ? null : logprobs(tokensOf(textOf(answer, "text"), view.likeliestTokens)),
        finish_reason: FINISH[answer.stop]
      }
    ],
    usage: usage(answer.usage)
  }
}

/** A stream's events. Source: https://platform.openai.com/docs/api-reference/chat/streaming */
export const chatEvents = (
  answer: Answer,
  view: ConversationView,
  dialect: OpenAIDialect,
  random: SeededRandom
): ReadonlyArray<string> => {
  const chunk = (choices: ReadonlyArray<unknown>, more: object = {}) => {
    const noUsage = dialect.streamUsage ? { usage: null } : {}
    return `data: ${JSON.stringify({ ...head("chat.completion.chunk", view), choices, ...noUsage, ...more })}\n\n`
  }
  const delta = (fields: object, finish: string | null = null, tokens: object | null = null) =>
    chunk([{ index: 0, delta: fields, logprobs: tokens, finish_reason: finish }])
  const deltas = (text: string, fields: (piece: string) => object) =>
    pieces(text, 24, random).map((piece) => delta(fields(piece)))
  const calls = callsOf(answer, view).flatMap(({ id, type, function: { name, arguments: json } }, index) => [
    delta({ tool_calls: [{ index, id, type, function: { name, arguments: "" } }] }),
    ...deltas(json, (piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] }))
  ])
  const text = textOf(answer, "text")
  const annotations = annotationsOf(answer)
  return [
    delta({ role: "assistant", content: "", refusal: null }),
    ...(dialect.showsReasoning ? deltas(textOf(answer, "reasoning"), (piece) => ({ reasoning_content: piece })) : []),
    ...(view.likeliestTokens === undefined
      ? deltas(text, (piece) => ({ content: piece }))
      : tokensOf(text, view.likeliestTokens).map((token) => delta({ content: token.token }, null, logprobs([token])))),
    ...(annotations.length === 0 ? [] : [delta({ annotations })]),
    ...deltas(textOf(answer, "refusal"), (piece) => ({ refusal: piece })),
    ...calls,
    delta({}, FINISH[answer.stop]),
    ...(dialect.streamUsage ? [chunk([], { usage: usage(answer.usage) })] : []),
    "data: [DONE]\n\n"
  ]
}

/** Types and codes that go with a status. Source: https://platform.openai.com/docs/guides/error-codes */
const KINDS: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  401: ["invalid_request_error", "invalid_api_key"],
  404: ["invalid_request_error", "model_not_found"],
  429: ["requests", "rate_limit_exceeded"],
  500: ["server_error", null],
  503: ["server_error", null]
}

/** An error's body. */
export const openAIError = ({ status, message }: AnswerError, param: string | null = null, unknownField = false) => {
  const [type, code] = KINDS[status] ?? ["invalid_request_error", unknownField ? "unknown_parameter" : null]
  return { error: { message, type, param, code } }
}
