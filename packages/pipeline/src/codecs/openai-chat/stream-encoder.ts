import type { PlacedCitation } from "../../canonical/citation.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { Signature } from "../../canonical/part.ts"
import type { StartedPart, StreamEvent } from "../../canonical/stream-event.ts"
import { mergeUsage, type Usage } from "../../canonical/usage.ts"
import type { TokenLogprob } from "../../canonical/token-logprob.ts"
import { addAnswerText, type AnswerText, newAnswerText } from "../answer-text.ts"
import type { EmitFrame, StreamEncoder, TranslationContext } from "../codec.ts"
import { encodeAnnotations } from "./annotations.ts"
import { encodeImage } from "./encode-parts.ts"
import { encodeStreamError } from "./errors.ts"
import { encodeFinishReason } from "./finish-reason.ts"
import { encodeDetail } from "./reasoning-details.ts"
import { encodeLogprobs } from "./token-logprobs.ts"
import { extraContentOf, isCustomCall } from "./tool-call-fields.ts"
import { encodeUsage } from "./usage.ts"

/** A part as far as it was written. */
type WrittenPart =
  | { readonly type: "text" | "refusal" | "hidden" }
  /** Held until the end: a signature is written with the whole thought that it signs. */
  | HeldReasoning
  | { readonly type: "tool_call"; readonly index: number; empty: boolean }

interface HeldReasoning {
  readonly type: "reasoning"
  text: string
  signature: Signature | undefined
  redacted: Signature | undefined
}

interface WrittenChoice {
  readonly parts: Array<WrittenPart>
  calls: number
  details: number
  refused: boolean
  begun: boolean
  /** Its texts so far, into which citations point. */
  readonly said: AnswerText
  /** Held until the end: SDKs keep the annotations of one delta only. */
  readonly citations: Array<PlacedCitation>
  /** Tokens of the next piece of text. */
  readonly tokens: Array<TokenLogprob>
}

/**
 * Writes a stream of `chat.completion.chunk`: the role once and first, tool calls counted from 0, `finish_reason` in the
 * last chunk of a choice, the usage, where the client asked for it, in a chunk without choices, and `[DONE]`.
 *
 * Thoughts go out as `reasoning_content` as they come. If one is signed, all of it follows once more, with its
 * signature, as an entry of `reasoning_details` for the client to send back. Annotations are in a delta of their own at the
 * end.
 * Source: https://platform.openai.com/docs/api-reference/chat/streaming.
 */
