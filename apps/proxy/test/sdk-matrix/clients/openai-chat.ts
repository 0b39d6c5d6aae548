import { APIError, OpenAI } from "openai"
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionContentPart,
  ChatCompletionCreateParams,
  ChatCompletionMessage,
  ChatCompletionMessageParam,
  ChatCompletionTokenLogprob
} from "openai/resources/chat/completions"

import type { Client, Failure, Question, Session, SessionOptions, Target, Turn, TurnToken } from "../client.ts"
import { apiFailure } from "./api-failure.ts"
import { collect } from "./collect.ts"
import { chatStops } from "./stop-words.ts"

const connect = ({ url, apiKey }: Target): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })

const choiceOf = (choice: string): Exclude<ChatCompletionCreateParams["tool_choice"], undefined> =>
  choice === "auto" || choice === "none" || choice === "required"
    ? choice
    : { type: "function", function: { name: choice } }

const parameters = (model: string, options: SessionOptions) => ({
  model,
  ...(options.maxTokens === undefined ? {} : { max_completion_tokens: options.maxTokens }),
  ...(options.stop === undefined ? {} : { stop: [...options.stop] }),
  ...(options.reasoning === true ? { reasoning_effort: "medium" as const } : {}),
  ...(options.likeliestTokens === undefined ? {} : { logprobs: true, top_logprobs: options.likeliestTokens }),
  ...(options.parallelCalls === false ? { parallel_tool_calls: false } : {}),
  ...(options.toolChoice === undefined ? {} : { tool_choice: choiceOf(options.toolChoice) }),
  ...(options.answerSchema === undefined
    ? {}
    : {
        response_format: {
          type: "json_schema" as const,
          json_schema: { name: "answer", schema: { ...options.answerSchema }, strict: true }
        }
      }),
  ...(options.tools === undefined
    ? {}
    : {
        tools: options.tools.map(({ name, description, schema }) => ({
          type: "function" as const,
          function: { name, description, parameters: { ...schema } }
        }))
      })
})

const contentOf = ({ text, image }: Question): Array<ChatCompletionContentPart> => [
  { type: "text", text },
  ...(image === undefined ? [] : [{ type: "image_url" as const, image_url: { url: `data:image/png;base64,${image}` } }])
]

/** Compatible providers show thoughts in a field that the SDK hands on without knowing it. */
const reasoningIn = (message: object): string =>
  "reasoning_content" in message && typeof message.reasoning_content === "string" ? message.reasoning_content : ""

/** A token, as both of OpenAI's protocols have it. */
export const tokenOf = ({ logprob, token, top_logprobs: top }: ChatCompletionTokenLogprob): TurnToken => [
  token,
  logprob,
  top.map((other) => [other.token, other.logprob] as const)
]

const turnOf = (completion: ChatCompletion, message: ChatCompletionMessage, reasoning: string): Turn => {
  const { usage } = completion
  return {
    text: message.content ?? "",
    reasoning,
    signatures: [],
    refusal: message.refusal ?? "",
    sources: (message.annotations ?? []).map(({ url_citation: { end_index, start_index, title, url } }) => ({
      url,
      title,
      words: Array.from(message.content ?? "")
        .slice(start_index, end_index)
        .join("")
    })),
    tokens: (completion.choices[0]?.logprobs?.content ?? []).map(tokenOf),
    calls: (message.tool_calls ?? []).flatMap((call) =>
      call.type === "function"
        ? [{ id: call.id, name: call.function.name, arguments: JSON.parse(call.function.arguments) as unknown }]
        : []
    ),
    stop: completion.choices[0]?.finish_reason ?? "",
    usage: usage && {
      input: usage.prompt_tokens,
      cacheRead: usage.prompt_tokens_details?.cached_tokens,
      cacheWrite: usage.prompt_tokens_details?.cache_write_tokens,
      output: usage.completion_tokens,
      reasoning: usage.completion_tokens_details?.reasoning_tokens
    }
  }
}

/** What every chunk of a stream must keep to, beyond what the SDK checks. */
const checkChunk = (chunk: ChatCompletionChunk, seen: { calls: number; finished: boolean; roles: number }): void => {
  for (const { delta, finish_reason: finish } of chunk.choices) {
    if (seen.finished) throw new Error("a choice goes on after its finish_reason")
    if (delta.role !== undefined) seen.roles += 1
    for (const { index, id } of delta.tool_calls ?? []) {
      if (index > seen.calls || (index === seen.calls && !id)) throw new Error(`tool_calls has a gap before ${index}`)
      if (index === seen.calls) seen.calls += 1
    }
    seen.finished = finish !== null
  }
  if (seen.roles > 1) throw new Error("the role is told twice")
}

const open = (target: Target, options: SessionOptions): Session => {
  const client = connect(target)
  const messages: Array<ChatCompletionMessageParam> =
    options.system === undefined ? [] : [{ role: "system", content: options.system }]
  let calls: Turn["calls"] = []

  const ask = async (): Promise<Turn> => {
    const body = { ...parameters(target.model, options), messages }
    const request = { signal: options.signal ?? null }
    let completion: ChatCompletion
    let reasoning = ""
    if (options.stream) {
      const stream = client.chat.completions.stream(
        { ...body, stream: true, stream_options: { include_usage: true } },
        request
      )
      const seen = { calls: 0, finished: false, roles: 0 }
      for await (const chunk of stream) {
        checkChunk(chunk, seen)
        const delta = chunk.choices[0]?.delta
        reasoning += reasoningIn(delta ?? {})
        if (delta?.content) options.onText?.(delta.content)
      }
      completion = await stream.finalChatCompletion()
    } else {
      completion = await client.chat.completions.create({ ...body, stream: false }, request)
      reasoning = reasoningIn(completion.choices[0]?.message ?? {})
    }
    const message = completion.choices[0]?.message
    if (message === undefined) throw new Error("the completion has no choice")
    messages.push({
      role: "assistant",
      content: message.content,
      ...(message.refusal ? { refusal: message.refusal } : {}),
      // Whoever keeps the message as it came sends them back.
      ...(message.annotations === undefined ? {} : { annotations: message.annotations }),
      ...(message.tool_calls === undefined ? {} : { tool_calls: message.tool_calls })
    })
    const turn = turnOf(completion, message, reasoning)
    calls = turn.calls
    return turn
  }

  return {
    say: (question) => {
      messages.push({ role: "user", content: contentOf(question) })
      return ask()
    },
    answer: (answers) => {
      answers.forEach(({ text }, at) => {
        messages.push({ role: "tool", tool_call_id: calls[at]?.id ?? "", content: text })
      })
      return ask()
    }
  }
}

/** What the OpenAI SDK's errors say, for both of its protocols. */
export const openAIFailure = (error: unknown): Failure | undefined =>
  error instanceof APIError ? apiFailure(error) : undefined

/** Models as the OpenAI SDK lists them. */
export const openAIModels = async (target: Target): Promise<ReadonlyArray<string>> =>
  (await collect(connect(target).models.list())).map(({ id }) => id)

/** The `openai` package with chat completions. */
export const openAIChat: Client = {
  name: "openai chat",
  protocol: "openai",
  imagesInResults: false,
  stops: chatStops,
  open,
  failure: openAIFailure,
  models: openAIModels
}
