import {
  ApiError,
  FunctionCallingConfigMode,
  type GenerateContentConfig,
  type GenerateContentResponse,
  GoogleGenAI,
  type GroundingMetadata,
  type LogprobsResult,
  type Part
} from "@google/genai"

import type {
  Client,
  Question,
  Session,
  SessionOptions,
  Target,
  ToolAnswer,
  Turn,
  TurnSource,
  TurnToken
} from "../client.ts"
import { collect } from "./collect.ts"
import { geminiStops } from "./stop-words.ts"

const connect = ({ url, apiKey }: Target): GoogleGenAI =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url }, vertexai: false })

const MODES: Readonly<Record<string, FunctionCallingConfigMode>> = {
  auto: FunctionCallingConfigMode.AUTO,
  none: FunctionCallingConfigMode.NONE,
  required: FunctionCallingConfigMode.ANY
}

const choiceOf = (choice: string) => {
  const mode = MODES[choice]
  return mode === undefined ? { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: [choice] } : { mode }
}

const configOf = (options: SessionOptions): GenerateContentConfig => ({
  ...(options.system === undefined ? {} : { systemInstruction: options.system }),
  ...(options.maxTokens === undefined ? {} : { maxOutputTokens: options.maxTokens }),
  ...(options.stop === undefined ? {} : { stopSequences: [...options.stop] }),
  ...(options.reasoning === true ? { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } } : {}),
  ...(options.likeliestTokens === undefined ? {} : { responseLogprobs: true, logprobs: options.likeliestTokens }),
  ...(options.toolChoice === undefined ? {} : { toolConfig: { functionCallingConfig: choiceOf(options.toolChoice) } }),
  ...(options.answerSchema === undefined
    ? {}
    : { responseMimeType: "application/json", responseJsonSchema: options.answerSchema }),
  ...(options.signal === undefined ? {} : { abortSignal: options.signal }),
  ...(options.tools === undefined
    ? {}
    : {
        tools: [
          {
            functionDeclarations: options.tools.map(({ name, description, schema }) => ({
              name,
              description,
              parametersJsonSchema: schema
            }))
          }
        ]
      })
})

const partsOf = ({ text, image }: Question): Array<Part> => [
  { text },
  ...(image === undefined ? [] : [{ inlineData: { mimeType: "image/png", data: image } }])
]

const responseOf = ({ text, image, isError }: ToolAnswer, { id, name }: Turn["calls"][number]): Part => ({
  functionResponse: {
    name,
    ...(id === "" ? {} : { id }),
    response: isError === true ? { error: text } : { output: text },
    ...(image === undefined ? {} : { parts: [{ inlineData: { mimeType: "image/png", data: image } }] })
  }
})

/** Pages with the words that rest on them, as Google's documentation puts them together. */
const sourcesOf = (metadata: GroundingMetadata | undefined, text: string): ReadonlyArray<TurnSource> =>
  (metadata?.groundingSupports ?? []).flatMap(({ groundingChunkIndices = [], segment }) =>
    groundingChunkIndices.map((index) => {
      const { title, uri = "" } = metadata?.groundingChunks?.[index]?.web ?? {}
      const words = Buffer.from(text).subarray(segment?.startIndex ?? 0, segment?.endIndex)
      return { url: uri, title, words: words.toString() }
    })
  )

const tokensOf = (result: LogprobsResult | undefined): ReadonlyArray<TurnToken> =>
  (result?.chosenCandidates ?? []).map(({ logProbability = 0, token = "" }, index) => [
    token,
    logProbability,
    (result?.topCandidates?.[index]?.candidates ?? []).map(
      (other) => [other.token ?? "", other.logProbability ?? 0] as const
    )
  ])

