import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { Part, ReasoningPart, ToolCallPart } from "../../canonical/part.ts"
import type { CanonicalResponse, Choice } from "../../canonical/response.ts"
import type { TranslationContext } from "../codec.ts"
import { answerTextOf, citationsOf } from "../answer-text.ts"
import { objectOr } from "../json-fields.ts"
import { encodeAnnotations } from "./annotations.ts"
import { argumentsText } from "./encode-assistant.ts"
import { encodeImage } from "./encode-parts.ts"
import { encodeFinishReason } from "./finish-reason.ts"
import { encodeReasoning } from "./reasoning-details.ts"
import { encodeLogprobs } from "./token-logprobs.ts"
import { extraContentOf, isCustomCall } from "./tool-call-fields.ts"
import { encodeUsage } from "./usage.ts"

/** A whole answer as a `chat.completion`. Source: https://platform.openai.com/docs/api-reference/chat/object. */
export const encodeResponse = (response: CanonicalResponse, context: TranslationContext): JsonObject => ({
  id: response.id || `chatcmpl-${context.newId()}`,
  object: "chat.completion",
  created: response.createdAt ?? context.createdAt,
  model: response.model || context.upstreamModel,
  choices: response.choices.map(encodeChoice),
  usage: response.usage === undefined ? undefined : encodeUsage(response.usage),
  service_tier: response.serviceTier,
  ...extensionsFor("openai", response.extensions)
})

const encodeChoice = (choice: Choice, index: number): JsonObject => {
  const { message: keptOfMessage, ...kept } = extensionsFor("openai", choice.extensions) ?? {}
  const message = encodeMessage(choice)
  const contents = { called: message["tool_calls"] !== undefined, refused: message["refusal"] !== null }
  return {
    index,
    message: { ...message, ...objectOr(keptOfMessage) },
    logprobs: logprobsOf(choice),
    finish_reason: encodeFinishReason(choice.stopReason, contents),
    ...kept
  }
}

const logprobsOf = ({ parts }: Choice): JsonObject | null => {
  const tokens = parts.flatMap((part) => (part.type === "text" ? (part.logprobs ?? []) : []))
  return tokens.length === 0 ? null : { content: encodeLogprobs(tokens), refusal: null }
}

const annotationsOf = (parts: ReadonlyArray<Part>): ReadonlyArray<JsonObject> | undefined => {
  const citations = citationsOf(parts)
  return citations.length === 0 ? undefined : encodeAnnotations(citations, answerTextOf(parts))
}

/**
 * The message of one choice. A chat completion has one text: the texts of the answer without anything in between, as a
 * stream would add them up. Parts of other protocols are left out.
 */
const encodeMessage = ({ parts }: Choice): JsonObject => {
  let text = ""
  let refusal: string | null = null
  const reasoning: Array<ReasoningPart> = []
  const calls: Array<JsonObject> = []
  const images: Array<JsonObject> = []
  const shown = parts.filter(isShown)
  for (const part of shown) {
    switch (part.type) {
      case "text":
        text += part.text
        break
      case "refusal":
        refusal = (refusal ?? "") + part.text
        break
      case "reasoning":
        reasoning.push(part)
        break
      case "tool_call":
        calls.push(encodeCall(part))
        break
      case "image":
        images.push(encodeImage(part))
        break
      case "foreign":
        calls.push(part.value)
        break
      default:
    }
  }
  return {
    role: "assistant",
    content: text === "" && shown.length > 0 && shown[0]?.type !== "text" ? null : text,
    refusal,
    annotations: annotationsOf(parts),
    ...encodeReasoning(reasoning),
    tool_calls: calls.length === 0 ? undefined : calls,
    images: images.length === 0 ? undefined : images
  }
}

/** What a chat completion can show; of foreign parts only calls of a kind of tool that OpenAI has. */
const isShown = (part: Part): boolean => part.type !== "foreign" || isCustomCall(part)

const encodeCall = (part: ToolCallPart): JsonObject => ({
  id: part.id,
  type: "function",
  function: { name: part.name, arguments: argumentsText(part) },
  extra_content: part.signature === undefined ? undefined : extraContentOf(part.signature),
  ...extensionsFor("openai", part.extensions)
})
