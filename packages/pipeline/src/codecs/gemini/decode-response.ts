import type { Extensions } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { FilePart, ImagePart, Part } from "../../canonical/part.ts"
import type { CanonicalResponse, Choice } from "../../canonical/response.ts"
import type { TranslationContext } from "../codec.ts"
import { addCitations, answerTextOf } from "../answer-text.ts"
import { isObject, listOr, objectOr, otherFields, textOr } from "../json-fields.ts"
import { type AnswerPart, readAnswerPart } from "./answer-part.ts"
import { addGrounding, decodeGrounding, otherGrounding } from "./grounding.ts"
import { partOfInlineData } from "./media.ts"
import { addSignedText, addText, addThought } from "./model-parts.ts"
import { decodeStopReason, isPlainReason } from "./stop-reasons.ts"
import { decodeLogprobs } from "./token-logprobs.ts"
import { decodeUsage, USAGE_FIELDS } from "./usage.ts"

const RESPONSE_FIELDS: ReadonlySet<string> = new Set([
  "candidates",
  "usageMetadata",
  "modelVersion",
  "responseId",
  "createTime"
])

const CANDIDATE_FIELDS: ReadonlySet<string> = new Set([
  "content",
  "finishReason",
  "index",
  "groundingMetadata",
  "citationMetadata",
  "logprobsResult"
])
const CANDIDATE_FIELDS_AND_AVERAGE: ReadonlySet<string> = new Set([...CANDIDATE_FIELDS, "avgLogprobs"])

/**
 * Reads a `GenerateContentResponse`. An answer to a prompt that was blocked has no candidates: it becomes one choice
 * without parts, stopped by the filter. Source: https://ai.google.dev/api/generate-content#GenerateContentResponse
 */
export const decodeResponse = (given: JsonObject, context: TranslationContext): CanonicalResponse => {
  const json = unwrapped(given)
  const usage = json["usageMetadata"]
  const candidates = listOr(json["candidates"]).filter(isObject)
  const choices = candidates
    .toSorted((first, second) => indexOf(first) - indexOf(second))
    .map((candidate) => decodeCandidate(candidate, context))
  const blocked = choices.length === 0 && isBlocked(json)
  return {
    id: textOr(json["responseId"]),
    model: textOr(json["modelVersion"]),
    createdAt: secondsOf(json["createTime"]),
    choices: blocked ? [{ parts: [], stopReason: "content_filter" }] : choices,
    usage: isObject(usage) ? decodeUsage(usage) : undefined,
    extensions: kept(otherResponseFields(json))
  }
}

/** An answer, without the envelope in which Google's Code Assist endpoints put it: `{response, traceId}`. */
export const unwrapped = (json: JsonObject): JsonObject => {
  const { response } = json
  return isObject(response) && json["candidates"] === undefined && json["error"] === undefined ? response : json
}

/** The index of a candidate; the provider leaves 0 out. */
export const indexOf = (candidate: JsonObject): number => {
  const index = candidate["index"]
  return typeof index === "number" && Number.isSafeInteger(index) && index >= 0 ? index : 0
}

/** Whether the prompt was refused. Source: https://ai.google.dev/api/generate-content#BlockReason */
export const isBlocked = (json: JsonObject): boolean => {
  const reason = objectOr(json["promptFeedback"])["blockReason"]
  return typeof reason === "string" && reason !== "" && reason !== "BLOCK_REASON_UNSPECIFIED"
}

/** Unix seconds of a timestamp. */
export const secondsOf = (time: unknown): number | undefined => {
  const milliseconds = typeof time === "string" ? Date.parse(time) : Number.NaN
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000)
}

const kept = (fields: JsonObject | undefined): Extensions | undefined => fields && { protocol: "gemini", fields }

const otherResponseFields = (json: JsonObject): JsonObject | undefined => {
  const others = otherFields(json, RESPONSE_FIELDS)
  const usage = otherFields(objectOr(json["usageMetadata"]), USAGE_FIELDS)
  return usage === undefined ? others : { ...others, usageMetadata: usage }
}

const decodeCandidate = (candidate: JsonObject, context: TranslationContext): Choice => {
  const parts: Array<Part> = []
  let hasCalls = false
  for (const part of listOr(objectOr(candidate["content"])["parts"])) {
    const read = readAnswerPart(part)
    if (read?.kind === "call") hasCalls = true
    if (read !== undefined) addPart(parts, read, context)
  }
  const grounding = addGrounding(undefined, candidate)
  if (grounding !== undefined) addCitations(parts, decodeGrounding(grounding, answerTextOf(parts)))
  if (isObject(candidate["logprobsResult"])) addLogprobs(parts, candidate["logprobsResult"])
  const reason = candidate["finishReason"]
  const stopReason = decodeStopReason(reason, hasCalls)
  const fields = otherCandidateFields(candidate)
  const isPlain = stopReason === undefined || isPlainReason(reason)
  return { parts, stopReason, extensions: kept(isPlain ? fields : { ...fields, finishReason: reason }) }
}

const addLogprobs = (parts: Array<Part>, result: JsonObject): void => {
  const index = parts.findIndex((part) => part.type === "text")
  const part = parts[index]
  const logprobs = decodeLogprobs(result)
  if (part?.type === "text" && logprobs.length > 0) parts[index] = { ...part, logprobs }
}

/** What the canonical model does not hold. The average of the tokens is theirs, if they are there. */
const otherCandidateFields = (candidate: JsonObject): JsonObject | undefined => {
  const hasTokens = isObject(candidate["logprobsResult"])
  const others = otherFields(candidate, hasTokens ? CANDIDATE_FIELDS_AND_AVERAGE : CANDIDATE_FIELDS)
  const groundingMetadata = otherGrounding(candidate["groundingMetadata"])
  return groundingMetadata === undefined ? others : { ...others, groundingMetadata }
}

const addPart = (parts: Array<Part>, part: AnswerPart, context: TranslationContext): void => {
  switch (part.kind) {
    case "text":
      if (part.signature === undefined) addText(parts, part.text, undefined, true)
      else addSignedText(parts, part.text, { signature: part.signature }, undefined)
      return
    case "thought":
      addThought(parts, part.text, part.signature && { signature: part.signature }, undefined)
      return
    case "call":
      parts.push({
        type: "tool_call",
        id: part.id ?? `call_${context.newId()}`,
        name: context.toolNames.get(part.name) ?? part.name,
        arguments: part.args,
        signature: part.signature
      })
      return
    case "other":
      parts.push(mediaPart(part.value) ?? { type: "foreign", protocol: "gemini", value: part.value })
  }
}

/** An image, or other media, that the model made. What it made while thinking is no part of the answer. */
export const mediaPart = (part: JsonObject): ImagePart | FilePart | undefined => {
  const blob = part["inlineData"]
  if (!isObject(blob) || part["thought"] === true) return undefined
  const { data, mimeType } = blob
  if (typeof data !== "string" || typeof mimeType !== "string") return undefined
  const signature = part["thoughtSignature"]
  const media = partOfInlineData(mimeType, data, undefined)
  return signature === undefined ? media : { ...media, extensions: kept({ thoughtSignature: signature }) }
}
