import type { JsonObject } from "../../canonical/json.ts"
import type { Message } from "../../canonical/message.ts"
import type { ToolCallPart, ToolResultPart } from "../../canonical/part.ts"
import { isObject, listOr, needList, needObject, needText, optional, refuse, textOr } from "../json-fields.ts"
import { type Conversation, makeConversation } from "./conversation.ts"
import { argumentsOfInput } from "./custom-input.ts"
import { foreignPart, readContent, readToolOutput } from "./decode-content.ts"
import { carriedProof } from "./reasoning-carrier.ts"
import { qualifiedName } from "./tools.ts"

/**
 * Reads `input`: a text, or a list of items. Items that only OpenAI can use are kept as foreign parts.
 * Source: https://platform.openai.com/docs/api-reference/responses/create, `input`.
 */
export const readInput = (value: unknown, path: string): ReadonlyArray<Message> => {
  if (typeof value === "string") return [{ role: "user", parts: [{ type: "text", text: value }] }]
  const conversation = makeConversation()
  needList(value, path).forEach((item, index) => {
    const at = `${path}[${index}]`
    readItem(needObject(item, at), at, conversation)
  })
  return conversation.messages()
}

const readItem = (item: JsonObject, path: string, conversation: Conversation): void => {
  switch (itemType(item)) {
    case "message":
      return readMessage(item, path, conversation)
    case "reasoning":
      return readReasoning(item, path, conversation)
    case "function_call":
      return conversation.addCall(readFunctionCall(item, path))
    case "custom_tool_call":
      return conversation.addCall(readCustomCall(item, path))
    case "function_call_output":
    case "custom_tool_call_output":
      return conversation.addResult(readResult(item, path))
    case "item_reference":
      return refuse(
        path,
        "refers to an item of an earlier response that is not known here (any more): send the item itself, as SDKs do with `store: false`"
      )
    case "compaction":
      return refuse(path, "holds a conversation that only OpenAI can read: send the items of the conversation")
    // They are settings, and no part of the conversation.
    case "configuration_update":
    case "additional_tools":
      return
    default:
      needText(item["type"], `${path}.type`)
      conversation.addTurnParts([foreignPart(item)])
  }
}

/** The type of an item. A message may leave it out, and so may a reference, which is an `id` and nothing else. */
export const itemType = (item: JsonObject): unknown => {
  const { type } = item
  if (type !== undefined && type !== null) return type
  return item["role"] === undefined && typeof item["id"] === "string" ? "item_reference" : "message"
}

const readMessage = (item: JsonObject, path: string, conversation: Conversation): void => {
  const role = needText(item["role"], `${path}.role`)
  const parts = readContent(item["content"], `${path}.content`)
  if (role === "assistant") conversation.addTurnParts(parts)
  else if (role === "user" || role === "system" || role === "developer") conversation.addMessage({ role, parts })
  else refuse(`${path}.role`, "must be `user`, `assistant`, `system` or `developer`")
}

const readReasoning = (item: JsonObject, path: string, conversation: Conversation): void => {
  const encrypted = optional(needText, item["encrypted_content"], `${path}.encrypted_content`)
  const proof = encrypted === undefined || encrypted === "" ? undefined : carriedProof(encrypted)
  // The thought itself where the item has it, else its summary.
  const text = joinTexts(item["content"]) || joinTexts(item["summary"])
  if (proof?.of === "call") {
    conversation.addCallSignature(proof.callId, proof.signature)
  } else if (proof?.of === "redacted") {
    conversation.addTurnParts([{ type: "reasoning", text, redacted: proof.value }])
  } else if (proof !== undefined) {
    conversation.addTurnParts([{ type: "reasoning", text, signature: proof.signature }])
  } else if (text !== "") {
    conversation.addTurnParts([{ type: "reasoning", text }])
  }
}

const joinTexts = (list: unknown): string =>
  listOr(list)
    .map((part) => (isObject(part) ? textOr(part["text"]) : ""))
    .filter((text) => text !== "")
    .join("\n\n")

const readFunctionCall = (item: JsonObject, path: string): ToolCallPart => {
  const { arguments: written } = item
  return {
    type: "tool_call",
    id: readCallId(item, path),
    name: readToolName(item, path),
    arguments: isObject(written) ? written : (optional(needText, written, `${path}.arguments`) ?? "")
  }
}

const readCustomCall = (item: JsonObject, path: string): ToolCallPart => ({
  type: "tool_call",
  id: readCallId(item, path),
  name: readToolName(item, path),
  arguments: argumentsOfInput(needText(item["input"], `${path}.input`))
})

/** Codex puts in results of no call, which have an ID of their own. */
const readResult = (item: JsonObject, path: string): ToolResultPart => ({
  type: "tool_result",
  callId:
    (item["call_id"] ?? undefined) === undefined && textOr(item["id"]) !== ""
      ? textOr(item["id"])
      : readCallId(item, path),
  name: typeof item["name"] === "string" ? readToolName(item, path) : undefined,
  content: readToolOutput(item["output"], `${path}.output`)
})

const readToolName = (item: JsonObject, path: string): string =>
  qualifiedName(optional(needText, item["namespace"], `${path}.namespace`), needText(item["name"], `${path}.name`))

const readCallId = (item: JsonObject, path: string): string => {
  const id = needText(item["call_id"], `${path}.call_id`)
  return id === "" ? refuse(`${path}.call_id`, "must not be empty") : id
}
