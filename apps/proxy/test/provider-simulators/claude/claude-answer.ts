import type { ConversationView } from "../conversation-view.ts"
import type { Answer, AnswerError, AnswerPart, AnswerStop, AnswerUsage } from "../scenario.ts"
import { pieces, type SeededRandom } from "../seeded-random.ts"
import { encryptedIndex } from "./claude-citations.ts"
import { redactedData, thinkingSignature } from "./claude-thinking.ts"

const STOP_REASON: Readonly<Record<AnswerStop, string>> = {
  stop: "end_turn",
  stop_sequence: "stop_sequence",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
  refusal: "refusal"
}

const usage = ({ input, cacheRead, cacheWrite, output, reasoning }: AnswerUsage) => ({
  input_tokens: input - cacheRead - cacheWrite,
  cache_creation_input_tokens: cacheWrite,
  cache_read_input_tokens: cacheRead,
  cache_creation: { ephemeral_5m_input_tokens: cacheWrite, ephemeral_1h_input_tokens: 0 },
  output_tokens: output,
  output_tokens_details: { thinking_tokens: reasoning },
  server_tool_use: null,
  service_tier: "standard"
})

/** Arguments that are no JSON object cannot be in a whole answer: the API sends an empty one. */
const inputOf = (part: Extract<AnswerPart, { type: "tool_call" }>) =>
  typeof part.arguments === "string" ? {} : part.arguments

const toolUseId = (view: ConversationView, index: number): string =>
  `toolu_01${String(view.calls.length + index).padStart(4, "0")}AbCdEfGhIjKlMn`

/** Sources of a text: pages as the web search tool gives them, and a file of the request. */
const citationsOf = (part: Extract<AnswerPart, { type: "text" | "refusal" }>) => {
  if (part.type === "refusal" || (part.sources === undefined && part.document === undefined)) return null
  const pages = (part.sources ?? []).map(({ title, url }) => ({
    type: "web_search_result_location",
    cited_text: "Words of the page.",
    url,
    title,
    encrypted_index: encryptedIndex(url)
  }))
  if (part.document === undefined) return pages
  const { fileId, title, words } = part.document
  const place = { document_index: 0, start_char_index: 0, end_char_index: words.length }
  return [...pages, { type: "char_location", cited_text: words, document_title: title, file_id: fileId, ...place }]
}

/** Content blocks as a whole answer has them. */
const blocks = (answer: Answer, view: ConversationView) => {
  let calls = 0
  return answer.parts.map((part) => {
    switch (part.type) {
      case "text":
      case "refusal":
        return { type: "text", text: part.text, citations: citationsOf(part) } as const
      case "reasoning":
        return { type: "thinking", thinking: part.text, signature: thinkingSignature(part.text) } as const
      case "redacted_reasoning":
        return { type: "redacted_thinking", data: redactedData(part.data) } as const
      case "tool_call":
        return {
          type: "tool_use",
          id: toolUseId(view, calls++),
          name: part.name,
          input: inputOf(part),
          caller: { type: "direct" }
        } as const
    }
  })
}

const ending = (answer: Answer) => ({
  stop_reason: STOP_REASON[answer.stop],
  stop_sequence: answer.stopSequence ?? null,
  stop_details: STOP_REASON[answer.stop] === "refusal" ? { type: "refusal", category: null, explanation: null } : null
})

/** A whole message. Source: https://docs.claude.com/en/api/messages */
export const claudeMessage = (answer: Answer, view: ConversationView) => ({
  id: "msg_simulated",
  type: "message",
  role: "assistant",
  model: view.model,
  content: blocks(answer, view),
  container: null,
  ...ending(answer),
  usage: usage(answer.usage)
})

const event = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`

/** A stream's events. Source: https://docs.claude.com/en/docs/build-with-claude/streaming */
export const claudeEvents = (answer: Answer, view: ConversationView, random: SeededRandom): ReadonlyArray<string> => {
  const delta = (index: number, fields: object) => event("content_block_delta", { index, delta: fields })
  const cut = (text: string) => pieces(text, 24, random)
  const content = blocks(answer, view).flatMap((block, index) => {
    const around = (started: object, deltas: ReadonlyArray<string>) => [
      event("content_block_start", { index, content_block: started }),
      ...deltas,
      event("content_block_stop", { index })
    ]
    switch (block.type) {
      case "text":
        return around({ ...block, text: "", citations: block.citations === null ? null : [] }, [
          ...(block.citations ?? []).map((citation) => delta(index, { type: "citations_delta", citation })),
          ...cut(block.text).map((text) => delta(index, { type: "text_delta", text }))
        ])
      case "thinking":
        return around({ ...block, thinking: "", signature: "" }, [
          ...cut(block.thinking).map((thinking) => delta(index, { type: "thinking_delta", thinking })),
          delta(index, { type: "signature_delta", signature: block.signature })
        ])
      case "redacted_thinking":
        return around(block, [])
      case "tool_use": {
        const part = answer.parts[index]
        const given = part?.type === "tool_call" ? part.arguments : {}
        const json = typeof given === "string" ? given : Object.keys(given).length === 0 ? "" : JSON.stringify(given)
        // The API begins with an empty piece; arguments without fields consist of nothing else.
        const jsons = ["", ...cut(json)]
        return around(
          { ...block, input: {} },
          jsons.map((partial_json) => delta(index, { type: "input_json_delta", partial_json }))
        )
      }
    }
  })
  const [first = "", ...later] = content
  const { output_tokens: _, ...asked } = usage(answer.usage)
  return [
    event("message_start", {
      message: {
        ...claudeMessage({ ...answer, parts: [] }, view),
        stop_reason: null,
        stop_sequence: null,
        stop_details: null,
        usage: { ...asked, output_tokens: 1, output_tokens_details: { thinking_tokens: 0 } }
      }
    }),
    ...(first === "" ? [] : [first]),
    event("ping", {}),
    ...later,
    event("message_delta", { delta: { ...ending(answer), container: null }, usage: usage(answer.usage) }),
    event("message_stop", {})
  ]
}

/** Types that go with a status. Source: https://docs.claude.com/en/api/errors */
const KINDS: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  529: "overloaded_error"
}

/** An error's body, and the data of its event. */
export const claudeError = ({ status, message }: AnswerError) => ({
  type: "error",
  error: { type: KINDS[status] ?? "invalid_request_error", message },
  request_id: "req_simulated"
})
