import type { JsonObject } from "../../canonical/json.ts"
import type { ToolArguments } from "../../canonical/part.ts"
import { NO_NOTES } from "./output-text.ts"
import type { SpecialTool } from "./tools.ts"

// Items of `output`. Source: https://platform.openai.com/docs/api-reference/responses/object, `output`.

export type ItemStatus = "in_progress" | "completed" | "incomplete"

/** Beginnings of the IDs of items. */
export type ItemKind = "msg" | "rs" | "fc" | "ctc" | "ig"

/** ID of the item at `index` of a response; `base` is what is random in the ID of the response. */
export const itemId = (kind: ItemKind, base: string, index: number): string => `${kind}_${base}${index}`

/** A piece of a message: what is said, or the words in which it is declined. */
export const contentPart = (type: "text" | "refusal", text: string, notes = NO_NOTES): JsonObject =>
  type === "refusal" ? { type: "refusal", refusal: text } : { type: "output_text", ...notes, text }

export const messageItem = (id: string, content: ReadonlyArray<JsonObject>, status: ItemStatus): JsonObject => ({
  id,
  type: "message",
  status,
  role: "assistant",
  content
})

export const summaryPart = (text: string): JsonObject => ({ type: "summary_text", text })

/** A reasoning item. `encrypted` is its `encrypted_content`, which is left out when there is none. */
export const reasoningItem = (
  id: string,
  summary: string,
  encrypted: string | undefined,
  status: ItemStatus
): JsonObject => {
  const item = { id, type: "reasoning", status, summary: summary === "" ? [] : [summaryPart(summary)] }
  return encrypted === undefined ? item : { ...item, encrypted_content: encrypted }
}

/** What a call of a tool is, apart from what is passed to it. */
export interface CalledTool {
  readonly callId: string
  /** The canonical name. */
  readonly name: string
  readonly special: SpecialTool | undefined
}

/** `passed` is the JSON text of the arguments, or the free text of a custom tool. */
export const callItem = (id: string, tool: CalledTool, passed: string, status: ItemStatus): JsonObject => {
  const { callId, special } = tool
  const name = special?.name ?? tool.name
  const item =
    special?.custom === true
      ? { id, type: "custom_tool_call", status, call_id: callId, name, input: passed }
      : { id, type: "function_call", status, call_id: callId, name, arguments: passed }
  return special?.namespace === undefined ? item : { ...item, namespace: special.namespace }
}

/** JSON text of a call's arguments. A call without arguments has an empty object: clients parse what they get. */
export const argumentsText = (passed: ToolArguments): string => {
  if (typeof passed !== "string") return JSON.stringify(passed)
  return passed.trim() === "" ? `${passed}{}` : passed
}

/** An image that the model made, as the item that OpenAI's own image tool gives. */
export const imageItem = (id: string, mediaType: string, data: string): JsonObject => ({
  id,
  type: "image_generation_call",
  status: "completed",
  output_format: mediaType.slice(mediaType.indexOf("/") + 1),
  result: data
})
