import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { Message, SystemMessage, TurnMessage } from "../../canonical/message.ts"
import type { Part } from "../../canonical/part.ts"
import { systemReminder } from "../system-reminder.ts"
import { beginTurn, encodeAssistant, joinTurn } from "./encode-assistant.ts"
import { encodeContent } from "./encode-parts.ts"
import { encodeToolTurn, mediaMessage, orphanMessage, type ShownMedia } from "./encode-tool-results.ts"
import type { RequestWriter } from "./request-writer.ts"

/** Between texts that become one string. */
const PARAGRAPH = "\n\n"

/**
 * The conversation as chat completions have it: what the model said in one turn is one message, and right behind its
 * tool calls stand their answers, one message each, whatever the client had in between. Media, which a tool's answer
 * cannot hold, follow in a user's message.
 * Source: https://platform.openai.com/docs/api-reference/chat/create, `messages`.
 */
export const encodeMessages = (given: ReadonlyArray<Message>, writer: RequestWriter): Array<JsonObject> => {
  const written: Array<JsonObject> = []
  const messages = writer.traits.openai ? given : withOneInstruction(given)
  let at = 0
  while (at < messages.length) {
    const message = messages[at]!
    if (message.role !== "assistant") {
      encodeOther(message, writer, written)
      at++
      continue
    }
    let end = at + 1
    const turn = beginTurn(message.parts)
    for (let next = messages[end]; next?.role === "assistant" && joinTurn(turn, next.parts); next = messages[end]) end++
    at = encodeTurn(message, turn.parts, messages, end, writer, written)
  }
  return writer.traits.mistral ? withAssistantBetween(written) : written
}

/** Mistral refuses a user's message right after a tool's: "Unexpected role 'user' after role 'tool'". */
const withAssistantBetween = (written: ReadonlyArray<JsonObject>): Array<JsonObject> =>
  written.flatMap((message, index) =>
    message["role"] === "user" && written[index - 1]?.["role"] === "tool" ? [ACKNOWLEDGED, message] : [message]
  )

const ACKNOWLEDGED: JsonObject = { role: "assistant", content: "I have the results." }

/** Writes a turn of the model and, if it called tools, all up to its next turn. Gives the index of what is next. */
const encodeTurn = (
  message: TurnMessage,
  parts: ReadonlyArray<Part>,
  messages: ReadonlyArray<Message>,
  end: number,
  writer: RequestWriter,
  written: Array<JsonObject>
): number => {
  const turn = encodeAssistant(parts, message.extensions, writer)
  if (turn.message !== undefined) written.push(turn.message)
  const media: Array<ShownMedia> =
    turn.media.length === 0 ? [] : [{ title: "Shown by the assistant:", parts: turn.media }]
  let next = end
  let others: ReadonlyArray<Message> = []
  if (turn.callIds.length > 0) {
    while (next < messages.length && messages[next]?.role !== "assistant") next++
    others = encodeToolTurn(turn.callIds, messages.slice(end, next), writer, written, media)
  }
  if (media.length > 0) written.push(mediaMessage(media))
  for (const other of others) encodeOther(other, writer, written)
  return next
}

const encodeOther = (message: Message, writer: RequestWriter, written: Array<JsonObject>): void => {
  if (message.role === "tool") written.push(orphanMessage(message.parts))
  else if (message.role !== "assistant") written.push(encodePlain(message, writer))
}

const encodePlain = (message: SystemMessage | TurnMessage, { traits }: RequestWriter): JsonObject => ({
  // OpenAI's name alone: other servers refuse it.
  role: message.role === "developer" && !traits.openai ? "system" : message.role,
  content: encodeContent(message.parts, PARAGRAPH),
  ...extensionsFor("openai", message.extensions)
})

const isInstruction = (message: Message): message is SystemMessage =>
  message.role === "system" || message.role === "developer"

/**
 * The conversation with all instructions at its head in one message, and later ones as reminders of the user's: many
 * models that are not OpenAI's have a template that ends the request with "System message must be at the beginning", and
 * some of them take a second message for a later one.
 */
const withOneInstruction = (messages: ReadonlyArray<Message>): ReadonlyArray<Message> => {
  const found = messages.findIndex((message) => !isInstruction(message))
  const head = messages.slice(0, found === -1 ? messages.length : found).filter(isInstruction)
  const [first, second] = head
  const later = messages.slice(head.length)
  if (second === undefined && !later.some(isInstruction)) return messages
  return [
    ...(first === undefined ? [] : [{ ...first, parts: head.flatMap(({ parts }) => parts) }]),
    ...later.map((message) => (isInstruction(message) ? reminderOf(message) : message))
  ]
}

const reminderOf = ({ parts, extensions }: SystemMessage): TurnMessage => ({
  role: "user",
  parts: parts.map((part) => (part.type === "text" ? { ...part, text: systemReminder(part.text) } : part)),
  extensions
})
