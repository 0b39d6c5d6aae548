import { Anthropic, APIError } from "@anthropic-ai/sdk"
import type {
  ContentBlockParam,
  Message,
  MessageParam,
  RawMessageStreamEvent,
  ToolChoice,
  ToolResultBlockParam
} from "@anthropic-ai/sdk/resources/messages"

import type { Client, Question, Session, SessionOptions, Target, ToolAnswer, Turn } from "../client.ts"
import { apiFailure } from "./api-failure.ts"
import { collect } from "./collect.ts"
import { claudeStops } from "./stop-words.ts"

const connect = ({ url, apiKey }: Target): Anthropic => new Anthropic({ baseURL: url, apiKey, maxRetries: 0 })

const choiceOf = ({ toolChoice, parallelCalls }: SessionOptions): ToolChoice => {
  const one = parallelCalls === false ? { disable_parallel_tool_use: true } : {}
  if (toolChoice === undefined || toolChoice === "auto") return { type: "auto", ...one }
  if (toolChoice === "none") return { type: "none" }
  if (toolChoice === "required") return { type: "any", ...one }
  return { type: "tool", name: toolChoice, ...one }
}

/** Fields that a request for an answer and one for a count have in common. */
const prompt = (model: string, options: SessionOptions) => ({
  model,
  ...(options.system === undefined ? {} : { system: [{ type: "text" as const, text: options.system }] }),
  ...(options.reasoning === true ? { thinking: { type: "enabled" as const, budget_tokens: 2048 } } : {}),
  ...(options.toolChoice === undefined && options.parallelCalls === undefined
    ? {}
    : { tool_choice: choiceOf(options) }),
  ...(options.answerSchema === undefined
    ? {}
    : { output_config: { format: { type: "json_schema" as const, schema: { ...options.answerSchema } } } }),
  ...(options.tools === undefined
    ? {}
    : {
        tools: options.tools.map(({ name, description, schema }) => ({
          name,
          description,
          input_schema: { ...schema, type: "object" as const }
        }))
      })
})

const imageBlock = (data: string) => ({
  type: "image" as const,
  source: { type: "base64" as const, media_type: "image/png" as const, data }
})

const contentOf = ({ text, image }: Question): Array<ContentBlockParam> => [
  ...(image === undefined ? [] : [imageBlock(image)]),
  { type: "text", text }
]

const resultOf = ({ text, image, isError }: ToolAnswer, id: string): ToolResultBlockParam => ({
  type: "tool_result",
  tool_use_id: id,
  content: image === undefined ? text : [{ type: "text", text }, imageBlock(image)],
  ...(isError === true ? { is_error: true } : {})
})

const turnOf = ({ content, stop_reason: stop, stop_sequence: met, usage }: Message): Turn => ({
  text: content.map((block) => (block.type === "text" ? block.text : "")).join(""),
  reasoning: content.map((block) => (block.type === "thinking" ? block.thinking : "")).join(""),
  signatures: content.flatMap((block) => {
    if (block.type === "thinking") return block.signature
    return block.type === "redacted_thinking" ? block.data : []
  }),
  refusal: "",
  sources: content.flatMap((block) =>
    block.type !== "text"
      ? []
      : (block.citations ?? []).flatMap((citation) =>
          citation.type === "web_search_result_location"
            ? [{ url: citation.url, title: citation.title ?? undefined, words: block.text }]
            : []
        )
  ),
  calls: content.flatMap((block) =>
    block.type === "tool_use" ? [{ id: block.id, name: block.name, arguments: block.input }] : []
  ),
  stop: [stop, met].filter(Boolean).join(": "),
  usage: {
    input: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
    cacheRead: usage.cache_read_input_tokens ?? undefined,
    cacheWrite: usage.cache_creation_input_tokens ?? undefined,
    output: usage.output_tokens,
    reasoning: usage.output_tokens_details?.thinking_tokens
  }
})

/** What every event of a stream must keep to, beyond what the SDK checks: one block at a time, each index in turn. */
const checkEvent = (event: RawMessageStreamEvent, seen: { next: number; open: boolean; input: number }): void => {
  if (event.type === "message_start") seen.input = event.message.usage.input_tokens
  if (event.type === "content_block_start") {
    if (seen.open || event.index !== seen.next) throw new Error(`block ${event.index} begins out of turn`)
    seen.open = true
  }
  if (event.type === "content_block_delta" && (!seen.open || event.index !== seen.next)) {
    throw new Error(`block ${event.index} goes on when it is not open`)
  }
  if (event.type === "content_block_stop") {
    if (!seen.open || event.index !== seen.next) throw new Error(`block ${event.index} ends when it is not open`)
    seen.open = false
    seen.next += 1
  }
  if (event.type === "message_delta" && seen.open) throw new Error("a block is open at the end")
}

const open = (target: Target, options: SessionOptions): Session => {
  const client = connect(target)
  const messages: Array<MessageParam> = []
  let calls: Turn["calls"] = []

  const ask = async (): Promise<Turn> => {
    const body = {
      ...prompt(target.model, options),
      max_tokens: options.maxTokens ?? 4096,
      ...(options.stop === undefined ? {} : { stop_sequences: [...options.stop] }),
      messages
    }
    const request = { signal: options.signal ?? null }
    let message: Message
    if (options.stream) {
      const stream = client.messages.stream(body, request)
      stream.on("text", (text) => options.onText?.(text))
      const seen = { next: 0, open: false, input: 0 }
      for await (const event of stream) checkEvent(event, seen)
      // Meters of tokens read the first event: https://github.com/router-for-me/CLIProxyAPI/issues/747
      if (seen.input === 0) throw new Error("message_start has no input tokens")
      message = await stream.finalMessage()
    } else {
      message = await client.messages.create({ ...body, stream: false }, request)
    }
    messages.push({ role: "assistant", content: message.content })
    const turn = turnOf(message)
    calls = turn.calls
    return turn
  }

  return {
    say: (question) => {
      messages.push({ role: "user", content: contentOf(question) })
      return ask()
    },
    answer: (answers) => {
      messages.push({ role: "user", content: answers.map((given, at) => resultOf(given, calls[at]?.id ?? "")) })
      return ask()
    }
  }
}

/** The `@anthropic-ai/sdk` package. */
export const anthropic: Client = {
  name: "anthropic",
  protocol: "claude",
  imagesInResults: true,
  hidesTokens: true,
  stops: claudeStops,
  open,
  failure: (error) => (error instanceof APIError ? apiFailure(error) : undefined),
  countTokens: async (target, options, question) => {
    const counted = await connect(target).messages.countTokens({
      ...prompt(target.model, options),
      messages: [{ role: "user", content: contentOf(question) }]
    })
    return counted.input_tokens
  },
  models: async (target) => (await collect(connect(target).models.list())).map(({ id }) => id)
}