/** What the chunks of an answer hold together; a whole answer is one chunk. */
const turnOf = (chunks: ReadonlyArray<GenerateContentResponse>): Turn => {
  const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? [])
  const usage = chunks.findLast(({ usageMetadata }) => usageMetadata !== undefined)?.usageMetadata
  const finish = chunks.flatMap((chunk) => chunk.candidates?.[0]?.finishReason ?? [])
  if (finish.length > 1) throw new Error("several chunks have a finishReason")
  const textOf = (thought: boolean) =>
    parts.map((part) => ((part.thought ?? false) === thought ? (part.text ?? "") : "")).join("")
  const thoughts = usage?.thoughtsTokenCount ?? 0
  return {
    text: textOf(false),
    reasoning: textOf(true),
    signatures: parts.flatMap(({ thoughtSignature }) => thoughtSignature ?? []),
    refusal: "",
    sources: chunks.flatMap(({ candidates }) => sourcesOf(candidates?.[0]?.groundingMetadata, textOf(false))),
    tokens: chunks.flatMap(({ candidates }) => tokensOf(candidates?.[0]?.logprobsResult)),
    calls: parts.flatMap(({ functionCall: call }) =>
      call === undefined ? [] : [{ id: call.id ?? "", name: call.name ?? "", arguments: call.args ?? {} }]
    ),
    stop: finish[0] ?? chunks.flatMap(({ promptFeedback }) => promptFeedback?.blockReason ?? [])[0] ?? "",
    usage: usage && {
      input: usage.promptTokenCount,
      cacheRead: usage.cachedContentTokenCount,
      cacheWrite: undefined,
      output: usage.candidatesTokenCount === undefined ? undefined : usage.candidatesTokenCount + thoughts,
      reasoning: thoughts
    }
  }
}

const open = (target: Target, options: SessionOptions): Session => {
  const { chats } = connect(target)
  let model = target.model
  let chat = chats.create({ model, config: configOf(options) })
  let calls: Turn["calls"] = []

  const send = async (message: Array<Part>): Promise<Turn> => {
    const chunks: Array<GenerateContentResponse> = []
    // A chat keeps to its model: another one goes on with its history.
    if (model !== target.model) {
      model = target.model
      chat = chats.create({ model, config: configOf(options), history: chat.getHistory(true) })
    }
    if (options.stream) {
      for await (const chunk of await chat.sendMessageStream({ message })) {
        chunks.push(chunk)
        const text = chunk.candidates?.[0]?.content?.parts?.[0]?.text
        if (text) options.onText?.(text)
      }
      // The SDK does not tell a stream that was cut from one that ended: its users look for this.
      if (!chunks.some(({ candidates }) => candidates?.[0]?.finishReason !== undefined)) {
        throw new Error("the stream has no finishReason")
      }
    } else {
      chunks.push(await chat.sendMessage({ message }))
    }
    const turn = turnOf(chunks)
    calls = turn.calls
    return turn
  }

  return {
    say: (question) => send(partsOf(question)),
    answer: (answers) =>
      send(answers.map((given, at) => responseOf(given, calls[at] ?? { id: "", name: "", arguments: {} })))
  }
}

/** The word for an error that Google's API puts beside its number. */
const statusWord = (message: string): string | undefined => /"status":\s*"([A-Z_]+)"/.exec(message)?.[1]

/** The `@google/genai` package. */
export const googleGenAI: Client = {
  name: "google genai",
  protocol: "gemini",
  imagesInResults: true,
  stops: geminiStops,
  hidesCacheWrites: true,
  open,
  failure: (error) =>
    error instanceof ApiError
      ? {
          name: error.constructor.name,
          status: error.status,
          type: statusWord(error.message),
          message: error.message,
          retryAfter: undefined
        }
      : undefined,
  countTokens: async (target, _options, question) => {
    const counted = await connect(target).models.countTokens({ model: target.model, contents: partsOf(question) })
    return counted.totalTokens ?? 0
  },
  models: async (target) => {
    const pager = await connect(target).models.list()
    return (await collect(pager)).map(({ name = "" }) => name)
  }
}
