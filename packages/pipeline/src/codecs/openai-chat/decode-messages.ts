import type { JsonObject } from "../../canonical/json.ts"
import type { Message } from "../../canonical/message.ts"
import type { Part, ToolResultPart } from "../../canonical/part.ts"
import { isObject, needList, needObject, needText, optional, refuse } from "../json-fields.ts"
import { takeClaudeResults } from "./claude-blocks.ts"
import { cacheOf, decodeContent, decodeToolContent } from "./decode-parts.ts"
import { keptFields } from "./kept-fields.ts"
import { decodeReasoning } from "./reasoning-details.ts"
import { argumentsOf, CALL_FIELDS, callSignature } from "./tool-call-fields.ts"

const PLAIN_FIELDS = new Set(["role", "content"])
const ASSISTANT_FIELDS = new Set([
  "role",
  "content",
  "refusal",
  "tool_calls",
  "function_call",
  "reasoning",
  "reasoning_content",
  "reasoning_details"
])
const TOOL_FIELDS = new Set(["role", "content", "tool_call_id", "name"])

/**
 * A conversation. Answers of tools that follow one another become one message. The older `function` role has no IDs: an
 * answer goes to the latest call of that name.
 * Source: https://platform.openai.com/docs/api-reference/chat/create, `messages`.
 */
export const decodeMessages = (value: unknown): ReadonlyArray<Message> => {
  const list = needList(value, "messages")
  if (list.length === 0) return refuse("messages", "must not be empty")
  const messages: Array<Message> = []
  /** Answers of the tool message at the end of `messages`, while it is there. */
  let results: Array<ToolResultPart> | undefined
  const older: OlderCalls = new Map()
  list.forEach((item, index) => {
    const path = `messages[${index}]`
    const message = needObject(item, path)
    const role = needText(message["role"], `${path}.role`)
    if (role === "tool" || role === "function") {
      if (results === undefined) messages.push({ role: "tool", parts: (results = []) })
      results.push(role === "tool" ? decodeResult(message, path) : decodeFunctionResult(message, older, path))
      return
    }
    const mixed = role === "user" ? takeClaudeResults(message["content"], `${path}.content`) : undefined
    if (mixed !== undefined) {
      if (results === undefined) messages.push({ role: "tool", parts: (results = []) })
      for (const result of mixed.results) results.push(result)
      if (mixed.content.length === 0) return
    }
    results = undefined
    const turn = mixed === undefined ? message : { ...message, content: mixed.content }
    messages.push(decodeTurn(turn, role, older, path))
  })
  return messages
}

const decodeTurn = (message: JsonObject, role: string, older: OlderCalls, path: string): Message => {
  switch (role) {
    case "system":
    case "developer":
    case "user":
      return {
        role,
        parts: markLast(decodeContent(message["content"], `${path}.content`), message),
        extensions: keptFields(message, PLAIN_FIELDS)
      }
    case "assistant":
      return {
        role,
        parts: markLast(decodeAssistant(message, older, path), message),
        extensions: keptFields(message, ASSISTANT_FIELDS)
      }
    default:
      return refuse(
        `${path}.role`,
        'must be "system", "developer", "user", "assistant" or "tool", or the older "function"'
      )
  }
}

/** A mark on the whole message is one on its last part, unless that has its own. */
const markLast = (parts: Array<Part>, message: JsonObject): Array<Part> => {
  const cache = cacheOf(message)
  const last = parts.at(-1)
  if (cache === undefined || last === undefined || !canBeMarked(last) || last.cache !== undefined) return parts
  parts[parts.length - 1] = { ...last, cache }
  return parts
}

const canBeMarked = (part: Part): part is Exclude<Part, { type: "reasoning" | "refusal" | "foreign" }> =>
  part.type !== "reasoning" && part.type !== "refusal" && part.type !== "foreign"

const decodeAssistant = (message: JsonObject, olderCalls: OlderCalls, path: string): Array<Part> => {
  const { content } = message
  const said = content === undefined || content === null ? [] : decodeContent(content, `${path}.content`)
  const parts: Array<Part> = [...decodeReasoning(message), ...said]
  const refusal = optional(needText, message["refusal"], `${path}.refusal`)
  if (refusal !== undefined && refusal !== "") parts.push({ type: "refusal", text: refusal })
  const calls = optional(needList, message["tool_calls"], `${path}.tool_calls`) ?? []
  calls.forEach((call, index) => parts.push(decodeCall(call, `${path}.tool_calls[${index}]`)))
  const older = optional(needObject, message["function_call"], `${path}.function_call`)
  if (older !== undefined) {
    const name = needText(older["name"], `${path}.function_call.name`)
    const count = (olderCalls.get(name) ?? 0) + 1
    olderCalls.set(name, count)
    parts.push({ type: "tool_call", id: olderCallId(name, count), name, arguments: argumentsOf(older["arguments"]) })
  }
  return parts
}

const decodeCall = (value: unknown, path: string): Part => {
  const call = needObject(value, path)
  const id = needText(call["id"], `${path}.id`)
  if (id === "") return refuse(`${path}.id`, "must not be empty")
  if (call["function"] === undefined && isObject(call["custom"])) {
    return { type: "foreign", protocol: "openai", value: call }
  }
  const inner = needObject(call["function"], `${path}.function`)
  return {
    type: "tool_call",
    id,
    name: needText(inner["name"], `${path}.function.name`),
    arguments: argumentsOf(inner["arguments"]),
    signature: callSignature(call),
    cache: cacheOf(call),
    extensions: keptFields(call, CALL_FIELDS)
  }
}

const decodeResult = (message: JsonObject, path: string): ToolResultPart => ({
  type: "tool_result",
  callId: needText(message["tool_call_id"], `${path}.tool_call_id`),
  name: optional(needText, message["name"], `${path}.name`),
  content: decodeToolContent(message["content"], `${path}.content`),
  cache: cacheOf(message),
  extensions: keptFields(message, TOOL_FIELDS)
})

const decodeFunctionResult = (message: JsonObject, older: OlderCalls, path: string): ToolResultPart => {
  const name = needText(message["name"], `${path}.name`)
  return {
    type: "tool_result",
    callId: olderCallId(name, older.get(name) ?? 1),
    name,
    content: decodeToolContent(message["content"], `${path}.content`)
  }
}

/** How many calls of each name were made in the older form so far. */
type OlderCalls = Map<string, number>

const olderCallId = (name: string, count: number): string => `call_function_${name}_${count}`
