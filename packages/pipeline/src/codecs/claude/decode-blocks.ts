import type { JsonObject } from "../../canonical/json.ts"
import type {
  FilePart,
  ImagePart,
  Part,
  Signature,
  TextPart,
  ToolCallPart,
  ToolResultPart
} from "../../canonical/part.ts"
import { carriedSignature } from "../signature-carrier.ts"
import { isObject, kindOf, needFlag, needObject, needText, optional, otherFields, refuse } from "../json-fields.ts"
import { carriedThought } from "./call-signature.ts"
import { decodeCitations } from "./citations.ts"
import { decodeCache, decodeDocument, decodeImage, decodeOtherContent } from "./decode-media.ts"
import { claudeExtensions } from "./extension-fields.ts"

/** The parts of one message of a client. */
export interface DecodedContent {
  /** Results of tools, which come first whatever their place was: the API asks for it. */
  readonly results: ReadonlyArray<ToolResultPart>
  readonly parts: ReadonlyArray<Part>
}

const TEXT_FIELDS: ReadonlySet<string> = new Set(["type", "text", "citations", "cache_control"])
const CALL_FIELDS: ReadonlySet<string> = new Set(["type", "id", "name", "input", "cache_control"])
const RESULT_FIELDS: ReadonlySet<string> = new Set(["type", "tool_use_id", "content", "is_error", "cache_control"])
const THINKING_FIELDS: ReadonlySet<string> = new Set(["type", "thinking", "signature"])

/** A `text` block. */
export const decodeText = (block: JsonObject, path: string): TextPart => ({
  type: "text",
  text: needText(block["text"], `${path}.text`),
  citations: decodeCitations(block["citations"]),
  cache: decodeCache(block["cache_control"], `${path}.cache_control`),
  extensions: claudeExtensions(otherFields(block, TEXT_FIELDS))
})

/** The content of a message: a string, or an array of blocks. */
export const decodeContent = (content: unknown, role: "user" | "assistant", path: string): DecodedContent => {
  if (typeof content === "string") {
    return { results: [], parts: content === "" ? [] : [{ type: "text", text: content }] }
  }
  if (!Array.isArray(content)) return refuse(path, content === undefined ? "is required" : wanted(content))
  const results: Array<ToolResultPart> = []
  const parts: Array<Part> = []
  let signatures: Map<string, Signature> | undefined
  for (let index = 0; index < content.length; index++) {
    const blockPath = `${path}[${index}]`
    const block = needObject(content[index], blockPath)
    switch (block["type"]) {
      case "text":
        parts.push(decodeText(block, blockPath))
        break
      case "image":
        parts.push(decodeImage(block, blockPath))
        break
      case "document":
        for (const part of decodeDocument(block, blockPath)) parts.push(part)
        break
      case "tool_use":
        if (role !== "assistant") refuse(`${blockPath}.type`, 'cannot be "tool_use" in a message of the user')
        parts.push(decodeCall(block, blockPath))
        break
      case "tool_result":
        if (role !== "user") refuse(`${blockPath}.type`, 'cannot be "tool_result" in a message of the assistant')
        results.push(decodeResult(block, blockPath))
        break
      case "thinking": {
        const text = needText(block["thinking"], `${blockPath}.thinking`)
        const signed = optional(needText, block["signature"], `${blockPath}.signature`)
        const thought = signed === undefined || signed === "" ? undefined : carriedThought(signed)
        if (thought?.callId !== undefined) (signatures ??= new Map()).set(thought.callId, thought.signature)
        else {
          const extensions = claudeExtensions(otherFields(block, THINKING_FIELDS))
          parts.push({ type: "reasoning", text, signature: thought?.signature, extensions })
        }
        break
      }
      case "redacted_thinking": {
        const data = needText(block["data"], `${blockPath}.data`)
        parts.push({ type: "reasoning", text: "", redacted: carriedSignature(data, "claude") })
        break
      }
      case "search_result":
        parts.push(decodeOtherContent(block))
        break
      default:
        needText(block["type"], `${blockPath}.type`)
        parts.push({ type: "foreign", protocol: "claude", value: block })
    }
  }
  return { results, parts: signatures === undefined ? parts : signCalls(parts, signatures) }
}

const wanted = (value: unknown): string => `must be a string or an array, not ${kindOf(value)}`

const signCalls = (parts: ReadonlyArray<Part>, signatures: ReadonlyMap<string, Signature>): ReadonlyArray<Part> =>
  parts.map((part) => {
    const signature = part.type === "tool_call" ? signatures.get(part.id) : undefined
    return signature === undefined ? part : { ...part, signature }
  })

/** A `tool_use` block. */
export const decodeCall = (block: JsonObject, path: string): ToolCallPart => ({
  type: "tool_call",
  id: needText(block["id"], `${path}.id`),
  name: needText(block["name"], `${path}.name`),
  arguments: optional(needObject, block["input"], `${path}.input`) ?? {},
  cache: decodeCache(block["cache_control"], `${path}.cache_control`),
  extensions: claudeExtensions(otherFields(block, CALL_FIELDS))
})

/** A `tool_result` block. */
export const decodeResult = (block: JsonObject, path: string): ToolResultPart => ({
  type: "tool_result",
  callId: needText(block["tool_use_id"], `${path}.tool_use_id`),
  content: decodeResultContent(block["content"], `${path}.content`),
  isError: optional(needFlag, block["is_error"], `${path}.is_error`),
  cache: decodeCache(block["cache_control"], `${path}.cache_control`),
  extensions: claudeExtensions(otherFields(block, RESULT_FIELDS))
})

const decodeResultContent = (content: unknown, path: string): ReadonlyArray<TextPart | ImagePart | FilePart> => {
  if (content === undefined || content === null || content === "") return []
  if (typeof content === "string") return [{ type: "text", text: content }]
  // Agents pass on what a tool gave: one block, or any JSON.
  if (isObject(content) && typeof content["type"] === "string") return decodeResultContent([content], path)
  if (!Array.isArray(content)) return [{ type: "text", text: JSON.stringify(content) }]
  return content.flatMap((item, index): ReadonlyArray<TextPart | ImagePart | FilePart> => {
    const itemPath = `${path}[${index}]`
    const block = needObject(item, itemPath)
    switch (block["type"]) {
      case "text":
        return [decodeText(block, itemPath)]
      case "image":
        return [decodeImage(block, itemPath)]
      case "document":
        return decodeDocument(block, itemPath)
      default:
        needText(block["type"], `${itemPath}.type`)
        return [decodeOtherContent(block)]
    }
  })
}