export const makeStreamEncoder = (context: TranslationContext): StreamEncoder => {
  const wantsUsage = context.request.streamUsage === true
  const choices = new Map<number, WrittenChoice>()
  let usage: Usage | undefined
  /** All of a chunk up to its choices. */
  let head = ""
  /** All of a chunk behind the delta of its only choice. */
  const tail = `,"logprobs":null,"finish_reason":null}]${wantsUsage ? `,"usage":null` : ""}}`

  const begin = ({ id, model, createdAt, serviceTier }: Extract<StreamEvent, { type: "start" }>): void => {
    const fields = JSON.stringify({
      id: id || `chatcmpl-${context.newId()}`,
      object: "chat.completion.chunk",
      created: createdAt ?? context.createdAt,
      model: model || context.upstreamModel,
      service_tier: serviceTier
    })
    head = `${fields.slice(0, -1)},"choices":[`
  }

  const send = (choice: number, delta: string, emit: EmitFrame): void =>
    emit(`${head}{"index":${choice},"delta":${delta}${tail}`)

  const choiceOf = (index: number): WrittenChoice => {
    let choice = choices.get(index)
    if (choice === undefined) {
      choice = {
        parts: [],
        calls: 0,
        details: 0,
        refused: false,
        begun: false,
        said: newAnswerText(),
        citations: [],
        tokens: []
      }
      choices.set(index, choice)
    }
    return choice
  }

  const sendRole = (index: number, content: "" | null, emit: EmitFrame): WrittenChoice => {
    const choice = choiceOf(index)
    if (!choice.begun) {
      choice.begun = true
      send(index, `{"role":"assistant","content":${content === "" ? '""' : "null"},"refusal":null}`, emit)
    }
    return choice
  }

  const startPart = (index: number, value: StartedPart, emit: EmitFrame): WrittenPart => {
    if (value.type === "foreign" && !isCustomCall(value)) return HIDDEN
    const choice = sendRole(index, value.type === "text" ? "" : null, emit)
    switch (value.type) {
      case "text":
        return { type: "text" }
      case "refusal":
        choice.refused = true
        return { type: "refusal" }
      case "reasoning":
        return { type: "reasoning", text: "", signature: undefined, redacted: undefined }
      case "tool_call": {
        const call = choice.calls++
        send(index, firstCallDelta(value, call), emit)
        return { type: "tool_call", index: call, empty: true }
      }
      case "image":
        // As in a whole answer: OpenRouter's place for them.
        send(index, JSON.stringify({ images: [encodeImage(value)] }), emit)
        return HIDDEN
      case "foreign":
        send(index, callDelta({ index: choice.calls++, ...value.value }), emit)
        return HIDDEN
    }
  }

  /** A chunk with the probabilities of the tokens that wait for it. */
  const sendTokens = (index: number, choice: WrittenChoice, delta: string, emit: EmitFrame): void => {
    const logprobs = JSON.stringify({ content: encodeLogprobs(choice.tokens.splice(0)), refusal: null })
    emit(`${head}{"index":${index},"delta":${delta}${tail.replace(`"logprobs":null`, () => `"logprobs":${logprobs}`)}`)
  }

  const addText = (
    { choice: index, part: at, text }: Extract<StreamEvent, { type: "text" }>,
    emit: EmitFrame
  ): void => {
    const choice = choiceOf(index)
    const part = choice.parts[at]
    switch (part?.type) {
      case "text":
        addAnswerText(choice.said, at, text)
        if (choice.tokens.length > 0) {
          return sendTokens(index, choice, `{"content":${JSON.stringify(text)}}`, emit)
        }
        return send(index, `{"content":${JSON.stringify(text)}}`, emit)
      case "refusal":
        return send(index, `{"refusal":${JSON.stringify(text)}}`, emit)
      case "reasoning":
        part.text += text
        return send(index, `{"reasoning_content":${JSON.stringify(text)}}`, emit)
      default:
    }
  }

  const endPart = (index: number, part: WrittenPart | undefined, emit: EmitFrame): void => {
    if (part?.type === "tool_call" && part.empty) send(index, argumentsDelta(part.index, "{}"), emit)
    if (part?.type !== "reasoning") return
    if (part.signature === undefined && part.redacted === undefined) return
    const detail = encodeDetail(part, choiceOf(index).details++)
    send(index, JSON.stringify({ reasoning_details: [detail] }), emit)
  }

  const finish = ({ choice: index, reason }: Extract<StreamEvent, { type: "finish" }>, emit: EmitFrame): void => {
    const choice = sendRole(index, "", emit)
    const { calls, citations, refused, said } = choice
    if (choice.tokens.length > 0) sendTokens(index, choice, `{"content":""}`, emit)
    const annotations = citations.length === 0 ? undefined : encodeAnnotations(citations, said)
    if (annotations !== undefined) send(index, JSON.stringify({ annotations }), emit)
    const word = encodeFinishReason(reason, { called: calls > 0, refused })
    emit(`${head}{"index":${index},"delta":{}${tail.replace(`"finish_reason":null`, `"finish_reason":"${word}"`)}`)
  }

  return {
    push: (event, emit) => {
      switch (event.type) {
        case "start":
          return begin(event)
        case "part_start":
          choiceOf(event.choice).parts[event.part] = startPart(event.choice, event.value, emit)
          return
        case "text":
          return addText(event, emit)
        case "citation":
          choiceOf(event.choice).citations.push(event)
          return
        case "logprobs": {
          const { tokens } = choiceOf(event.choice)
          for (const token of event.tokens) tokens.push(token)
          return
        }
        case "arguments": {
          const part = choiceOf(event.choice).parts[event.part]
          if (part?.type !== "tool_call") return
          part.empty = false
          return send(event.choice, argumentsDelta(part.index, event.json), emit)
        }
        case "signature": {
          const part = choiceOf(event.choice).parts[event.part]
          if (part?.type === "reasoning") part.signature = event.signature
          else if (part?.type === "tool_call") {
            // Some SDKs take no entry without a function.
            const call = {
              index: part.index,
              function: { arguments: "" },
              extra_content: extraContentOf(event.signature)
            }
            send(event.choice, callDelta(call), emit)
          }
          return
        }
        case "redacted": {
          const part = choiceOf(event.choice).parts[event.part]
          if (part?.type === "reasoning") part.redacted = event.value
          return
        }
        case "part_end":
          return endPart(event.choice, choiceOf(event.choice).parts[event.part], emit)
        case "usage":
          usage = mergeUsage(usage, event.usage)
          return
        case "finish":
          return finish(event, emit)
        case "end":
          if (wantsUsage && usage !== undefined) emit(`${head}],"usage":${JSON.stringify(encodeUsage(usage))}}`)
          return emit("[DONE]")
        case "error":
          return encodeStreamError({ ...event.error, param: null }, emit)
      }
    }
  }
}

const HIDDEN: WrittenPart = { type: "hidden" }

const callDelta = (call: JsonObject): string => JSON.stringify({ tool_calls: [call] })

const firstCallDelta = ({ id, name, signature }: Extract<StartedPart, { type: "tool_call" }>, index: number): string =>
  callDelta({
    index,
    id,
    type: "function",
    function: { name, arguments: "" },
    extra_content: signature === undefined ? undefined : extraContentOf(signature)
  })

const argumentsDelta = (index: number, json: string): string =>
  `{"tool_calls":[{"index":${index},"function":{"arguments":${JSON.stringify(json)}}}]}`
