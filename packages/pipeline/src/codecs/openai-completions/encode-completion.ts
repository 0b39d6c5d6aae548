import type { JsonObject } from "../../canonical/json.ts"
import { isObject, listOr, numberOr, objectOr, textOr } from "../json-fields.ts"

/**
 * The body of a legacy completion out of that of a chat completion.
 * Source: https://platform.openai.com/docs/api-reference/completions/object.
 */
export const completionOfChat = (json: JsonObject): JsonObject => ({
  ...envelope(json),
  choices: listOr(json["choices"]).map((value, position) => {
    const choice = objectOr(value)
    return completionChoice(choice, position, textOf(choice["message"]), finishReason(choice) ?? "stop")
  }),
  usage: json["usage"]
})

/**
 * A chunk of a legacy stream out of one of a chat's; `undefined` for one that says nothing there, such as that of the
 * role. An error in the stream stays as it is.
 */
export const completionChunkOfChat = (json: JsonObject): JsonObject | undefined => {
  if (json["error"] !== undefined) return json
  const choices: Array<JsonObject> = []
  listOr(json["choices"]).forEach((value, position) => {
    const choice = objectOr(value)
    const text = textOf(choice["delta"])
    const reason = finishReason(choice)
    if (text !== "" || reason !== null) choices.push(completionChoice(choice, position, text, reason))
  })
  const { usage } = json
  if (choices.length === 0 && !isObject(usage)) return undefined
  return { ...envelope(json), choices, usage }
}

const envelope = (json: JsonObject): JsonObject => ({
  id: textOr(json["id"]).replace(/^chatcmpl-/, "cmpl-"),
  object: "text_completion",
  created: json["created"],
  model: json["model"],
  system_fingerprint: json["system_fingerprint"]
})

const completionChoice = (choice: JsonObject, position: number, text: string, reason: string | null): JsonObject => ({
  text,
  index: numberOr(choice["index"]) ?? position,
  logprobs: null,
  finish_reason: reason
})

/** A refusal is the text of an answer that has no other. */
const textOf = (message: unknown): string => {
  const { content, refusal } = objectOr(message)
  return textOr(content) || textOr(refusal)
}

/** The older API has no word for tool calls: nobody can have given it tools to call. */
const finishReason = (choice: JsonObject): string | null => {
  const reason = textOr(choice["finish_reason"])
  if (reason === "") return null
  return reason === "length" || reason === "content_filter" ? reason : "stop"
}
