import type { SoakProtocol } from "./soak-pools.ts"

/** What a client asks for. The number comes back in the answer, so that nobody gets what was meant for somebody else. */
export const soakRequest = (model: string, number: number, stream: boolean): string =>
  JSON.stringify({ model, stream, max_tokens: 64, messages: [{ role: "user", content: `request ${number}.` }] })

/** The number of a request, as its body has it. */
export const numberOf = (body: string): number => Number(/request (\d+)\./.exec(body)?.[1] ?? -1)

/** The text of an answer. */
export const answerText = (number: number, key: string): string => `answer ${number} from ${key}.`

/** The pieces in which a stream says it. */
const piecesOf = (text: string): ReadonlyArray<string> => [text.slice(0, 4), text.slice(4, 9), text.slice(9)]

/** An answer of a provider: the whole one, and the same as a stream, cut up for those who cut it off. */
export interface SoakAnswer {
  readonly whole: string
  /** What a stream begins with, before it says anything. */
  readonly head: string
  /** The first words. */
  readonly first: string
  readonly rest: string
  /** A whole answer, and a whole stream, that say nothing. */
  readonly empty: string
  readonly emptyStream: string
}

/** The answer to a request, as a provider of this protocol gives it. */
export const soakAnswer = (protocol: SoakProtocol, number: number, key: string): SoakAnswer =>
  (protocol === "openai" ? openaiAnswer : claudeAnswer)(answerText(number, key))

const data = (json: unknown): string => `data: ${JSON.stringify(json)}\n\n`

const openaiWhole = (content: string, tokens: number): string =>
  JSON.stringify({
    id: "chatcmpl-soak",
    object: "chat.completion",
    created: 1_700_000_000,
    model: "soak",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 4, completion_tokens: tokens, total_tokens: 4 + tokens }
  })

const openaiChunk = (delta: object, finish_reason: string | null = null): string =>
  data({
    id: "chatcmpl-soak",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "soak",
    choices: [{ index: 0, delta, finish_reason }]
  })

const openaiAnswer = (text: string): SoakAnswer => {
  const [first = "", ...others] = piecesOf(text)
  const head = openaiChunk({ role: "assistant", content: "" })
  const end = `${openaiChunk({}, "stop")}data: [DONE]\n\n`
  return {
    whole: openaiWhole(text, 6),
    head,
    first: openaiChunk({ content: first }),
    rest: `${others.map((content) => openaiChunk({ content })).join("")}${end}`,
    empty: openaiWhole("", 0),
    emptyStream: `${head}${end}`
  }
}

const claudeMessage = { id: "msg_soak", type: "message", role: "assistant", model: "soak", stop_sequence: null }

const claudeUsage = (tokens: number): object => ({ input_tokens: 4, output_tokens: tokens })

const claudeWhole = (content: ReadonlyArray<object>, tokens: number): string =>
  JSON.stringify({ ...claudeMessage, content, stop_reason: "end_turn", usage: claudeUsage(tokens) })

const claudeEvent = (type: string, json: object = {}): string => `event: ${type}\n${data({ type, ...json })}`

const claudeDelta = (text: string): string =>
  claudeEvent("content_block_delta", { index: 0, delta: { type: "text_delta", text } })

const claudeEnd = (tokens: number): string =>
  claudeEvent("message_delta", {
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: claudeUsage(tokens)
  }) + claudeEvent("message_stop")

const claudeAnswer = (text: string): SoakAnswer => {
  const [first = "", ...others] = piecesOf(text)
  const begin = claudeEvent("message_start", {
    message: { ...claudeMessage, content: [], stop_reason: null, usage: claudeUsage(0) }
  })
  const open = claudeEvent("content_block_start", { index: 0, content_block: { type: "text", text: "" } })
  const close = claudeEvent("content_block_stop", { index: 0 })
  return {
    whole: claudeWhole([{ type: "text", text }], 6),
    head: begin + open,
    first: claudeDelta(first),
    rest: `${others.map(claudeDelta).join("")}${close}${claudeEnd(6)}`,
    empty: claudeWhole([], 0),
    emptyStream: begin + claudeEnd(0)
  }
}
