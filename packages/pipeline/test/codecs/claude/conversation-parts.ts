import type { Message } from "../../../src/canonical/message.ts"
import type { Part, ToolResultPart } from "../../../src/canonical/part.ts"

/** A turn of the user. */
export const user = (...texts: ReadonlyArray<string>): Message => ({
  role: "user",
  parts: texts.map((text) => ({ type: "text", text }))
})

/** A turn of the model. */
export const assistant = (...parts: ReadonlyArray<Part | string>): Message => ({
  role: "assistant",
  parts: parts.map((part) => (typeof part === "string" ? { type: "text", text: part } : part))
})

/** A call of a tool, by default of `look`. */
export const call = (id: string, args: string | object = {}, name = "look"): Part => ({
  type: "tool_call",
  id,
  name,
  arguments: args as string
})

/** What a tool answered. */
export const result = (callId: string, text: string, more: Partial<ToolResultPart> = {}): ToolResultPart => ({
  type: "tool_result",
  callId,
  content: [{ type: "text", text }],
  ...more
})

/** Results that follow one another. */
export const tool = (...parts: ReadonlyArray<ToolResultPart>): Message => ({ role: "tool", parts })

/** A block of text, as it is written. */
export const textBlock = (text: string) => ({ type: "text", text })
