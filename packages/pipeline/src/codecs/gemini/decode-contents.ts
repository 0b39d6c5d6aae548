import type { Extensions } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { Message } from "../../canonical/message.ts"
import type { Part, ToolCallPart, ToolResultPart } from "../../canonical/part.ts"
import { isObject, needFlag, needList, needObject, needText, optional, otherFields, refuse } from "../json-fields.ts"
import { type CallIds, makeCallIds } from "./call-ids.ts"
import { decodeSignature } from "./carried-signature.ts"
import { decodeFunctionResponse } from "./decode-function-response.ts"
import { decodeFileData, decodeInlineData } from "./decode-media.ts"
import { addSignedText, addText, addThought } from "./model-parts.ts"
import { wireField } from "./wire-fields.ts"

/** A conversation while it is read. */
interface Conversation {
  readonly messages: Array<Message>
  readonly ids: CallIds
  /** Parts of the model's turn that was read last, if more of it may follow. */
  modelParts: Array<Part> | undefined
  /** The message of results that was made last. */
  results: { readonly role: "tool"; readonly parts: Array<ToolResultPart> } | undefined
}

/**
 * Reads `contents`: turns of a user and of the model. Lenient where the API and its SDKs are: one content, or a text,
 * may stand for a list; a content without a role is the user's. Contents of the model that follow one another are one
 * message: SDKs keep a streamed answer as one content for each chunk. Source: https://ai.google.dev/api/caching#Content
 */
export const decodeContents = (value: unknown): ReadonlyArray<Message> => {
  const contents = typeof value === "string" || isObject(value) ? [value] : needList(value, "contents")
  const conversation: Conversation = { messages: [], ids: makeCallIds(), modelParts: undefined, results: undefined }
  contents.forEach((content, index) => decodeContent(content, `contents[${index}]`, conversation))
  return conversation.messages
}

/** Reads the text of a `systemInstruction`, which is a content whose role means nothing. */
export const decodeSystemInstruction = (value: unknown): ReadonlyArray<Message> => {
  if (value === undefined || value === null) return []
  const parts: Array<Part> = []
  if (typeof value === "string") addText(parts, value, undefined, false)
  else {
    for (const [index, part] of partsOf(needObject(value, "systemInstruction"), "systemInstruction").entries()) {
      decodePart(part, `systemInstruction.parts[${index}]`, makeCallIds(), false, parts)
    }
  }
  return parts.length === 0 ? [] : [{ role: "system", parts }]
}

const partsOf = (content: JsonObject, path: string): ReadonlyArray<unknown> => {
  const parts = content["parts"]
  if (isObject(parts)) return [parts]
  return optional(needList, parts, `${path}.parts`) ?? []
}

const decodeContent = (value: unknown, path: string, conversation: Conversation): void => {
  const { ids, messages } = conversation
  if (typeof value === "string") {
    addUserMessage(conversation, "user", [{ type: "text", text: value }])
    return
  }
  const content = needObject(value, path)
  const role = optional(needText, content["role"], `${path}.role`)?.toLowerCase() ?? "user"
  // A content may be a part that was not put into one.
  const pieces = content["parts"] === undefined && content["role"] === undefined ? [content] : partsOf(content, path)
  const read = (parts: Array<Part>, isModel: boolean): Array<Part> => {
    pieces.forEach((piece, index) => decodePart(piece, `${path}.parts[${index}]`, ids, isModel, parts))
    return parts
  }
  switch (role) {
    case "model":
    case "assistant": {
      const begun = conversation.modelParts
      const known = begun?.length ?? 0
      const parts = read(begun ?? [], true)
      const results = takeResults(parts, known)
      if (begun === undefined && parts.length > 0) messages.push({ role: "assistant", parts })
      addResults(conversation, results)
      conversation.modelParts = parts.length > 0 && results.length === 0 ? parts : undefined
      return
    }
    case "user":
    case "function":
    case "tool":
      addUserMessage(conversation, "user", read([], false))
      return
    case "system":
      addUserMessage(conversation, "system", read([], false))
      return
    default:
      refuse(`${path}.role`, "must be `user` or `model`")
  }
}

/** Adds what is not the model's: results of its calls first, then the rest. */
const addUserMessage = (conversation: Conversation, role: "user" | "system", parts: Array<Part>): void => {
  conversation.ids.endRound()
  conversation.modelParts = undefined
  addResults(conversation, takeResults(parts, 0))
  if (parts.length > 0) conversation.messages.push({ role, parts })
}

