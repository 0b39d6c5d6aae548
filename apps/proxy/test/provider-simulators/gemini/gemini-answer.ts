import { type AnswerToken, tokensOf } from "../answer-tokens.ts"
import type { ConversationView } from "../conversation-view.ts"
import type { Answer, AnswerError, AnswerPart, AnswerStop, AnswerUsage } from "../scenario.ts"
import { pieces, type SeededRandom } from "../seeded-random.ts"
import { thoughtSignature } from "./gemini-signatures.ts"

const FINISH_REASON: Readonly<Record<AnswerStop, string>> = {
  stop: "STOP",
  stop_sequence: "STOP",
  length: "MAX_TOKENS",
  tool_calls: "STOP",
  content_filter: "SAFETY",
  refusal: "PROHIBITED_CONTENT"
}

const usage = ({ input, cacheRead, output, reasoning }: AnswerUsage) => ({
  promptTokenCount: input,
  cachedContentTokenCount: cacheRead,
  candidatesTokenCount: output - reasoning,
  ...(reasoning === 0 ? {} : { thoughtsTokenCount: reasoning }),
  totalTokenCount: input + output,
  promptTokensDetails: [{ modality: "TEXT", tokenCount: input }]
})

const finishOf = (answer: Answer): string =>
  answer.parts.some((part) => part.type === "tool_call" && typeof part.arguments === "string")
    ? "MALFORMED_FUNCTION_CALL"
    : FINISH_REASON[answer.stop]

const partOf = (part: AnswerPart): object | undefined => {
  switch (part.type) {
    case "text":
    case "refusal":
      return { text: part.text }
    case "reasoning":
      return { text: part.text, thought: true }
    case "tool_call":
      // Gemini has objects, where others have texts: it never sends malformed arguments.
      return typeof part.arguments === "string"
        ? undefined
        : { functionCall: { name: part.name, args: part.arguments } }
    case "redacted_reasoning":
      return undefined
  }
}

/** Parts of an answer. As with Gemini 3, the first call is signed; without calls, the last part of the text is. */
const partsOf = (answer: Answer): ReadonlyArray<object> => {
  const parts = answer.parts.flatMap((part) => partOf(part) ?? [])
  const firstCall = parts.findIndex((part) => "functionCall" in part)
  const signed = firstCall === -1 ? parts.findLastIndex((part) => !("thought" in part)) : firstCall
  return parts.map((part, at) =>
    at === signed ? { ...part, thoughtSignature: thoughtSignature(JSON.stringify(part)) } : part
  )
}

/** Sources of the text, with indexes that count bytes of all of it. A start of 0 is left out, as the API does. */
const groundingOf = (answer: Answer) => {
  const groundingChunks: Array<object> = []
  const groundingSupports: Array<object> = []
  let end = 0
  for (const part of answer.parts) {
    if (part.type !== "text") continue
    const startIndex = end
    end += Buffer.byteLength(part.text)
    if (part.sources === undefined) continue
    const groundingChunkIndices = part.sources.map(
      ({ title, url }) => groundingChunks.push({ web: { uri: url, title } }) - 1
    )
    const segment = { ...(startIndex === 0 ? {} : { startIndex }), endIndex: end, text: part.text }
    groundingSupports.push({ segment, groundingChunkIndices })
  }
  if (groundingChunks.length === 0) return {}
  const searchEntryPoint = { renderedContent: "<div>search</div>" }
  return { groundingMetadata: { groundingChunks, groundingSupports, searchEntryPoint, webSearchQueries: ["föhn"] } }
}

const probability = ({ logprob, token }: AnswerToken["top"][number]) => ({ token, logProbability: logprob })

const logprobsResult = (tokens: ReadonlyArray<AnswerToken>) => ({
  topCandidates: tokens.map(({ top }) => ({ candidates: top.map(probability) })),
  chosenCandidates: tokens.map(probability)
})

/** The tokens of a candidate, which are those of its text. */
const logprobsOf = (answer: Answer, view: ConversationView) => {
  if (view.likeliestTokens === undefined) return {}
  const text = answer.parts.map((part) => (part.type === "text" ? part.text : "")).join("")
  return { avgLogprobs: -0.5, logprobsResult: logprobsResult(tokensOf(text, view.likeliestTokens)) }
}

const response = (view: ConversationView, candidate: object | undefined, usageMetadata: object) => ({
  ...(candidate === undefined ? {} : { candidates: [candidate] }),
  usageMetadata,
  modelVersion: view.model,
  responseId: "simulated"
})

/** A whole answer. Source: https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse */
export const geminiResponse = (answer: Answer, view: ConversationView) => {
  const parts = partsOf(answer)
  const content = parts.length === 0 ? { role: "model" } : { role: "model", parts }
  const said = { ...groundingOf(answer), ...logprobsOf(answer, view) }
  return response(view, { content, finishReason: finishOf(answer), index: 0, ...said }, usage(answer.usage))
}

/** A part in pieces, as a stream has it: texts in several, calls whole; the signature is with the last. */
const cutPart = (part: object, random: SeededRandom): ReadonlyArray<object> => {
  if (!("text" in part) || typeof part.text !== "string") return [part]
  const { thoughtSignature: signature, ...rest } = { thoughtSignature: undefined, ...part }
  const texts = pieces(part.text, 24, random).map((text) => ({ ...rest, text }))
  // Gemini sends the signature of a text in a piece of its own, which holds no text.
  return signature === undefined ? texts : [...texts, { ...rest, text: "", thoughtSignature: signature }]
}

/** The answers that a stream consists of. */
export const geminiChunks = (answer: Answer, view: ConversationView, random: SeededRandom): ReadonlyArray<object> => {
  const asked = { promptTokenCount: answer.usage.input, totalTokenCount: answer.usage.input }
  const cut = partsOf(answer).flatMap((part) => cutPart(part, random))
  const last = cut.at(-1)
  return [
    ...cut.slice(0, -1).map((part) => response(view, { content: { role: "model", parts: [part] }, index: 0 }, asked)),
    response(
      view,
      {
        content: last === undefined ? { role: "model" } : { role: "model", parts: [last] },
        finishReason: finishOf(answer),
        index: 0,
        ...groundingOf(answer),
        ...logprobsOf(answer, view)
      },
      usage(answer.usage)
    )
  ]
}

/** Names that go with a status. Source: https://ai.google.dev/gemini-api/docs/troubleshooting */
const NAMES: Readonly<Record<number, string>> = {
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED"
}

/** An error's body. Source: https://google.aip.dev/193 */
export const geminiError = ({ status, message }: AnswerError, details: ReadonlyArray<object> = []) => ({
  error: {
    code: status,
    message,
    status: NAMES[status] ?? "INVALID_ARGUMENT",
    ...(details.length === 0 ? {} : { details })
  }
})
