import type { JsonObject } from "../../canonical/json.ts"
import type { EmitEvent, TranslationContext } from "../codec.ts"
import { isObject, objectOr, parseJson, textOr } from "../json-fields.ts"
import { decodeCitation, decodeCitations } from "./citations.ts"
import { callId, clientToolName } from "./decode-response.ts"

/** A block that is open. Claude has one at a time; compatible endpoints may have calls of tools open side by side. */
interface OpenBlock {
  readonly index: unknown
  readonly type: "text" | "reasoning" | "tool_call" | "foreign"
  /** Its index as a part; foreign parts get theirs when they are whole. */
  readonly part: number
  readonly block: JsonObject
  /** Half of a surrogate pair, which waits for the other half. */
  half: string
  /** JSON text that came for `input`. */
  json: string
}

/** The blocks of one streamed message. */
export interface StreamBlocks {
  readonly context: TranslationContext
  /** In the order of their beginning. All but the last are calls of tools. */
  readonly open: Array<OpenBlock>
  /** Indexes of the blocks that have ended. */
  readonly closed: Set<unknown>
  /** Parts that were begun. */
  parts: number
}

/** Begins the block of a `content_block_start`. */
export const open = (state: StreamBlocks, event: JsonObject, emit: EmitEvent): void => {
  const block = objectOr(event["content_block"])
  const type = typeOf(block)
  const part = type === "foreign" ? -1 : state.parts++
  const opened: OpenBlock = { index: event["index"], type, part, block, half: "", json: "" }
  state.open.push(opened)
  switch (type) {
    case "text":
      emit({ type: "part_start", choice: 0, part, value: { type } })
      for (const citation of decodeCitations(block["citations"]) ?? []) {
        emit({ type: "citation", choice: 0, part, citation })
      }
      return tellText(opened, block["text"], emit)
    case "reasoning":
      emit({ type: "part_start", choice: 0, part, value: { type } })
      if (block["type"] === "redacted_thinking") {
        return emit({ type: "redacted", choice: 0, part, value: { issuer: "claude", value: textOr(block["data"]) } })
      }
      tellText(opened, block["thinking"], emit)
      return tellSignature(opened, block["signature"], emit)
    case "tool_call": {
      const id = callId(block["id"], state.context)
      emit({
        type: "part_start",
        choice: 0,
        part,
        value: { type, id, name: clientToolName(block["name"], state.context) }
      })
    }
  }
}

const typeOf = (block: JsonObject): OpenBlock["type"] => {
  switch (block["type"]) {
    case "text":
      return "text"
    case "thinking":
    case "redacted_thinking":
      return "reasoning"
    case "tool_use":
      return "tool_call"
    default:
      return "foreign"
  }
}

/** A block of text or thinking that a compatible endpoint begins with its first delta, when no other is open. */
const unannounced = (
  state: StreamBlocks,
  event: JsonObject,
  delta: JsonObject,
  emit: EmitEvent
): OpenBlock | undefined => {
  if (state.open.length > 0 || state.closed.has(event["index"])) return undefined
  const type = delta["type"] === "text_delta" ? "text" : delta["type"] === "thinking_delta" ? "thinking" : undefined
  if (type === undefined) return undefined
  open(state, { index: event["index"], content_block: { type } }, emit)
  return state.open.at(-1)
}

/** Takes a `content_block_delta`. */
export const readDelta = (state: StreamBlocks, event: JsonObject, emit: EmitEvent): void => {
  const delta = objectOr(event["delta"])
  const open = blockAt(state, event["index"]) ?? unannounced(state, event, delta, emit)
  // A delta for a block that is closed has no place.
  if (open === undefined) return
  switch (delta["type"]) {
    case "text_delta":
      if (open.type === "text") tellText(open, delta["text"], emit)
      break
    case "thinking_delta":
      if (open.type === "reasoning") tellText(open, delta["thinking"], emit)
      break
    case "citations_delta":
      if (open.type === "text" && isObject(delta["citation"])) {
        emit({ type: "citation", choice: 0, part: open.part, citation: decodeCitation(delta["citation"]) })
      }
      break
    case "signature_delta":
      if (open.type === "reasoning") tellSignature(open, delta["signature"], emit)
      break
    case "input_json_delta":
      readInput(open, textOr(delta["partial_json"]), emit)
      break
    default:
  }
}

