import type { JsonObject } from "../../canonical/json.ts"
import type { Part, ReasoningPart, ToolCallPart } from "../../canonical/part.ts"
import type { CanonicalResponse } from "../../canonical/response.ts"
import type { TranslationContext } from "../codec.ts"
import { inputOfArguments } from "./custom-input.ts"
import {
  argumentsText,
  callItem,
  contentPart,
  imageItem,
  itemId,
  type ItemStatus,
  messageItem,
  reasoningItem
} from "./output-items.ts"
import { textNotes } from "./output-text.ts"
import { carryCall, carryReasoning, carryRedacted } from "./reasoning-carrier.ts"
import { endedState, fixedFields } from "./response-object.ts"
import { type SpecialTool, specialTools } from "./tools.ts"

/**
 * A whole answer. This protocol has one answer per request: other choices are left out.
 * Source: https://platform.openai.com/docs/api-reference/responses/object.
 */
export const encodeResponse = (response: CanonicalResponse, context: TranslationContext): JsonObject => {
  const base = context.newId()
  const [choice] = response.choices
  const parts = choice?.parts ?? []
  const refused = parts.some((part) => part.type === "refusal")
  const state = endedState(choice?.stopReason, refused, response.usage)
  const { id: _, model, createdAt, serviceTier } = response
  const identity = { id: `resp_${base}`, model, createdAt, serviceTier }
  const output = outputItems(parts, base, specialTools(context.request.tools), state.status === "completed")
  return { ...fixedFields(identity, context), ...state, output }
}

/** Makes an item, once its ID and its status are known. */
type MakeItem = (index: number, status: ItemStatus) => JsonObject

const outputItems = (
  parts: ReadonlyArray<Part>,
  base: string,
  tools: ReadonlyMap<string, SpecialTool>,
  complete: boolean
): ReadonlyArray<JsonObject> => {
  const items = itemMakers(parts, base, tools)
  // Where an answer was cut, its last item is what is not whole.
  return items.map((make, index) => make(index, complete || index < items.length - 1 ? "completed" : "incomplete"))
}

const itemMakers = (
  parts: ReadonlyArray<Part>,
  base: string,
  tools: ReadonlyMap<string, SpecialTool>
): ReadonlyArray<MakeItem> => {
  const items: Array<MakeItem> = []
  /** Content of the message that the last item is, if it is one. */
  let message: Array<JsonObject> | undefined
  for (const part of parts) {
    if (part.type === "text" || part.type === "refusal") {
      if (message === undefined) {
        const content: Array<JsonObject> = []
        message = content
        items.push((index, status) => messageItem(itemId("msg", base, index), content, status))
      }
      const notes = part.type === "text" ? textNotes(part.text, part.citations, part.logprobs) : undefined
      message.push(contentPart(part.type, part.text, notes))
      continue
    }
    const made = otherItems(part, base, tools)
    if (made.length > 0) message = undefined
    for (const item of made) items.push(item)
  }
  return items
}

const otherItems = (part: Part, base: string, tools: ReadonlyMap<string, SpecialTool>): ReadonlyArray<MakeItem> => {
  switch (part.type) {
    case "reasoning": {
      const encrypted = encryptedContent(part)
      return [(index, status) => reasoningItem(itemId("rs", base, index), part.text, encrypted, status)]
    }
    case "tool_call":
      return callItems(part, base, tools.get(part.name))
    case "image": {
      const { source } = part
      if (source.kind !== "base64") return []
      return [(index) => imageItem(itemId("ig", base, index), source.mediaType, source.data)]
    }
    case "foreign":
      return part.protocol === "openai-response" ? [() => part.value] : []
    default:
      return []
  }
}

const encryptedContent = ({ signature, redacted }: ReasoningPart): string | undefined => {
  if (redacted !== undefined) return carryRedacted(redacted)
  return signature === undefined ? undefined : carryReasoning(signature)
}

/** The call, after the reasoning item that holds its signature, if it has one. */
const callItems = (part: ToolCallPart, base: string, special: SpecialTool | undefined): ReadonlyArray<MakeItem> => {
  const custom = special?.custom === true
  const passed = custom ? inputOfArguments(part.arguments) : argumentsText(part.arguments)
  const tool = { callId: part.id, name: part.name, special }
  const call: MakeItem = (index, status) => callItem(itemId(custom ? "ctc" : "fc", base, index), tool, passed, status)
  const { signature } = part
  if (signature === undefined || signature.issuer === "openai-response") return [call]
  const proof = carryCall(part.id, signature)
  return [(index) => reasoningItem(itemId("rs", base, index), "", proof, "completed"), call]
}
