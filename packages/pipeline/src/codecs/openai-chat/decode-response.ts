import type { JsonObject } from "../../canonical/json.ts"
import type { Part } from "../../canonical/part.ts"
import type { CanonicalResponse, Choice } from "../../canonical/response.ts"
import type { TranslationContext } from "../codec.ts"
import { addCitations, answerTextOf } from "../answer-text.ts"
import { isObject, listOr, numberOr, objectOr, otherFields, textOr } from "../json-fields.ts"
import { decodeAnnotations } from "./annotations.ts"
import { sourceOfUrl } from "./data-url.ts"
import { thinkingText } from "./decode-parts.ts"
import { decodeFinishReason } from "./finish-reason.ts"
import { extensionsOf, keptFields } from "./kept-fields.ts"
import { decodeReasoning } from "./reasoning-details.ts"
import { decodeLogprobs } from "./token-logprobs.ts"
import { argumentsOf, CALL_FIELDS, callSignature, uniqueCallId } from "./tool-call-fields.ts"
import { decodeUsage } from "./usage.ts"

const RESPONSE_FIELDS = new Set(["id", "object", "created", "model", "choices", "usage", "service_tier"])
const CHOICE_FIELDS = new Set(["index", "message", "finish_reason", "logprobs"])
const MESSAGE_FIELDS = new Set([
  "role",
  "content",
  "refusal",
  "tool_calls",
  "function_call",
  "reasoning",
  "reasoning_content",
  "reasoning_details",
  "images",
  "annotations"
])

/**
 * Reads a `chat.completion`, of OpenAI or of a server that is only like it: what is odd is left out.
 * Source: https://platform.openai.com/docs/api-reference/chat/object.
 */
export const decodeResponse = (json: JsonObject, context: TranslationContext): CanonicalResponse => ({
  id: textOr(json["id"]),
  model: textOr(json["model"]),
  createdAt: numberOr(json["created"]),
  choices: listOr(json["choices"])
    .map((value, position) => ({ choice: objectOr(value), position }))
    .toSorted((a, b) => indexOf(a) - indexOf(b))
    .map(({ choice }) => decodeChoice(choice, context)),
  usage: decodeUsage(json["usage"]),
  serviceTier: textOr(json["service_tier"]) || undefined,
  extensions: keptFields(json, RESPONSE_FIELDS)
})

const indexOf = ({ choice, position }: { readonly choice: JsonObject; readonly position: number }): number =>
  numberOr(choice["index"]) ?? position

/** What the choice, and under `message` its message, has beyond the canonical model is kept. */
const decodeChoice = (choice: JsonObject, context: TranslationContext): Choice => {
  const message = objectOr(choice["message"])
  const parts = decodeMessage(message, context)
  if (isObject(choice["logprobs"])) addLogprobs(parts, choice["logprobs"])
  const contents = {
    called: parts.some((part) => part.type === "tool_call"),
    refused: parts.some((part) => part.type === "refusal")
  }
  const word = textOr(choice["finish_reason"])
  const kept = otherFields(choice, CHOICE_FIELDS)
  const keptOfMessage = otherFields(message, MESSAGE_FIELDS)
  return {
    parts,
    stopReason: word === "" ? undefined : decodeFinishReason(word, contents),
    extensions: extensionsOf(keptOfMessage === undefined ? kept : { ...kept, message: keptOfMessage })
  }
}

/** Tokens are those of the content, which is one text but for servers that answer with an array. */
const addLogprobs = (parts: Array<Part>, logprobs: JsonObject): void => {
  const index = parts.findIndex((part) => part.type === "text")
  const part = parts[index]
  const tokens = decodeLogprobs(logprobs)
  if (part?.type === "text" && tokens.length > 0) parts[index] = { ...part, logprobs: tokens }
}

const decodeMessage = (message: JsonObject, context: TranslationContext): Array<Part> => {
  const parts: Array<Part> = decodeReasoning(message)
  const { content, refusal } = message
  if (typeof content === "string") pushText(parts, content)
  else for (const part of listOr(content)) pushContentPart(parts, part)
  if (typeof refusal === "string" && refusal !== "") parts.push({ type: "refusal", text: refusal })
  // OpenRouter has made images here. Source: https://openrouter.ai/docs/guides/overview/multimodal/image-generation.
  for (const image of listOr(message["images"])) pushContentPart(parts, image)
  const callIds = new Set<string>()
  for (const call of listOr(message["tool_calls"])) pushCall(parts, call, callIds, context)
  if (isObject(message["function_call"])) pushCall(parts, { function: message["function_call"] }, callIds, context)
  const annotations = listOr(message["annotations"])
  if (annotations.length > 0) addCitations(parts, decodeAnnotations(annotations, answerTextOf(parts)))
  return parts
}

const pushText = (parts: Array<Part>, text: string): void => {
  if (text !== "") parts.push({ type: "text", text: text.toWellFormed() })
}

/** One entry where a server answers with an array of parts. Source: Mistral API, `content` of a reasoning model. */
const pushContentPart = (parts: Array<Part>, value: unknown): void => {
  const part = objectOr(value)
  switch (part["type"]) {
    case "text":
    case "output_text":
      return pushText(parts, textOr(part["text"]))
    case "thinking": {
      const text = thinkingText(part)
      if (text !== "") parts.push({ type: "reasoning", text })
      return
    }
    case "refusal":
      parts.push({ type: "refusal", text: textOr(part["refusal"]) })
      return
    case "image_url": {
      const url = textOr(objectOr(part["image_url"])["url"]) || textOr(part["image_url"])
      const source = url === "" ? undefined : sourceOfUrl(url)
      if (source !== undefined) parts.push({ type: "image", source })
      return
    }
    default:
      if (isObject(value)) parts.push({ type: "foreign", protocol: "openai", value })
  }
}

/** A tool call; `callIds` are those before it. One without a name calls nothing. */
const pushCall = (
  parts: Array<Part>,
  value: unknown,
  callIds: Set<string>,
  { newId, toolNames }: TranslationContext
): void => {
  const call = objectOr(value)
  if (isObject(call["custom"])) {
    parts.push({ type: "foreign", protocol: "openai", value: call })
    return
  }
  const inner = objectOr(call["function"])
  const name = textOr(inner["name"])
  if (name === "") return
  const id = uniqueCallId(textOr(call["id"]) || `call_${newId()}`, callIds)
  callIds.add(id)
  parts.push({
    type: "tool_call",
    id,
    name: toolNames.get(name) ?? name,
    arguments: argumentsOf(inner["arguments"]),
    signature: callSignature(call),
    extensions: keptFields(call, CALL_FIELDS)
  })
}
