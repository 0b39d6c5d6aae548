import type { JsonObject } from "../../canonical/json.ts"
import type { StartedPart } from "../../canonical/stream-event.ts"
import type { TokenLogprob } from "../../canonical/token-logprob.ts"
import { addAnswerText, type AnswerText, newAnswerText } from "../answer-text.ts"
import type { EmitEvent, TranslationContext } from "../codec.ts"
import { isObject, listOr, objectOr, parseJson, textOr } from "../json-fields.ts"
import { decodeAnnotations } from "./annotations.ts"
import { belatedCalls, type CallInProgress, olderCallEntry, takeCallPiece } from "./call-assembly.ts"
import { sourceOfUrl } from "./data-url.ts"
import { thinkingText } from "./decode-parts.ts"
import { decodeFinishReason } from "./finish-reason.ts"
import { decodeDetail, reasoningText } from "./reasoning-details.ts"
import { uniqueCallId } from "./tool-call-fields.ts"
import { lastPiece, wholePiece } from "./surrogates.ts"
import { decodeLogprobs } from "./token-logprobs.ts"

/** One choice of a streamed answer, while it comes in. */
export interface ChoiceInProgress {
  readonly index: number
  readonly calls: Array<CallInProgress>
  /** Of the calls that have begun, as they were told. */
  readonly callIds: Set<string>
  /** Parts begun so far. */
  parts: number
  /** Kind of the text, reasoning or refusal that is open, and the half of a pair that it waits with. */
  open: "text" | "reasoning" | "refusal" | undefined
  openPart: number
  held: string
  /** Deltas so far. */
  deltas: number
  /** Whether thoughts came as plain text: then details only repeat it. */
  plainReasoning: boolean
  refused: boolean
  /** Its texts so far, into which annotations point. */
  readonly said: AnswerText
  /** Annotations that wait for the end of the text that they point into. */
  readonly annotations: Array<unknown>
  /** Tokens that wait for the text that they make up. */
  readonly tokens: Array<TokenLogprob>
  /** The provider's `finish_reason`, or empty. */
  finishReason: string
}

export const newChoice = (index: number): ChoiceInProgress => ({
  index,
  calls: [],
  callIds: new Set(),
  parts: 0,
  open: undefined,
  openPart: -1,
  held: "",
  deltas: 0,
  plainReasoning: false,
  refused: false,
  said: newAnswerText(),
  annotations: [],
  tokens: [],
  finishReason: ""
})

/** Takes one `delta`. Source: https://platform.openai.com/docs/api-reference/chat/streaming. */
export const takeDelta = (
  choice: ChoiceInProgress,
  delta: JsonObject,
  context: TranslationContext,
  emit: EmitEvent
): void => {
  choice.deltas++
  takeReasoning(choice, delta, emit)
  const { content, refusal } = delta
  if (typeof content === "string") addText(choice, "text", content, emit)
  else if (Array.isArray(content)) for (const part of content) takeContentPart(choice, objectOr(part), emit)
  if (typeof refusal === "string") addText(choice, "refusal", refusal, emit)
  const annotations = delta["annotations"]
  if (Array.isArray(annotations)) for (const annotation of annotations) choice.annotations.push(annotation)
  for (const image of listOr(delta["images"])) takeImage(choice, image, emit)
  const calls = delta["tool_calls"]
  if (Array.isArray(calls)) for (const entry of calls) takeCall(choice, entry, context, emit)
  const older = delta["function_call"]
  if (isObject(older)) {
    takeCall(choice, olderCallEntry(older, choice.calls[0]?.id ?? `call_${context.newId()}`), context, emit)
  }
}

/** Takes the `logprobs` that a chunk has beside its delta, before that. */
export const takeLogprobs = (choice: ChoiceInProgress, logprobs: JsonObject): void => {
  for (const token of decodeLogprobs(logprobs)) choice.tokens.push(token)
}

const takeReasoning = (choice: ChoiceInProgress, delta: JsonObject, emit: EmitEvent): void => {
  const text = reasoningText(delta)
  if (text !== "") {
    choice.plainReasoning = true
    addText(choice, "reasoning", text, emit)
  }
  const details = delta["reasoning_details"]
  if (Array.isArray(details)) for (const detail of details) takeDetail(choice, objectOr(detail), emit)
}

/** A signature ends its thought. What is encrypted is a thought of its own. */
const takeDetail = (choice: ChoiceInProgress, detail: JsonObject, emit: EmitEvent): void => {
  const part = decodeDetail(detail)
  if (part === undefined) return
  const { text, signature, redacted } = part
  if (text !== "" && !choice.plainReasoning) addText(choice, "reasoning", text, emit)
  if (redacted !== undefined) {
    closeText(choice, emit)
    openText(choice, "reasoning", emit)
    emit({ type: "redacted", choice: choice.index, part: choice.openPart, value: redacted })
    closeText(choice, emit)
  }
  if (signature !== undefined) {
    if (choice.open !== "reasoning") {
      closeText(choice, emit)
      openText(choice, "reasoning", emit)
    }
    releaseHalf(choice, emit)
    emit({ type: "signature", choice: choice.index, part: choice.openPart, signature })
    closeText(choice, emit)
  }
}

/** Mistral streams arrays of parts while it thinks. */
const takeContentPart = (choice: ChoiceInProgress, part: JsonObject, emit: EmitEvent): void => {
  if (part["type"] === "thinking") addText(choice, "reasoning", thinkingText(part), emit)
  else if (part["type"] === "text" || part["type"] === "output_text")
    addText(choice, "text", textOr(part["text"]), emit)
}

