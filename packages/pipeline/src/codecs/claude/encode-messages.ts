import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { Message, SystemMessage } from "../../canonical/message.ts"
import type { Part, ReasoningPart, ToolCallPart, ToolResultPart } from "../../canonical/part.ts"
import type { TranslationContext } from "../codec.ts"
import { systemReminder } from "../system-reminder.ts"
import { argumentsObject } from "../tool-arguments.ts"
import { makeCallIds } from "./call-ids.ts"
import { encodeCache, encodeContentPart, isVisible } from "./encode-media.ts"
import { wireToolName } from "./tool-names.ts"

/** One turn of the conversation as it is written. */
export interface WireTurn {
  readonly role: "user" | "assistant"
  readonly content: Array<JsonObject>
}

/** What a conversation is in a request. */
export interface WireConversation {
  /** Blocks of the top-level `system`. */
  readonly system: Array<JsonObject>
  /** At least one, the first of the user, roles in turn. */
  readonly turns: Array<WireTurn>
}

/** Stands where the API needs a turn of the user and the client had none: it refuses an empty one. */
const MINIMAL_TURN: JsonObject = { type: "text", text: "Please proceed." }

/** A call that was written, and the last result that was given for it. */
interface WrittenCall {
  readonly wireId: string
  result: ToolResultPart | undefined
}

interface Draft {
  readonly role: "user" | "assistant"
  readonly content: Array<JsonObject>
  readonly calls: Array<WrittenCall>
}

/**
 * Writes a conversation by the rules of the API (platform.claude.com/docs/en/api/messages and
 * /docs/en/agents-and-tools/tool-use/handle-tool-calls):
 *
 * - Instructions at the head go to `system`. Later ones become text of the user that is marked as a reminder.
 * - Messages of one role become one turn.
 * - The results of all calls of a turn stand at the beginning of the next one, in the order of the calls. Of several
 *   results for one call the last counts; a call without one gets an error that says so; a result without a call becomes
 *   text.
 * - The result of a failed call holds text alone.
 * - IDs of calls get a character set that the API takes, and are unique.
 */
export const encodeConversation = (messages: ReadonlyArray<Message>, context: TranslationContext): WireConversation => {
  const system: Array<JsonObject> = []
  let start = 0
  for (; start < messages.length; start++) {
    const message = messages[start]!
    if (message.role !== "system" && message.role !== "developer") break
    for (const part of message.parts) if (part.type === "text") push(system, encodeContentPart(part))
  }
  const drafts = draftTurns(messages, start, context)
  return { system, turns: joinTurns(drafts) }
}

const push = (blocks: Array<JsonObject>, block: JsonObject | undefined): void => {
  if (block !== undefined) blocks.push(block)
}

const draftTurns = (
  messages: ReadonlyArray<Message>,
  start: number,
  context: TranslationContext
): ReadonlyArray<Draft> => {
  const drafts: Array<Draft> = []
  // By the client's IDs, since one may be used again later; and what was written, which must be unique.
  const calls = new Map<string, WrittenCall>()
  const wireIds = makeCallIds()
  const draftOf = (role: "user" | "assistant"): Draft => {
    const last = drafts.at(-1)
    if (last?.role === role) return last
    const draft: Draft = { role, content: [], calls: [] }
    drafts.push(draft)
    return draft
  }
  for (let index = start; index < messages.length; index++) {
    const message = messages[index]!
    if (message.role === "system" || message.role === "developer") encodeReminder(message, draftOf("user").content)
    else if (message.role === "assistant") {
      const draft = draftOf("assistant")
      for (const part of message.parts) {
        if (part.type === "tool_call") {
          const call: WrittenCall = { wireId: wireIds.free(part.id), result: undefined }
          calls.set(part.id, call)
          draft.calls.push(call)
          draft.content.push(encodeCall(part, call.wireId, context))
        } else encodeAssistantPart(part, draft.content)
      }
    } else {
      const draft = draftOf("user")
      for (const part of message.parts) {
        if (part.type !== "tool_result") encodeUserPart(part, draft.content)
        else {
          const call = calls.get(part.callId)
          if (call === undefined) encodeOrphan(part, draft.content)
          else call.result = part
        }
      }
    }
  }
  return drafts
}

/** Puts the results in their place, drops turns that hold nothing, and sees to it that the user begins. */
const joinTurns = (drafts: ReadonlyArray<Draft>): Array<WireTurn> => {
  const turns: Array<WireTurn> = []
  const add = (role: "user" | "assistant", blocks: Array<JsonObject>): void => {
    if (blocks.length === 0) return
    const last = turns.at(-1)
    if (last?.role === role) for (const block of blocks) last.content.push(block)
    else turns.push({ role, content: blocks })
  }
  for (const { calls, content, role } of drafts) {
    if (role === "assistant") dropTrailingThoughts(content)
    add(role, content)
    if (calls.length === 0) continue
    const media: Array<JsonObject> = []
    add(
      "user",
      calls.map((call) => encodeResult(call, media))
    )
    add("user", media)
  }
  if (turns[0]?.role !== "user") turns.unshift({ role: "user", content: [MINIMAL_TURN] })
  return turns
}

