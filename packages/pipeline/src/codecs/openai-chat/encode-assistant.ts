import { extensionsFor, type Extensions } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { FilePart, ImagePart, Part, ReasoningPart, ToolCallPart } from "../../canonical/part.ts"
import { textOr } from "../json-fields.ts"
import { encodeContent } from "./encode-parts.ts"
import { encodeReasoningForProvider } from "./reasoning-details.ts"
import type { RequestWriter } from "./request-writer.ts"
import { extraContentOf, isCustomCall } from "./tool-call-fields.ts"

/** One turn of the model, for a provider. */
export interface AssistantTurn {
  /** `undefined` when nothing is left to be said. */
  readonly message: JsonObject | undefined
  /** IDs of its tool calls, as the client knows them. */
  readonly callIds: ReadonlyArray<string>
  /** What it showed: an assistant's message cannot hold media. */
  readonly media: ReadonlyArray<ImagePart | FilePart>
}

/** Messages of the model that are one turn. */
export interface JoinedMessages {
  readonly parts: Array<Part>
  hasCall: boolean
  hasText: boolean
}

/** A turn that begins with a message of the model. */
export const beginTurn = (parts: ReadonlyArray<Part>): JoinedMessages => ({
  parts: [...parts],
  hasCall: parts.some(isCall),
  hasText: parts.some(isText)
})

/** Adds the next message of the model, if it belongs to the same turn: two messages of text alone stay apart. */
export const joinTurn = (turn: JoinedMessages, next: ReadonlyArray<Part>): boolean => {
  const hasText = next.some(isText)
  if (turn.hasText && hasText && !turn.hasCall) return false
  for (const part of next) turn.parts.push(part)
  turn.hasText ||= hasText
  turn.hasCall ||= next.some(isCall)
  return true
}

const isText = (part: Part): boolean => part.type === "text"

const isCall = (part: Part): boolean => part.type === "tool_call" || isCustomCall(part)

/**
 * A turn of the model. Its texts are one string, as the model wrote them. Thoughts go to servers other than OpenAI's, some of which want them back, and OpenAI's has no use for; a turn that is nothing but
 * thoughts goes nowhere.
 */
export const encodeAssistant = (
  parts: ReadonlyArray<Part>,
  extensions: Extensions | undefined,
  writer: RequestWriter
): AssistantTurn => {
  const content: Array<Part> = []
  const reasoning: Array<ReasoningPart> = []
  const media: Array<ImagePart | FilePart> = []
  const calls: Array<JsonObject> = []
  const callIds: Array<string> = []
  let refusal = ""
  let hasText = false
  /** Whether something stood between the texts so far and the next. */
  let resumes = false
  for (const part of parts) {
    switch (part.type) {
      case "reasoning":
        reasoning.push(part)
        break
      case "image":
      case "file":
        media.push(part)
        break
      case "refusal":
        // Only OpenAI has a place for it.
        if (writer.traits.openai) refusal += part.text
        else content.push({ type: "text", text: part.text })
        break
      case "tool_call":
        calls.push(encodeCall(part, writer))
        callIds.push(part.id)
        break
      case "foreign":
        if (!isCustomCall(part)) content.push(part)
        else {
          calls.push(part.value)
          callIds.push(textOr(part.value["id"]))
        }
        break
      default:
        if (part.type === "text" && resumes) content.push(GAP)
        content.push(part)
        resumes = false
        break
    }
    hasText ||= part.type === "text" || (part.type === "refusal" && !writer.traits.openai)
    if (!isText(part)) resumes ||= hasText
  }
  const kept = extensionsFor("openai", extensions)
  const body = encodeContent(content, "")
  const silent = body === "" && refusal === "" && calls.length === 0
  if (silent && kept === undefined && parts.length > 0) {
    return { message: undefined, callIds, media }
  }
  const message = {
    role: "assistant",
    content: body === "" && !(silent && kept === undefined) ? null : body,
    refusal: refusal === "" ? undefined : refusal,
    ...(calls.length > 0 && writer.traits.wantsThoughts ? NO_THOUGHT : undefined),
    ...(writer.traits.openai ? undefined : encodeReasoningForProvider(reasoning)),
    tool_calls: calls.length === 0 ? undefined : calls,
    ...kept
  }
  return { message, callIds, media }
}

/** Stands for the thought of another model, which is not known. An empty one counts as missing. */
const NO_THOUGHT: JsonObject = { reasoning_content: "(not known)" }

/** Between texts that a call or a thought has parted: they are one string, and must not run into each other. */
const GAP: Part = { type: "text", text: "\n\n" }

const encodeCall = (part: ToolCallPart, { toolName, callId, traits }: RequestWriter): JsonObject => ({
  id: callId(part.id),
  type: "function",
  function: { name: toolName(part.name), arguments: argumentsText(part) },
  extra_content: part.signature?.issuer === "gemini" && traits.gemini ? extraContentOf(part.signature) : undefined,
  ...extensionsFor("openai", part.extensions)
})

/** Arguments as text, as they came; an empty text, which some servers cannot read, as an empty object. */
export const argumentsText = ({ arguments: given }: ToolCallPart): string =>
  typeof given === "string" ? given || "{}" : JSON.stringify(given)
