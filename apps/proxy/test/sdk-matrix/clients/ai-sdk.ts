import {
  AISDKError,
  APICallError,
  generateText,
  jsonSchema,
  type ModelMessage,
  Output,
  streamText,
  tool,
  type ToolResultPart,
  type ToolSet
} from "ai"

import type { JsonObject } from "../../provider-simulators/scenario.ts"
import type { Client, Failure, Session, SessionOptions, Target, ToolAnswer, Turn } from "../client.ts"
import { type AiProvider, aiProviders } from "./ai-providers.ts"
import { aiStops } from "./stop-words.ts"

// The SDK would print its advice between the results of the tests.
globalThis.AI_SDK_LOG_WARNINGS = false

const toolsOf = (options: SessionOptions): ToolSet =>
  Object.fromEntries(
    (options.tools ?? []).map(({ name, description, schema }) => [
      name,
      tool({ description, inputSchema: jsonSchema<JsonObject>(schema) })
    ])
  )

const choiceOf = (choice: string) =>
  choice === "auto" || choice === "none" || choice === "required" ? choice : { type: "tool" as const, toolName: choice }

const outputOf = ({ text, image, isError }: ToolAnswer): ToolResultPart["output"] => {
  if (isError === true) return { type: "error-text", value: text }
  if (image === undefined) return { type: "text", value: text }
  return {
    type: "content",
    value: [
      { type: "text", text },
      { type: "file", data: { type: "data", data: image }, mediaType: "image/png" }
    ]
  }
}

/** The part of a result that whole answers and streams have in common. */
type Step = Pick<
  Awaited<ReturnType<typeof generateText>>,
  "text" | "reasoning" | "sources" | "toolCalls" | "finishReason" | "usage"
>

const signaturesIn = (reasoning: Step["reasoning"]): ReadonlyArray<string> =>
  reasoning.flatMap(({ providerMetadata }) =>
    Object.values(providerMetadata ?? {}).flatMap((fields) =>
      ["signature", "redactedData", "thoughtSignature", "reasoningEncryptedContent"].flatMap((name) => {
        const value = fields[name]
        return typeof value === "string" ? value : []
      })
    )
  )

const turnOf = ({ text, reasoning, sources, toolCalls, finishReason, usage }: Step): Turn => ({
  text,
  reasoning: reasoning.map((part) => ("text" in part ? part.text : "")).join(""),
  signatures: signaturesIn(reasoning),
  refusal: "",
  sources: sources.flatMap((source) =>
    source.sourceType === "url" ? [{ url: source.url, title: source.title, words: undefined }] : []
  ),
  calls: toolCalls.map(({ toolCallId, toolName, input }) => ({
    id: toolCallId,
    name: toolName,
    arguments: input
  })),
  stop: finishReason,
  usage: {
    input: usage.inputTokens,
    cacheRead: usage.inputTokenDetails.cacheReadTokens,
    cacheWrite: usage.inputTokenDetails.cacheWriteTokens,
    output: usage.outputTokens,
    reasoning: usage.outputTokenDetails.reasoningTokens
  }
})

const streamStep = async (
  settings: Parameters<typeof streamText>[0],
  onText: SessionOptions["onText"]
): Promise<{ readonly step: Step; readonly messages: ReadonlyArray<ModelMessage> }> => {
  // Errors come as a part of the stream; the SDK would print them as well.
  const result = streamText({ ...settings, onError: () => undefined })
  for await (const part of result.fullStream) {
    if (part.type === "error") throw part.error
    if (part.type === "abort") throw new DOMException("aborted", "AbortError")
    if (part.type === "text-delta") onText?.(part.text)
  }
  const step: Step = {
    text: await result.text,
    reasoning: await result.reasoning,
    sources: await result.sources,
    toolCalls: await result.toolCalls,
    finishReason: await result.finishReason,
    usage: await result.usage
  }
  return { step, messages: (await result.response).messages }
}

const open =
  (provider: AiProvider) =>
  (target: Target, options: SessionOptions): Session => {
    const messages: Array<ModelMessage> = []
    let calls: Turn["calls"] = []

    const ask = async (): Promise<Turn> => {
      const settings = {
        model: provider.model(target),
        messages,
        maxRetries: 0,
        maxOutputTokens: options.maxTokens ?? 4096,
        ...(options.system === undefined ? {} : { instructions: options.system }),
        ...(options.tools === undefined ? {} : { tools: toolsOf(options) }),
        ...(options.toolChoice === undefined ? {} : { toolChoice: choiceOf(options.toolChoice) }),
        ...(options.stop === undefined ? {} : { stopSequences: [...options.stop] }),
        ...(options.signal === undefined ? {} : { abortSignal: options.signal }),
        providerOptions: options.reasoning === true ? provider.thinking : (provider.always ?? {}),
        ...(options.answerSchema === undefined
          ? {}
          : { output: Output.object({ schema: jsonSchema<JsonObject>(options.answerSchema) }) })
      } as Parameters<typeof generateText>[0]
      const whole = async () => {
        const result = await generateText(settings)
        return { step: result, messages: result.response.messages }
      }
      const { step, messages: said } = await (options.stream ? streamStep(settings, options.onText) : whole())
      messages.push(...said)
      const turn = turnOf(step)
      calls = turn.calls
      return turn
    }

    return {
      say: ({ text, image }) => {
        messages.push({
          role: "user",
          content: [
            { type: "text", text },
            ...(image === undefined
              ? []
              : [{ type: "file" as const, data: { type: "data" as const, data: image }, mediaType: "image/png" }])
          ]
        })
        return ask()
      },
      answer: (answers) => {
        messages.push({
          role: "tool",
          content: answers.map((given, at) => ({
            type: "tool-result",
            toolCallId: calls[at]?.id ?? "",
            toolName: calls[at]?.name ?? "",
            output: outputOf(given)
          }))
        })
        return ask()
      }
    }
  }

const field = (body: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>(
    (value, name) =>
      typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined,
    body
  )

const failure = (error: unknown): Failure | undefined => {
  if (!AISDKError.isInstance(error)) return undefined
  const call = APICallError.isInstance(error) ? error : undefined
  const type = field(call?.data, "error", "status") ?? field(call?.data, "error", "type")
  return {
    name: error.name,
    status: call?.statusCode,
    type: typeof type === "string" ? type : undefined,
    message: error.message,
    retryAfter: call?.responseHeaders?.["retry-after"]
  }
}

/** The `ai` package with its provider for each of the four protocols. */
export const aiClients: ReadonlyArray<Client> = aiProviders.map((provider) => ({
  name: provider.name,
  protocol: provider.protocol,
  imagesInResults: provider.imagesInResults,
  hidesCacheWrites: provider.hidesCacheWrites,
  hidesSources: provider.hidesSources,
  hidesTokens: true,
  stops: aiStops,
  open: open(provider),
  failure
}))