const tellSignature = (open: OpenBlock, signature: unknown, emit: EmitEvent): void => {
  if (typeof signature !== "string" || signature === "") return
  emit({ type: "signature", choice: 0, part: open.part, signature: { issuer: "claude", value: signature } })
}

const tellText = (open: OpenBlock, value: unknown, emit: EmitEvent): void => {
  const text = wholePairs(open, textOr(value))
  if (text !== "") emit({ type: "text", choice: 0, part: open.part, text })
}

const readInput = (open: OpenBlock, partial: string, emit: EmitEvent): void => {
  if (partial === "") return
  open.json += partial
  if (open.type !== "tool_call") return
  const json = wholePairs(open, partial)
  if (json !== "") emit({ type: "arguments", choice: 0, part: open.part, json })
}

/** The text with the half that waited before it, and without the half that its end may be. */
const wholePairs = (open: OpenBlock, more: string): string => {
  if (more === "") return more
  const text = open.half + more
  const last = text.charCodeAt(text.length - 1)
  if (last < 0xd800 || last > 0xdbff) {
    open.half = ""
    return text
  }
  open.half = text.slice(-1)
  return text.slice(0, -1)
}

/** Stands for a half whose other half never came. */
const REPLACEMENT = "\uFFFD"

/** The open block of an index; the last one when there is none in the event. */
const blockAt = (state: StreamBlocks, index: unknown): OpenBlock | undefined =>
  index === undefined ? state.open.at(-1) : state.open.findLast((block) => block.index === index)

/** Ends what the block that begins now cannot stand beside: its own index, and all but calls of tools. */
export const closeBefore = (state: StreamBlocks, index: unknown, emit: EmitEvent): void => {
  const last = state.open.at(-1)
  if (last !== undefined && (last.type !== "tool_call" || last.index === index || index === undefined)) {
    closeAll(state, emit)
  }
}

/** Ends all blocks that are open. */
export const closeAll = (state: StreamBlocks, emit: EmitEvent): void => {
  for (const block of state.open.splice(0)) close(state, block, emit)
}

/** Ends the block of a `content_block_stop`. */
export const closeBlock = (state: StreamBlocks, index: unknown, emit: EmitEvent): void => {
  const block = blockAt(state, index)
  if (block === undefined) return
  state.open.splice(state.open.indexOf(block), 1)
  close(state, block, emit)
}

const close = (state: StreamBlocks, open: OpenBlock, emit: EmitEvent): void => {
  const { block, half, json, part, type } = open
  state.closed.add(open.index)
  if (type === "foreign") return tellForeign(state, block, json, emit)
  if (type === "tool_call") {
    if (half !== "") emit({ type: "arguments", choice: 0, part, json: REPLACEMENT })
    // Some providers send the whole input at once.
    else if (json === "" && isObject(block["input"]) && Object.keys(block["input"]).length > 0) {
      emit({ type: "arguments", choice: 0, part, json: JSON.stringify(block["input"]) })
    }
  } else if (half !== "") emit({ type: "text", choice: 0, part, text: REPLACEMENT })
  emit({ type: "part_end", choice: 0, part })
}

const tellForeign = (state: StreamBlocks, block: JsonObject, json: string, emit: EmitEvent): void => {
  const part = state.parts++
  const input = json === "" ? undefined : parseJson(json)
  const value = input === undefined ? block : { ...block, input }
  emit({ type: "part_start", choice: 0, part, value: { type: "foreign", protocol: "claude", value } })
  emit({ type: "part_end", choice: 0, part })
}
