import type { PlacedCitation } from "../../canonical/citation.ts"
import type { Signature } from "../../canonical/part.ts"
import type { StopReason } from "../../canonical/response.ts"
import type { StartedPart, StreamEvent } from "../../canonical/stream-event.ts"
import { mergeUsage, type Usage } from "../../canonical/usage.ts"
import type { TokenLogprob } from "../../canonical/token-logprob.ts"
import { addAnswerText, type AnswerText, newAnswerText } from "../answer-text.ts"
import type { EmitFrame, StreamEncoder, TranslationContext } from "../codec.ts"
import { encodeRedacted, encodeSignature } from "./carried-signature.ts"
import { namesOf } from "./encode-response.ts"
import { encodeGrounding } from "./grounding.ts"
import { encodeMedia, keptBesideMedia } from "./media.ts"
import { encodeStopReason } from "./stop-reasons.ts"
import { logprobsFields } from "./token-logprobs.ts"
import { argumentsText } from "../tool-arguments.ts"
import { encodeUsage } from "./usage.ts"

/** A part that was begun and is not yet wholly written. */
interface OpenPart {
  readonly value: StartedPart
  /** Arguments of a call, which are written whole; text of any other part that must wait for the parts before it. */
  text: string
  signature: Signature | undefined
  redacted: Signature | undefined
  isEnded: boolean
}

interface ChoiceState {
  /** Parts by index, from when they begin until they are written. */
  readonly parts: Map<number, OpenPart>
  /** The part whose text is written as it comes: all before it are done. */
  current: number
  /** JSON that ends each chunk of this choice, after its parts. */
  readonly tail: string
  /** Its texts so far, into which citations point. */
  readonly said: AnswerText
  readonly citations: Array<PlacedCitation>
  readonly tokens: Array<TokenLogprob>
  finish: StopReason | undefined
}

/**
 * Writes a stream of `GenerateContentResponse`s. Text is a chunk as soon as it comes; a function call is one when it is
 * whole. Parts come in their order: a part waits for those before it. Finish reasons, sources, probabilities and usage are
 * in the last chunk, and nothing follows it. Source: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
 */