/** The API refuses a message of the assistant that ends with a thought. */
const dropTrailingThoughts = (content: Array<JsonObject>): void => {
  while (isThought(content.at(-1))) content.pop()
}

/** Whether a block is a thought of the model. */
export const isThought = (block: JsonObject | undefined): boolean =>
  block?.["type"] === "thinking" || block?.["type"] === "redacted_thinking"

const encodeReminder = (message: SystemMessage, content: Array<JsonObject>): void => {
  for (const part of message.parts) {
    if (part.type !== "text" || !isVisible(part.text)) continue
    const block: Record<string, unknown> = { type: "text", text: systemReminder(part.text) }
    if (part.cache !== undefined) block["cache_control"] = encodeCache(part.cache)
    content.push(block)
  }
}

const encodeUserPart = (part: Part, content: Array<JsonObject>): void => {
  if (part.type === "text" || part.type === "image" || part.type === "file") push(content, encodeContentPart(part))
  else if (part.type === "refusal" && isVisible(part.text)) content.push({ type: "text", text: part.text })
  else if (part.type === "foreign" && part.protocol === "claude") content.push(part.value)
}

const encodeAssistantPart = (part: Part, content: Array<JsonObject>): void => {
  switch (part.type) {
    case "text":
      push(content, encodeContentPart(part))
      break
    case "refusal":
      if (isVisible(part.text)) content.push({ type: "text", text: part.text })
      break
    case "reasoning":
      push(content, encodeThought(part))
      break
    case "foreign":
      if (part.protocol === "claude") content.push(part.value)
      break
    case "image":
    case "file":
      content.push({ type: "text", text: "[The assistant gave a file here, which cannot be shown again.]" })
      break
    default:
  }
}

/** A thought that Claude signed, as it was; any other is dropped, since the API refuses what it cannot verify. */
const encodeThought = ({ extensions, redacted, signature, text }: ReasoningPart): JsonObject | undefined => {
  if (redacted?.issuer === "claude") return { type: "redacted_thinking", data: redacted.value }
  if (signature?.issuer !== "claude") return undefined
  const fields = extensionsFor("claude", extensions)
  return { type: "thinking", thinking: text, signature: signature.value, ...fields }
}

const encodeCall = (part: ToolCallPart, id: string, context: TranslationContext): JsonObject => {
  const block: Record<string, unknown> = {
    type: "tool_use",
    id,
    name: wireToolName(part.name, context),
    input: argumentsObject(part.arguments),
    ...extensionsFor("claude", part.extensions)
  }
  if (part.cache !== undefined) block["cache_control"] = encodeCache(part.cache)
  return block
}

const NO_RESULT = "No result was given for this call."

const encodeResult = ({ result, wireId }: WrittenCall, media: Array<JsonObject>): JsonObject => {
  const block: Record<string, unknown> = { type: "tool_result", tool_use_id: wireId }
  if (result === undefined) {
    block["content"] = NO_RESULT
    block["is_error"] = true
    return block
  }
  let content = encodeResultContent(result)
  if (result.isError === true && Array.isArray(content)) content = takeMedia(content, wireId, media)
  if (content !== undefined) block["content"] = content
  if (result.isError === true) block["is_error"] = true
  Object.assign(block, extensionsFor("claude", result.extensions))
  if (result.cache !== undefined) block["cache_control"] = encodeCache(result.cache)
  return block
}

const encodeResultContent = ({ content }: ToolResultPart): string | Array<JsonObject> | undefined => {
  const only = content.length === 1 ? content[0] : undefined
  if (only?.type === "text" && only.cache === undefined && only.extensions === undefined) {
    return isVisible(only.text) ? only.text : undefined
  }
  const blocks: Array<JsonObject> = []
  for (const part of content) push(blocks, encodeContentPart(part))
  return blocks.length === 0 ? undefined : blocks
}

/** An error can hold text alone: what else it has follows the results. */
const takeMedia = (content: ReadonlyArray<JsonObject>, wireId: string, media: Array<JsonObject>): Array<JsonObject> => {
  const others = content.filter((block) => block["type"] !== "text")
  if (others.length > 0) media.push({ type: "text", text: `[From the error of the tool call ${wireId}]` }, ...others)
  return content.filter((block) => block["type"] === "text")
}

const encodeOrphan = (part: ToolResultPart, content: Array<JsonObject>): void => {
  const name = part.name === undefined ? "" : ` (${part.name})`
  content.push({ type: "text", text: `[Result of the tool call ${part.callId}${name}]` })
  for (const inner of part.content) push(content, encodeContentPart(inner))
}
