import type { JsonObject } from "../../canonical/json.ts"
import type { Signature } from "../../canonical/part.ts"
import type { StartedPart, StreamError } from "../../canonical/stream-event.ts"
import type { Usage } from "../../canonical/usage.ts"
import type { TokenLogprob } from "../../canonical/token-logprob.ts"
import { addAnswerText, type AnswerText, newAnswerText } from "../answer-text.ts"
import type { EmitEvent, StreamDecoder, TranslationContext } from "../codec.ts"
import { parseExact } from "../exact-json.ts"
import { isObject, listOr, objectOr, textOr } from "../json-fields.ts"
import { readAnswerPart } from "./answer-part.ts"
import { indexOf, isBlocked, mediaPart, secondsOf, unwrapped } from "./decode-response.ts"
import { brokenCall, decodeError, isBrokenCall } from "./errors.ts"
import { addGrounding, decodeGrounding, type Grounding } from "./grounding.ts"
import { decodeStopReason } from "./stop-reasons.ts"
import { decodeLogprobs } from "./token-logprobs.ts"
import { decodeUsage, mergeMetadata } from "./usage.ts"
import { endsInHalf, mendText } from "./whole-characters.ts"

/** How far one candidate is. */
interface ChoiceState {
  /** The part that text goes on, if one is open: it is the last that was begun. */
  open: "text" | "reasoning" | undefined
  /** Parts that were begun. */
  parts: number
  /** First half of a character whose second half is still to come. */
  half: string
  hasCalls: boolean
  /** Its texts so far, into which citations point. */
  readonly said: AnswerText
  /** What it has said of its sources, which is told when a text ends, and at the end. */
  grounding: Grounding | undefined
  /** Tokens that wait for the text that they make up. */
  readonly tokens: Array<TokenLogprob>
  /** The provider's last word on why it stopped, and its explanation. */
  finishReason: string | undefined
  finishMessage: string
}

/**
 * Reads a stream of `GenerateContentResponse`s. Each holds what is new; there is no last event but the end. A stream is
 * whole when each of its candidates had a finish reason, or the prompt was blocked. Reasons may come in several chunks,
 * and usage after them: the last one counts, and is told at the end.
 *
 * Media that the model made are foreign parts, but for images: a canonical stream has no other place for them.
 */
export const makeStreamDecoder = (context: TranslationContext): StreamDecoder => {
  const choices = new Map<number, ChoiceState>()
  let started = false
  let ended = false
  let blocked = false
  let metadata: JsonObject | undefined
  let usage: Usage | undefined

  const fail = (error: StreamError, emit: EmitEvent): void => {
    ended = true
    emit({ type: "error", error })
  }

  const readChunk = (chunk: JsonObject, emit: EmitEvent): void => {
    if (chunk["error"] !== undefined && chunk["error"] !== null) {
      fail(errorOf(chunk), emit)
      return
    }
    if (!started) {
      started = true
      const { createTime, modelVersion, responseId } = chunk
      emit({ type: "start", id: textOr(responseId), model: textOr(modelVersion), createdAt: secondsOf(createTime) })
    }
    for (const candidate of listOr(chunk["candidates"])) if (isObject(candidate)) readCandidate(candidate, emit)
    if (isBlocked(chunk)) blocked = true
    if (!isObject(chunk["usageMetadata"])) return
    metadata = mergeMetadata(metadata, chunk["usageMetadata"])
    const next = decodeUsage(metadata)
    if (usage === undefined || isChanged(usage, next)) emit({ type: "usage", usage: next })
    usage = next
  }

  const readCandidate = (candidate: JsonObject, emit: EmitEvent): void => {
    const index = indexOf(candidate)
    let choice = choices.get(index)
    if (choice === undefined) {
      choice = {
        open: undefined,
        parts: 0,
        half: "",
        hasCalls: false,
        said: newAnswerText(),
        grounding: undefined,
        tokens: [],
        finishReason: undefined,
        finishMessage: ""
      }
      choices.set(index, choice)
    }
    choice.grounding = addGrounding(choice.grounding, candidate)
    const tokens = candidate["logprobsResult"]
    if (isObject(tokens)) for (const token of decodeLogprobs(tokens)) choice.tokens.push(token)
    for (const part of listOr(objectOr(candidate["content"])["parts"])) readPart(index, choice, part, emit)
    const reason = candidate["finishReason"]
    if (decodeStopReason(reason, false) === undefined) return
    choice.finishReason = textOr(reason)
    choice.finishMessage = textOr(candidate["finishMessage"])
  }

  const readPart = (index: number, choice: ChoiceState, value: unknown, emit: EmitEvent): void => {
    const part = readAnswerPart(value)
    if (part === undefined) return
    switch (part.kind) {
      case "text":
        if (part.text !== "") writeText(index, choice, "text", part.text, emit)
        if (part.signature !== undefined) writeSignature(index, choice, part.signature, emit)
        return
      case "thought":
        if (part.text !== "") writeText(index, choice, "reasoning", part.text, emit)
        if (part.signature !== undefined) writeSignature(index, choice, part.signature, emit)
        return
      case "call": {
        closePart(index, choice, emit)
        choice.hasCalls = true
        const at = choice.parts++
        const { args, signature } = part
        const id = part.id ?? `call_${context.newId()}`
        const name = context.toolNames.get(part.name) ?? part.name
        emit({ type: "part_start", choice: index, part: at, value: { type: "tool_call", id, name, signature } })
        emit({ type: "arguments", choice: index, part: at, json: JSON.stringify(args) })
        emit({ type: "part_end", choice: index, part: at })
        return
      }
      case "other": {
        closePart(index, choice, emit)
        const at = choice.parts++
        const media = mediaPart(part.value)
        const value: StartedPart =
          media?.type === "image" ? media : { type: "foreign", protocol: "gemini", value: part.value }
        emit({ type: "part_start", choice: index, part: at, value })
        emit({ type: "part_end", choice: index, part: at })
      }
    }
  }

  return {
    push: (data, emit) => {
      if (ended || data === "" || data === "[DONE]") return
      const json = parseExact(data)
      const chunks = Array.isArray(json) ? json : [json]
      for (const chunk of chunks) {
        if (ended) return
        if (isObject(chunk)) readChunk(unwrapped(chunk), emit)
        else if (json === undefined)
          fail({ ...BROKEN, message: "The provider's stream holds an event that is no JSON." }, emit)
      }
    },
    end: (emit) => {
      if (ended) return
      ended = true
      const isWhole =
        blocked || (choices.size > 0 && choices.values().every((choice) => choice.finishReason !== undefined))
      if (!isWhole) {
        emit({ type: "error", error: BROKEN })
        return
      }
      const [broken] = choices.size === 1 ? choices.values() : []
      if (broken !== undefined && !broken.hasCalls && isBrokenCall(broken.finishReason)) {
        const { code, message, status } = brokenCall(broken.finishReason, broken.finishMessage || undefined)
        emit({ type: "error", error: { ...BROKEN, message: message ?? "", status: status ?? 502, code: code ?? null } })
        return
      }
      if (choices.size === 0) emit({ type: "finish", choice: 0, reason: "content_filter" })
      for (const [index, choice] of choices) {
        closePart(index, choice, emit)
        writeNotes(index, choice, emit)
        const reason = decodeStopReason(choice.finishReason, choice.hasCalls) ?? "content_filter"
        emit({ type: "finish", choice: index, reason })
      }
      emit({ type: "end" })
    }
  }
}

