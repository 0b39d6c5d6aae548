import { OpenAI } from "openai"
import type {
  Response,
  ResponseCreateParams,
  ResponseInputItem,
  ResponseOutputText,
  ResponseStreamEvent
} from "openai/resources/responses/responses"

import type { Client, Session, SessionOptions, Target, ToolAnswer, Turn, TurnSource } from "../client.ts"
import { openAIFailure, openAIModels, tokenOf } from "./openai-chat.ts"
import { responsesStops } from "./stop-words.ts"

const connect = ({ apiKey, url }: Target): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })

const choiceOf = (choice: string): Exclude<ResponseCreateParams["tool_choice"], undefined> =>
  choice === "auto" || choice === "none" || choice === "required" ? choice : { type: "function", name: choice }

const parameters = (model: string, options: SessionOptions) => ({
  model,
  store: false,
  ...(options.system === undefined ? {} : { instructions: options.system }),
  ...(options.maxTokens === undefined ? {} : { max_output_tokens: options.maxTokens }),
  ...(options.reasoning === true
    ? {
        reasoning: { effort: "medium" as const, summary: "auto" as const },
        include: ["reasoning.encrypted_content" as const]
      }
    : {}),
  ...(options.likeliestTokens === undefined
    ? {}
    : { include: ["message.output_text.logprobs" as const], top_logprobs: options.likeliestTokens }),
  ...(options.parallelCalls === false ? { parallel_tool_calls: false } : {}),
  ...(options.toolChoice === undefined ? {} : { tool_choice: choiceOf(options.toolChoice) }),
  ...(options.answerSchema === undefined
    ? {}
    : {
        text: {
          format: { type: "json_schema" as const, name: "answer", schema: { ...options.answerSchema }, strict: true }
        }
      }),
  ...(options.tools === undefined
    ? {}
    : {
        tools: options.tools.map(({ name, description, schema }) => ({
          type: "function" as const,
          name,
          description,
          parameters: { ...schema },
          strict: false
        }))
      })
})

/** Readable thought: a summary from OpenAI, the text itself from others. */
const thoughtOf = (item: Extract<Response["output"][number], { type: "reasoning" }>): string =>
  [...item.summary, ...(item.content ?? [])].map(({ text }) => text).join("")

const sourcesOf = ({ annotations, text }: ResponseOutputText): ReadonlyArray<TurnSource> =>
  annotations.flatMap((annotation) => {
    if (annotation.type !== "url_citation") return []
    const { end_index, start_index, title, url } = annotation
    return [{ url, title, words: Array.from(text).slice(start_index, end_index).join("") }]
  })

const turnOf = (response: Response): Turn => {
  const { output, usage } = response
  const content = output.flatMap((item) => (item.type === "message" ? item.content : []))
  const reasoning = output.flatMap((item) => (item.type === "reasoning" ? [item] : []))
  return {
    text: response.output_text,
    reasoning: reasoning.map(thoughtOf).join(""),
    signatures: reasoning.flatMap(({ encrypted_content: encrypted }) => encrypted ?? []),
    refusal: content.map((part) => (part.type === "refusal" ? part.refusal : "")).join(""),
    sources: content.flatMap((part) => (part.type === "output_text" ? sourcesOf(part) : [])),
    tokens: content.flatMap((part) => (part.type === "output_text" ? (part.logprobs ?? []).map(tokenOf) : [])),
    calls: output.flatMap((item) =>
      item.type === "function_call"
        ? [{ id: item.call_id, name: item.name, arguments: JSON.parse(item.arguments) as unknown }]
        : []
    ),
    stop: [response.status, response.incomplete_details?.reason].filter(Boolean).join(": "),
    usage: usage && {
      input: usage.input_tokens,
      cacheRead: usage.input_tokens_details.cached_tokens,
      cacheWrite: usage.input_tokens_details.cache_write_tokens,
      output: usage.output_tokens,
      reasoning: usage.output_tokens_details.reasoning_tokens
    }
  }
}

/** What every event of a stream must keep to, beyond what the SDK checks. */
const checkEvent = (event: ResponseStreamEvent, seen: { sequence: number; items: number; terminal: number }): void => {
  if ("sequence_number" in event) {
    if (event.sequence_number <= seen.sequence) throw new Error("sequence numbers do not rise")
    seen.sequence = event.sequence_number
  }
  if (seen.terminal > 0) throw new Error(`${event.type} follows the last event`)
  if (event.type === "response.output_item.added") {
    if (event.output_index !== seen.items) throw new Error(`output_index ${event.output_index} is not the next`)
    seen.items += 1
  }
  if (/^response\.(completed|incomplete|failed)$/.test(event.type)) seen.terminal += 1
}

const outputOf = ({ text, image }: ToolAnswer) =>
  image === undefined
    ? text
    : [
        { type: "input_text" as const, text },
        { type: "input_image" as const, image_url: `data:image/png;base64,${image}`, detail: "auto" as const }
      ]

const open = (target: Target, options: SessionOptions): Session => {
  const client = connect(target)
  const input: Array<ResponseInputItem> = []
  let calls: Turn["calls"] = []

  const ask = async (): Promise<Turn> => {
    const body = { ...parameters(target.model, options), input }
    const request = { signal: options.signal ?? null }
    let response: Response
    if (options.stream) {
      const stream = client.responses.stream(body, request)
      const seen = { sequence: -1, items: 0, terminal: 0 }
      for await (const event of stream) {
        checkEvent(event, seen)
        if (event.type === "response.output_text.delta") options.onText?.(event.delta)
      }
      if (seen.terminal === 0) throw new Error("the stream has no last event")
      response = await stream.finalResponse()
    } else {
      response = await client.responses.create(body, request)
    }
    // What was parsed for the caller is not part of an item.
    input.push(...response.output.map((item) => JSON.parse(JSON.stringify(item, leaveOutParsed)) as ResponseInputItem))
    const turn = turnOf(response)
    calls = turn.calls
    return turn
  }

  return {
    say: ({ text, image }) => {
      input.push({
        role: "user",
        content: [
          { type: "input_text", text },
          ...(image === undefined
            ? []
            : [{ type: "input_image" as const, image_url: `data:image/png;base64,${image}`, detail: "auto" as const }])
        ]
      })
      return ask()
    },
    answer: (answers) => {
      answers.forEach((given, at) => {
        input.push({ type: "function_call_output", call_id: calls[at]?.id ?? "", output: outputOf(given) })
      })
      return ask()
    }
  }
}

const leaveOutParsed = (name: string, value: unknown): unknown =>
  name === "parsed" || name === "parsed_arguments" ? undefined : value

/** The `openai` package with the Responses API. */
export const openAIResponses: Client = {
  name: "openai responses",
  protocol: "openai-response",
  imagesInResults: true,
  stops: responsesStops,
  open,
  failure: openAIFailure,
  countTokens: async (target, options, { text }) => {
    const { tools } = parameters(target.model, options)
    const counted = await connect(target).responses.inputTokens.count({
      model: target.model,
      input: text,
      ...(options.system === undefined ? {} : { instructions: options.system }),
      ...(tools === undefined ? {} : { tools })
    })
    return counted.input_tokens
  },
  models: openAIModels
}