export const makeStreamEncoder = (context: TranslationContext): StreamEncoder => {
  const choices = new Map<number, ChoiceState>()
  let usage: Usage | undefined
  /** The names that end each chunk, from `,"modelVersion"` on. */
  let names = endOfNames(namesOf("", "", context))

  const choiceAt = (index: number): ChoiceState => {
    let choice = choices.get(index)
    if (choice === undefined) {
      choice = {
        parts: new Map(),
        current: 0,
        tail: `],"role":"model"},"index":${index}}]${names}`,
        said: newAnswerText(),
        citations: [],
        tokens: [],
        finish: undefined
      }
      choices.set(index, choice)
    }
    return choice
  }

  /** Writes text of the part whose turn it is. */
  const writeText = (choice: ChoiceState, part: OpenPart, text: string, emit: EmitFrame): void => {
    if (part.value.type === "text") addAnswerText(choice.said, choice.current, text)
    const thought = part.value.type === "reasoning" ? ',"thought":true' : ""
    emit(`${HEAD}{"text":${JSON.stringify(text)}${thought}}${choice.tail}`)
  }

  const addText = (index: number, at: number, text: string, emit: EmitFrame): void => {
    const choice = choiceAt(index)
    const part = choice.parts.get(at)
    if (part === undefined) return
    if (at === choice.current) writeText(choice, part, text, emit)
    else part.text += text
  }

  /** Writes what is left of a part, now that it is whole and its turn has come. */
  const writeEnd = (choice: ChoiceState, part: OpenPart, emit: EmitFrame): void => {
    const { redacted, signature, value } = part
    if (value.type === "tool_call") {
      const proof = signature === undefined ? "" : `,"thoughtSignature":${JSON.stringify(encodeSignature(signature))}`
      const call = `{"id":${JSON.stringify(value.id)},"name":${JSON.stringify(value.name)},"args":${argumentsText(part.text)}}`
      emit(`${HEAD}{"functionCall":${call}${proof}}${choice.tail}`)
    } else if (value.type === "image") {
      emit(`${HEAD}${JSON.stringify({ ...encodeMedia(value), ...keptBesideMedia(value) })}${choice.tail}`)
    } else if (value.type === "foreign") {
      if (value.protocol === "gemini") emit(`${HEAD}${JSON.stringify(value.value)}${choice.tail}`)
    } else if (value.type === "reasoning") {
      const proof = redacted === undefined ? signature && encodeSignature(signature) : encodeRedacted(redacted)
      if (proof !== undefined) {
        emit(`${HEAD}{"text":"","thought":true,"thoughtSignature":${JSON.stringify(proof)}}${choice.tail}`)
      }
    }
  }

  const endPart = (index: number, at: number, emit: EmitFrame): void => {
    const choice = choiceAt(index)
    const ended = choice.parts.get(at)
    if (ended === undefined) return
    ended.isEnded = true
    for (;;) {
      const part = choice.parts.get(choice.current)
      if (part === undefined) return
      if (part.text !== "" && part.value.type !== "tool_call") {
        writeText(choice, part, part.text, emit)
        part.text = ""
      }
      if (!part.isEnded) return
      writeEnd(choice, part, emit)
      choice.parts.delete(choice.current++)
    }
  }

  const writeLast = (emit: EmitFrame): void => {
    const candidates = [...choices]
      .toSorted(([first], [second]) => first - second)
      .map(
        ([index, choice]) =>
          `{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"${encodeStopReason(choice.finish)}","index":${index}${notes(choice)}}`
      )
    const counts = usage === undefined ? "" : `,"usageMetadata":${JSON.stringify(encodeUsage(usage))}`
    emit(`{"candidates":[${candidates.join(",")}]${counts}${names}`)
  }

  return {
    push: (event: StreamEvent, emit) => {
      switch (event.type) {
        case "start":
          names = endOfNames(namesOf(event.model, event.id, context))
          return
        case "part_start": {
          const { value } = event
          const signature = value.type === "tool_call" ? value.signature : undefined
          choiceAt(event.choice).parts.set(event.part, {
            value,
            text: "",
            signature,
            redacted: undefined,
            isEnded: false
          })
          return
        }
        case "text":
          addText(event.choice, event.part, event.text, emit)
          return
        case "citation":
          choiceAt(event.choice).citations.push(event)
          return
        case "logprobs": {
          const { tokens } = choiceAt(event.choice)
          for (const token of event.tokens) tokens.push(token)
          return
        }
        case "arguments": {
          const part = choiceAt(event.choice).parts.get(event.part)
          if (part !== undefined) part.text += event.json
          return
        }
        case "signature": {
          const part = choiceAt(event.choice).parts.get(event.part)
          if (part !== undefined) part.signature = event.signature
          return
        }
        case "redacted": {
          const part = choiceAt(event.choice).parts.get(event.part)
          if (part !== undefined) part.redacted = event.value
          return
        }
        case "part_end":
          endPart(event.choice, event.part, emit)
          return
        case "usage":
          usage = mergeUsage(usage, event.usage)
          return
        case "finish":
          choiceAt(event.choice).finish = event.reason
          return
        case "end":
          writeLast(emit)
          return
        case "error":
        // The error itself is written by `encodeStreamError`.
      }
    }
  }
}

/** What the last chunk says about the texts before it, beginning with a comma. */
const notes = ({ citations, said, tokens }: ChoiceState): string => {
  const groundingMetadata = citations.length === 0 ? undefined : encodeGrounding(citations, said)
  const fields = JSON.stringify({ groundingMetadata, ...logprobsFields(tokens) })
  return fields === "{}" ? "" : `,${fields.slice(1, -1)}`
}

const HEAD = '{"candidates":[{"content":{"parts":['

const endOfNames = (names: ReturnType<typeof namesOf>): string => `,${JSON.stringify(names).slice(1)}`
