import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { Message } from "../../canonical/message.ts"
import type { FilePart, ImagePart, Part, ToolResultPart } from "../../canonical/part.ts"
import { encodeContent, joinTexts } from "./encode-parts.ts"
import type { RequestWriter } from "./request-writer.ts"

/** Media that a message cannot hold, and the line that says where they belong. */
export interface ShownMedia {
  readonly title: string
  readonly parts: ReadonlyArray<ImagePart | FilePart>
}

const PARAGRAPH = "\n\n"

/**
 * Writes the answers to `callIds` out of what stands before the model's next turn, in the order they came. Of two answers
 * to one call the later counts, at the place of the first. A call that nobody answered gets an answer that says so:
 * OpenAI takes no call without one. Media of the answers are added to `media`. Gives what is left of the messages.
 */
export const encodeToolTurn = (
  callIds: ReadonlyArray<string>,
  messages: ReadonlyArray<Message>,
  writer: RequestWriter,
  written: Array<JsonObject>,
  media: Array<ShownMedia>
): ReadonlyArray<Message> => {
  const calls = new Set(callIds)
  const results = new Map<string, ToolResultPart>()
  const others: Array<Message> = []
  for (const message of messages) {
    if (message.role !== "tool") {
      others.push(message)
      continue
    }
    const orphans: Array<ToolResultPart> = []
    for (const part of message.parts) {
      if (calls.has(part.callId)) results.set(part.callId, part)
      else orphans.push(part)
    }
    if (orphans.length > 0) others.push({ role: "tool", parts: orphans })
  }
  for (const result of results.values()) {
    written.push(encodeResult(result, writer))
    const parts = result.content.filter(isMedia)
    if (parts.length > 0)
      media.push({ title: `Shown by the tool in answer to call ${writer.callId(result.callId)}:`, parts })
  }
  for (const id of calls) {
    if (!results.has(id)) written.push({ role: "tool", tool_call_id: writer.callId(id), content: UNANSWERED })
  }
  return others
}

const UNANSWERED = "(This call was not answered.)"

const isMedia = (part: Part): part is ImagePart | FilePart => part.type === "image" || part.type === "file"

const encodeResult = (result: ToolResultPart, { callId }: RequestWriter): JsonObject => ({
  role: "tool",
  tool_call_id: callId(result.callId),
  content:
    encodeContent(
      result.content.filter((part) => part.type === "text"),
      PARAGRAPH
    ) || silence(result),
  ...extensionsFor("openai", result.extensions)
})

/** What an answer without text says. */
const silence = ({ content, isError }: ToolResultPart): string => {
  if (content.some(isMedia)) return "(The answer is shown in the next message.)"
  return isError === true ? "(The tool failed.)" : ""
}

/** Media in a user's message of their own. */
export const mediaMessage = (media: ReadonlyArray<ShownMedia>): JsonObject => ({
  role: "user",
  content: encodeContent(
    media.flatMap(({ title, parts }): Array<Part> => [{ type: "text", text: title }, ...parts]),
    PARAGRAPH
  )
})

/** Answers to calls that are not in the conversation, which OpenAI refuses as a tool's: nothing shall be lost. */
export const orphanMessage = (results: ReadonlyArray<ToolResultPart>): JsonObject => ({
  role: "user",
  content: encodeContent(
    results.flatMap((result): Array<Part> => [
      { type: "text", text: `Answer of the tool to call ${result.callId}:\n${joinTexts(result.content, PARAGRAPH)}` },
      ...result.content.filter(isMedia)
    ]),
    PARAGRAPH
  )
})
