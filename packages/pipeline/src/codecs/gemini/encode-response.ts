import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { Part } from "../../canonical/part.ts"
import type { CanonicalResponse, Choice } from "../../canonical/response.ts"
import type { TranslationContext } from "../codec.ts"
import { answerTextOf, citationsOf } from "../answer-text.ts"
import { objectOr } from "../json-fields.ts"
import { encodeRedacted, encodeSignature } from "./carried-signature.ts"
import { encodeGrounding } from "./grounding.ts"
import { encodeMedia, keptBesideMedia } from "./media.ts"
import { encodeStopReason } from "./stop-reasons.ts"
import { logprobsFields } from "./token-logprobs.ts"
import { argumentsObject } from "../tool-arguments.ts"
import { encodeUsage } from "./usage.ts"

/** A `GenerateContentResponse`. Source: https://ai.google.dev/api/generate-content#GenerateContentResponse */
export const encodeResponse = (response: CanonicalResponse, context: TranslationContext): JsonObject => {
  const { usageMetadata: keptUsage, ...kept } = extensionsFor("gemini", response.extensions) ?? {}
  const [first, second] = response.choices
  // An answer to a prompt that was blocked has no candidates.
  const isBlocked = kept["promptFeedback"] !== undefined && first?.parts.length === 0 && second === undefined
  return {
    ...(isBlocked ? {} : { candidates: response.choices.map(encodeCandidate) }),
    ...(response.usage && { usageMetadata: { ...encodeUsage(response.usage), ...objectOr(keptUsage) } }),
    ...namesOf(response.model, response.id, context),
    ...kept
  }
}

/** `modelVersion` and `responseId`, which every chunk and every answer has. */
export const namesOf = (model: string, id: string, context: TranslationContext): JsonObject => ({
  modelVersion: model === "" ? context.request.model : model,
  responseId: id === "" ? context.newId() : id
})

const encodeCandidate = ({ extensions, parts, stopReason }: Choice, index: number): JsonObject => {
  const { groundingMetadata: keptGrounding, ...kept } = extensionsFor("gemini", extensions) ?? {}
  const citations = citationsOf(parts)
  const grounding = citations.length === 0 ? undefined : encodeGrounding(citations, answerTextOf(parts))
  return {
    content: { role: "model", parts: parts.flatMap(encodePart) },
    finishReason: encodeStopReason(stopReason),
    index,
    ...((grounding !== undefined || keptGrounding !== undefined) && {
      groundingMetadata: { ...grounding, ...objectOr(keptGrounding) }
    }),
    ...logprobsFields(parts.flatMap((part) => (part.type === "text" ? (part.logprobs ?? []) : []))),
    ...kept
  }
}

const encodePart = (part: Part): ReadonlyArray<JsonObject> => {
  switch (part.type) {
    case "text":
      return part.text === "" ? [] : [{ text: part.text, ...extensionsFor("gemini", part.extensions) }]
    case "refusal":
      return part.text === "" ? [] : [{ text: part.text }]
    case "reasoning": {
      if (part.redacted !== undefined) return [thought("", encodeRedacted(part.redacted))]
      const signature = part.signature && encodeSignature(part.signature)
      return part.text === "" && signature === undefined ? [] : [thought(part.text, signature)]
    }
    case "tool_call": {
      const functionCall = { id: part.id, name: part.name, args: argumentsObject(part.arguments) }
      const signature = part.signature && { thoughtSignature: encodeSignature(part.signature) }
      return [{ functionCall, ...signature, ...extensionsFor("gemini", part.extensions) }]
    }
    case "image":
    case "file":
      return [{ ...encodeMedia(part), ...keptBesideMedia(part) }]
    case "foreign":
      return part.protocol === "gemini" ? [part.value] : []
    case "tool_result":
      return []
  }
}

const thought = (text: string, signature: string | undefined): JsonObject => ({
  text,
  thought: true,
  ...(signature !== undefined && { thoughtSignature: signature })
})