const isResult = (part: Part): part is ToolResultPart => part.type === "tool_result"

/** Takes the results of tools out of `parts`, from the one at `from` on. */
const takeResults = (parts: Array<Part>, from: number): ReadonlyArray<ToolResultPart> => {
  const added = parts.slice(from)
  const results = added.filter(isResult)
  if (results.length > 0) {
    parts.length = from
    for (const part of added) if (!isResult(part)) parts.push(part)
  }
  return results
}

/** Results that follow one another without anything in between are one message. */
const addResults = (conversation: Conversation, results: ReadonlyArray<ToolResultPart>): void => {
  if (results.length === 0) return
  let { results: message } = conversation
  if (message === undefined || conversation.messages.at(-1) !== message) {
    message = conversation.results = { role: "tool", parts: [] }
    conversation.messages.push(message)
  }
  for (const result of results) message.parts.push(result)
}

const TEXT_FIELDS: ReadonlySet<string> = new Set(["text", "thought", "thoughtSignature", "thought_signature"])
const MEDIA_FIELDS: ReadonlySet<string> = new Set(["inlineData", "inline_data", "fileData", "file_data"])
const CALL_FIELDS: ReadonlySet<string> = new Set([
  "functionCall",
  "function_call",
  "thoughtSignature",
  "thought_signature",
  "thought"
])

const extensionsOf = (part: JsonObject, known: ReadonlySet<string>): Extensions | undefined => {
  const fields = otherFields(part, known)
  return fields && { protocol: "gemini", fields }
}

/** Reads one part and adds it to `parts`. What is none of the canonical ones is kept as it came. */
const decodePart = (value: unknown, path: string, ids: CallIds, isModel: boolean, parts: Array<Part>): void => {
  if (typeof value === "string") {
    addText(parts, value, undefined, false)
    return
  }
  const part = needObject(value, path)
  const text = optional(needText, part["text"], `${path}.text`)
  if (text !== undefined) {
    decodeText(part, text, path, isModel, parts)
    return
  }
  const media =
    decodeInlineData(wireField(part, "inlineData", "inline_data"), `${path}.inlineData`) ??
    decodeFileData(wireField(part, "fileData", "file_data"), `${path}.fileData`)
  if (media !== undefined) {
    const fields = otherFields(part, MEDIA_FIELDS)
    parts.push(fields === undefined ? media : withFields(media, fields))
    return
  }
  const call = wireField(part, "functionCall", "function_call")
  if (call !== undefined) {
    parts.push(decodeCall(needObject(call, `${path}.functionCall`), part, `${path}.functionCall`, ids))
    return
  }
  const response = wireField(part, "functionResponse", "function_response")
  if (response !== undefined) parts.push(decodeFunctionResponse(response, `${path}.functionResponse`, ids))
  else if (Object.keys(part).length > 0) parts.push({ type: "foreign", protocol: "gemini", value: part })
}

const withFields = <A extends Part & { readonly extensions?: Extensions | undefined }>(
  part: A,
  fields: JsonObject
): A => ({ ...part, extensions: { protocol: "gemini", fields: { ...part.extensions?.fields, ...fields } } })

const signatureOf = (part: JsonObject, path: string): string | undefined => {
  const text = optional(needText, wireField(part, "thoughtSignature", "thought_signature"), `${path}.thoughtSignature`)
  return text === "" ? undefined : text
}

const decodeText = (part: JsonObject, text: string, path: string, isModel: boolean, parts: Array<Part>): void => {
  const isThought = optional(needFlag, part["thought"], `${path}.thought`) === true
  const carried = signatureOf(part, path)
  const signature = carried === undefined ? undefined : decodeSignature(carried)
  const extensions = extensionsOf(part, TEXT_FIELDS)
  if (isThought) addThought(parts, text, signature, extensions)
  else if (signature !== undefined) addSignedText(parts, text, signature, extensions)
  else addText(parts, text, extensions, isModel)
}

const decodeCall = (call: JsonObject, part: JsonObject, path: string, ids: CallIds): ToolCallPart => {
  const name = needText(call["name"], `${path}.name`)
  const signature = signatureOf(part, path)
  return {
    type: "tool_call",
    id: ids.ofCall(optional(needText, wireField(call, "id", "call_id"), `${path}.id`), name),
    name,
    arguments: optional(needObject, call["args"], `${path}.args`) ?? {},
    signature: signature === undefined ? undefined : decodeSignature(signature).signature,
    extensions: extensionsOf(part, CALL_FIELDS)
  }
}
