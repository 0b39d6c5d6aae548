import type { JsonObject } from "../../canonical/json.ts"
import type { StopReason } from "../../canonical/response.ts"
import type { EmitEvent, StreamDecoder, TranslationContext } from "../codec.ts"
import { isObject, listOr, objectOr, parseJson, textOr } from "../json-fields.ts"
import { callId, clientToolName } from "./decode-response.ts"
import { decodeError, statusOfErrorType } from "./errors.ts"
import { decodeStopReason } from "./stop-reason.ts"
import { addCounts, noCounts, type UsageCounts, usageOfCounts } from "./usage.ts"

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

interface State {
  readonly context: TranslationContext
  readonly counts: UsageCounts
  started: boolean
  /** Of the message; empty when it has none, or none yet. */
  id: string
  /** Nothing is given any more. */
  over: boolean
  /** In the order of their beginning. All but the last are calls of tools. */
  open: Array<OpenBlock>
  /** Indexes of the blocks that have ended. */
  readonly closed: Set<unknown>
  parts: number
  reason: StopReason | undefined
  stopSequence: string | undefined
}

/**
 * Reads the stream of one message. Source: platform.claude.com/docs/en/build-with-claude/streaming.
 *
 * A stream counts as whole from the event that says why the model stopped, so that a provider that leaves out
 * `message_stop` is not cut off. Citations have no canonical event and are left out. A block of a kind that is not known
 * is told when it is whole, since nobody else can continue it.
 */
export const makeStreamDecoder = (context: TranslationContext): StreamDecoder => {
  const state: State = {
    context,
    counts: noCounts(),
    started: false,
    id: "",
    over: false,
    open: [],
    closed: new Set(),
    parts: 0,
    reason: undefined,
    stopSequence: undefined
  }
  return {
    push: (data, emit) => {
      if (!state.over) readEvent(state, data, emit)
    },
    end: (emit) => {
      if (state.over) return
      if (state.reason !== undefined) finish(state, state.reason, emit)
      else fail(state, 502, "The provider ended the stream before the answer was whole.", null, emit)
    }
  }
}

const fail = (state: State, status: number, message: string, type: string | null, emit: EmitEvent): void => {
  state.over = true
  emit({ type: "error", error: { status, message, type, code: null } })
}

const readEvent = (state: State, data: string, emit: EmitEvent): void => {
  // Not Claude's: gateways end every stream with it.
  if (data === "[DONE]") return
  const event = parseJson(data)
  if (!isObject(event)) return fail(state, 502, "The provider sent an event that is not a JSON object.", null, emit)
  switch (event["type"]) {
    case "content_block_delta":
      return readDelta(state, event, emit)
    case "content_block_start":
      start(state, undefined, emit)
      closeBefore(state, event["index"], emit)
      return open(state, event, emit)
    case "content_block_stop":
      return closeBlock(state, event["index"], emit)
    case "message_start":
      return readMessageStart(state, objectOr(event["message"]), emit)
    case "message_delta":
      return readMessageDelta(state, event, emit)
    case "message_stop":
      return finish(state, state.reason ?? "stop", emit)
    default:
      readOther(state, event, emit)
  }
}

/** An error, or an event that is not known, of which `ping` is one. */
const readOther = (state: State, event: JsonObject, emit: EmitEvent): void => {
  const error = decodeError(event)
  if (error === undefined) return
  const type = error.type ?? null
  const status = error.status ?? (type === null ? 502 : statusOfErrorType(type))
  fail(state, status, error.message ?? "The provider reported an error in its stream.", type, emit)
}

/**
 * The beginning of the message. It may hold blocks already, and the reason to stop, when the model goes on with what a
 * tool of Claude's own has called for. Gateways that ask again in mid-stream send another: what the first one said cannot
 * be taken back, so that the answer is broken.
 */