/** An image that the model made. Source: https://openrouter.ai/docs/guides/overview/multimodal/image-generation. */
const takeImage = (choice: ChoiceInProgress, value: unknown, emit: EmitEvent): void => {
  const source = sourceOfUrl(textOr(objectOr(objectOr(value)["image_url"])["url"]))
  if (source === undefined || (source.kind === "url" && source.url === "")) return
  closeText(choice, emit)
  const part = startPart(choice, { type: "image", source }, emit)
  emit({ type: "part_end", choice: choice.index, part })
}

const addText = (
  choice: ChoiceInProgress,
  kind: "text" | "reasoning" | "refusal",
  piece: string,
  emit: EmitEvent
): void => {
  if (piece === "") return
  if (choice.open !== kind) {
    closeText(choice, emit)
    openText(choice, kind, emit)
  }
  const text = wholePiece(choice, piece)
  if (text !== "") tellText(choice, text, emit)
}

const tellText = (choice: ChoiceInProgress, text: string, emit: EmitEvent): void => {
  const { index, open, openPart: part } = choice
  if (open === "text") {
    addAnswerText(choice.said, part, text)
    if (choice.tokens.length > 0) tellTokens(choice, part, emit)
  }
  emit({ type: "text", choice: index, part, text })
}

const tellTokens = ({ index, tokens }: ChoiceInProgress, part: number, emit: EmitEvent): void =>
  emit({ type: "logprobs", choice: index, part, tokens: tokens.splice(0) })

/** Tells what has been said about the texts so far, and waits. */
const tellNotes = (choice: ChoiceInProgress, emit: EmitEvent): void => {
  const [first] = choice.said.spans
  if (first === undefined) return
  if (choice.tokens.length > 0) tellTokens(choice, first.part, emit)
  if (choice.annotations.length === 0) return
  for (const placed of decodeAnnotations(choice.annotations.splice(0), choice.said)) {
    emit({ type: "citation", choice: choice.index, ...placed })
  }
}

const openText = (choice: ChoiceInProgress, kind: "text" | "reasoning" | "refusal", emit: EmitEvent): void => {
  choice.open = kind
  if (kind === "refusal") choice.refused = true
  choice.openPart = startPart(choice, { type: kind }, emit)
}

const startPart = (choice: ChoiceInProgress, value: StartedPart, emit: EmitEvent): number => {
  const part = choice.parts++
  emit({ type: "part_start", choice: choice.index, part, value })
  return part
}

const releaseHalf = (choice: ChoiceInProgress, emit: EmitEvent): void => {
  const text = lastPiece(choice)
  if (text !== "") tellText(choice, text, emit)
}

const closeText = (choice: ChoiceInProgress, emit: EmitEvent): void => {
  if (choice.open === undefined) return
  releaseHalf(choice, emit)
  if (choice.open === "text") tellNotes(choice, emit)
  emit({ type: "part_end", choice: choice.index, part: choice.openPart })
  choice.open = undefined
}

const takeCall = (choice: ChoiceInProgress, entry: unknown, context: TranslationContext, emit: EmitEvent): void => {
  const { call, json, signed } = takeCallPiece(choice.calls, entry, choice.deltas)
  if (call.part === -1) {
    call.waiting += json
    if (call.id !== "" && call.name !== "") startCall(choice, call, context, emit)
    return
  }
  addArguments(choice, call, json, emit)
  if (signed && call.signature !== undefined) {
    emit({ type: "signature", choice: choice.index, part: call.part, signature: call.signature })
  }
}

const startCall = (
  choice: ChoiceInProgress,
  call: CallInProgress,
  { toolNames }: TranslationContext,
  emit: EmitEvent
): void => {
  closeText(choice, emit)
  const { name, signature, waiting } = call
  const id = uniqueCallId(call.id, choice.callIds)
  choice.callIds.add(id)
  call.part = startPart(choice, { type: "tool_call", id, name: toolNames.get(name) ?? name, signature }, emit)
  addArguments(choice, call, waiting, emit)
  call.waiting = ""
}

const addArguments = (choice: ChoiceInProgress, call: CallInProgress, piece: string, emit: EmitEvent): void => {
  if (piece === "") return
  const json = wholePiece(call, piece)
  if (json !== "") emit({ type: "arguments", choice: choice.index, part: call.part, json })
}

/** Whether the choice stopped, without a word on why, before the arguments of a call were whole. */
export const isCutInCall = ({ calls, finishReason }: ChoiceInProgress): boolean =>
  finishReason === "" && calls.some(({ json, name }) => name !== "" && json !== "" && parseJson(json) === undefined)

/** Ends what is open, and the choice. Calls whose ID never came get one. */
export const finishChoice = (choice: ChoiceInProgress, context: TranslationContext, emit: EmitEvent): void => {
  for (const call of belatedCalls(choice.calls)) {
    if (call.id === "") call.id = `call_${context.newId()}`
    startCall(choice, call, context, emit)
  }
  closeText(choice, emit)
  const begun = choice.calls.filter((call) => call.part !== -1).toSorted((a, b) => a.part - b.part)
  for (const call of begun) {
    const json = lastPiece(call)
    if (json !== "") emit({ type: "arguments", choice: choice.index, part: call.part, json })
    emit({ type: "part_end", choice: choice.index, part: call.part })
  }
  tellNotes(choice, emit)
  const contents = { called: begun.length > 0, refused: choice.refused }
  emit({ type: "finish", choice: choice.index, reason: decodeFinishReason(choice.finishReason, contents) })
}
