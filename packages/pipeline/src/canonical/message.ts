import type { Extensions } from "./extensions.ts"
import type { Part, ToolResultPart } from "./part.ts"

/** Instructions, at the head of a conversation or in the middle of it. */
export interface SystemMessage {
  /** `developer` is OpenAI's newer name. The difference is kept, and means nothing elsewhere. */
  readonly role: "system" | "developer"
  readonly parts: ReadonlyArray<Part>
  readonly extensions?: Extensions | undefined
}

/** Of a person, or of the model. */
export interface TurnMessage {
  readonly role: "user" | "assistant"
  readonly parts: ReadonlyArray<Part>
  readonly extensions?: Extensions | undefined
}

/** Results of tools: those that follow one another without anything in between are one message. */
export interface ToolMessage {
  readonly role: "tool"
  readonly parts: ReadonlyArray<ToolResultPart>
  readonly extensions?: Extensions | undefined
}

/**
 * One message of a conversation, in order. Messages of one role may follow one another: a codec whose protocol does not
 * allow it joins them when it writes. A turn that holds tool results and text becomes a `tool` message and a `user`
 * message, in this order.
 */
export type Message = SystemMessage | TurnMessage | ToolMessage