const readMessageStart = (state: State, message: JsonObject, emit: EmitEvent): void => {
  if (state.parts > 0 && message["id"] !== state.id) {
    return fail(state, 502, "The provider began its answer anew in the middle of it.", null, emit)
  }
  start(state, message, emit)
  if (state.parts > 0) return
  for (const block of listOr(message["content"])) {
    open(state, { content_block: block }, emit)
    closeAll(state, emit)
  }
  state.reason = decodeStopReason(message["stop_reason"]) ?? state.reason
}

const start = (state: State, message: JsonObject | undefined, emit: EmitEvent): void => {
  if (!state.started) {
    state.started = true
    const tier = objectOr(message?.["usage"])["service_tier"]
    state.id = textOr(message?.["id"])
    emit({
      type: "start",
      id: state.id,
      model: textOr(message?.["model"]),
      serviceTier: typeof tier === "string" ? tier : undefined
    })
  }
  if (isObject(message?.["usage"])) tellUsage(state, message["usage"], emit)
}

const tellUsage = (state: State, usage: JsonObject, emit: EmitEvent): void => {
  addCounts(state.counts, usage)
  emit({ type: "usage", usage: usageOfCounts(state.counts) })
}

const readMessageDelta = (state: State, event: JsonObject, emit: EmitEvent): void => {
  start(state, undefined, emit)
  const delta = objectOr(event["delta"])
  state.reason = decodeStopReason(delta["stop_reason"]) ?? state.reason
  if (typeof delta["stop_sequence"] === "string") state.stopSequence = delta["stop_sequence"]
  if (isObject(event["usage"])) tellUsage(state, event["usage"], emit)
}

const open = (state: State, event: JsonObject, emit: EmitEvent): void => {
  const block = objectOr(event["content_block"])
  const type = typeOf(block)
  const part = type === "foreign" ? -1 : state.parts++
  const opened: OpenBlock = { index: event["index"], type, part, block, half: "", json: "" }
  state.open.push(opened)
  switch (type) {
    case "text":
      emit({ type: "part_start", choice: 0, part, value: { type } })
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
const unannounced = (state: State, event: JsonObject, delta: JsonObject, emit: EmitEvent): OpenBlock | undefined => {
  if (state.open.length > 0 || state.closed.has(event["index"])) return undefined
  const type = delta["type"] === "text_delta" ? "text" : delta["type"] === "thinking_delta" ? "thinking" : undefined
  if (type === undefined) return undefined
  start(state, undefined, emit)
  open(state, { index: event["index"], content_block: { type } }, emit)
  return state.open.at(-1)
}

const readDelta = (state: State, event: JsonObject, emit: EmitEvent): void => {
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
const blockAt = (state: State, index: unknown): OpenBlock | undefined =>
  index === undefined ? state.open.at(-1) : state.open.findLast((block) => block.index === index)

/** Ends what the block that begins now cannot stand beside: its own index, and all but calls of tools. */
const closeBefore = (state: State, index: unknown, emit: EmitEvent): void => {
  const last = state.open.at(-1)
  if (last !== undefined && (last.type !== "tool_call" || last.index === index || index === undefined)) {
    closeAll(state, emit)
  }
}

const closeAll = (state: State, emit: EmitEvent): void => {
  for (const block of state.open.splice(0)) close(state, block, emit)
}

const closeBlock = (state: State, index: unknown, emit: EmitEvent): void => {
  const block = blockAt(state, index)
  if (block === undefined) return
  state.open.splice(state.open.indexOf(block), 1)
  close(state, block, emit)
}

const close = (state: State, open: OpenBlock, emit: EmitEvent): void => {
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

const tellForeign = (state: State, block: JsonObject, json: string, emit: EmitEvent): void => {
  const part = state.parts++
  const input = json === "" ? undefined : parseJson(json)
  const value = input === undefined ? block : { ...block, input }
  emit({ type: "part_start", choice: 0, part, value: { type: "foreign", protocol: "claude", value } })
  emit({ type: "part_end", choice: 0, part })
}

const finish = (state: State, reason: StopReason, emit: EmitEvent): void => {
  start(state, undefined, emit)
  closeAll(state, emit)
  state.over = true
  emit({ type: "finish", choice: 0, reason, stopSequence: state.stopSequence })
  emit({ type: "end" })
}