const BROKEN: StreamError = {
  status: 502,
  message: "The provider's stream ended before the answer was whole.",
  type: null,
  code: null
}

const errorOf = (chunk: JsonObject): StreamError => {
  const fields = decodeError(chunk)
  return {
    status: fields?.status ?? 502,
    message: fields?.message ?? "The provider reported an error in its stream.",
    type: fields?.type ?? null,
    code: fields?.code ?? null
  }
}

const isChanged = (before: Usage, after: Usage): boolean =>
  before.inputTokens !== after.inputTokens ||
  before.outputTokens !== after.outputTokens ||
  before.reasoningTokens !== after.reasoningTokens ||
  before.cacheReadTokens !== after.cacheReadTokens

const openPart = (index: number, choice: ChoiceState, type: "text" | "reasoning", emit: EmitEvent): void => {
  closePart(index, choice, emit)
  choice.open = type
  emit({ type: "part_start", choice: index, part: choice.parts++, value: { type } })
}

const closePart = (index: number, choice: ChoiceState, emit: EmitEvent): void => {
  if (choice.open === undefined) return
  if (choice.half !== "") {
    if (choice.open === "text") addAnswerText(choice.said, choice.parts - 1, "\uFFFD")
    emit({ type: "text", choice: index, part: choice.parts - 1, text: "\uFFFD" })
    choice.half = ""
  }
  if (choice.open === "text") writeNotes(index, choice, emit)
  choice.open = undefined
  emit({ type: "part_end", choice: index, part: choice.parts - 1 })
}

const writeText = (
  index: number,
  choice: ChoiceState,
  type: "text" | "reasoning",
  more: string,
  emit: EmitEvent
): void => {
  if (choice.open !== type) openPart(index, choice, type, emit)
  let text = more
  if (choice.half !== "" || !more.isWellFormed()) {
    const joined = choice.half + more
    choice.half = endsInHalf(joined) ? joined.slice(-1) : ""
    text = mendText(joined)
  }
  if (text === "") return
  const part = choice.parts - 1
  if (type === "text") {
    addAnswerText(choice.said, part, text)
    if (choice.tokens.length > 0) writeTokens(index, choice, part, emit)
  }
  emit({ type: "text", choice: index, part, text })
}

const writeTokens = (index: number, { tokens }: ChoiceState, part: number, emit: EmitEvent): void =>
  emit({ type: "logprobs", choice: index, part, tokens: tokens.splice(0) })

/** Tells what is left to be said about the texts so far. */
const writeNotes = (index: number, choice: ChoiceState, emit: EmitEvent): void => {
  const [first] = choice.said.spans
  if (first === undefined) return
  if (choice.tokens.length > 0) writeTokens(index, choice, first.part, emit)
  if (choice.grounding === undefined) return
  for (const placed of decodeGrounding(choice.grounding, choice.said)) {
    emit({ type: "citation", choice: index, ...placed })
  }
}

/** A signature ends the thought that it proves. Without one, it is a reasoning of its own, without words. */
const writeSignature = (index: number, choice: ChoiceState, signature: Signature, emit: EmitEvent): void => {
  if (choice.open !== "reasoning") openPart(index, choice, "reasoning", emit)
  const part = choice.parts - 1
  if (choice.half !== "") {
    emit({ type: "text", choice: index, part, text: "\uFFFD" })
    choice.half = ""
  }
  emit({ type: "signature", choice: index, part, signature })
  closePart(index, choice, emit)
}
