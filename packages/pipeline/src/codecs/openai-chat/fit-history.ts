import type { JsonObject } from "../../canonical/json.ts"
import { isObject, listOr, objectOr } from "../json-fields.ts"
import { carriedSignature } from "../signature-carrier.ts"
import { traitsOf } from "./model-traits.ts"

/** Fields of an assistant's message that other providers' answers have, and OpenAI refuses. */
const THOUGHT_FIELDS = ["reasoning", "reasoning_content", "reasoning_details"]

/**
 * A chat completion that goes on in its own protocol, after another provider has spoken in the conversation: OpenAI's
 * own models get nothing of thoughts, which they refuse; other servers lose only what others have signed, and the pages
 * that an answer has cited, which few of them know. Gemini's signature of a call stays for Gemini's models alone. OpenAI's models that reason get their limit of tokens under the
 * name that they take, since clients know models by the names that they have here. Without such things the body comes
 * back as it is, the same object.
 */
export const fitHistory = (given: JsonObject, upstreamModel: string): JsonObject => {
  const { gemini, openai, reasons } = traitsOf(upstreamModel)
  const body = reasons ? withCompletionLimit(given) : given
  const messages = listOr(body["messages"])
  if (!messages.some(maySpeakOfOthers)) return body
  const fitted = messages.map((message) =>
    isObject(message) && message["role"] === "assistant"
      ? withoutSignedCalls(openai ? withoutThoughts(message) : withoutCitations(withoutForeignDetails(message)), gemini)
      : message
  )
  return fitted.every((message, index) => message === messages[index]) ? body : { ...body, messages: fitted }
}

/** With `max_completion_tokens` in place of `max_tokens`, which OpenAI's models that reason refuse. */
const withCompletionLimit = (body: JsonObject): JsonObject => {
  const { max_tokens: limit, ...others } = body
  if (typeof limit !== "number" || typeof others["max_completion_tokens"] === "number") return body
  return { ...others, max_completion_tokens: limit }
}

/** Whether a message has anything that may have to go. Most conversations have nothing of the kind. */
const maySpeakOfOthers = (message: unknown): boolean =>
  isObject(message) &&
  message["role"] === "assistant" &&
  (message["tool_calls"] !== undefined ||
    message["annotations"] !== undefined ||
    THOUGHT_FIELDS.some((name) => message[name] !== undefined))

const withoutThoughts = (message: JsonObject): JsonObject =>
  THOUGHT_FIELDS.some((name) => message[name] !== undefined) ? without(message, THOUGHT_FIELDS) : message

const withoutForeignDetails = (message: JsonObject): JsonObject => {
  const details = listOr(message["reasoning_details"])
  const own = details.filter((detail) => !isForeign(objectOr(detail)))
  if (own.length === details.length) return message
  return own.length === 0 ? without(message, ["reasoning_details"]) : { ...message, reasoning_details: own }
}

/** Other annotations stay: OpenRouter wants the texts of files back. */
const withoutCitations = (message: JsonObject): JsonObject => {
  const { annotations, ...others } = message
  const given = listOr(annotations)
  const kept = given.filter((annotation) => objectOr(annotation)["type"] !== "url_citation")
  if (kept.length === given.length) return message
  return kept.length === 0 ? others : { ...others, annotations: kept }
}

const isForeign = (detail: JsonObject): boolean =>
  [detail["signature"], detail["data"]].some(
    (value) => typeof value === "string" && carriedSignature(value, "openai").issuer !== "openai"
  )

const withoutSignedCalls = (message: JsonObject, gemini: boolean): JsonObject => {
  const calls = listOr(message["tool_calls"])
  const isSigned = (call: unknown): boolean => !gemini && objectOr(call)["extra_content"] !== undefined
  if (!calls.some(isSigned)) return message
  return {
    ...message,
    tool_calls: calls.map((call) => (isSigned(call) ? without(objectOr(call), ["extra_content"]) : call))
  }
}

const without = (json: JsonObject, names: ReadonlyArray<string>): JsonObject =>
  Object.fromEntries(Object.entries(json).filter(([name]) => !names.includes(name)))
