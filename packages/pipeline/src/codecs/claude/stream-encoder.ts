import type { Citation } from "../../canonical/citation.ts"
import type { Signature } from "../../canonical/part.ts"
import type { StopReason } from "../../canonical/response.ts"
import type { StartedPart, StreamError, StreamEvent } from "../../canonical/stream-event.ts"
import { mergeUsage, type Usage } from "../../canonical/usage.ts"
import type { EmitFrame, StreamEncoder, TranslationContext } from "../codec.ts"
import { carrySignature } from "../signature-carrier.ts"
import { carryCallSignature } from "./call-signature.ts"
import { encodeCitation } from "./citations.ts"
import { messageId, serviceTier } from "./encode-response.ts"
import { encodeStreamError } from "./errors.ts"
import { encodeStopReason } from "./stop-reason.ts"
import { encodeUsage } from "./usage.ts"

type StartEvent = Extract<StreamEvent, { type: "start" }>
type PartStart = Extract<StreamEvent, { type: "part_start" }>
/** What a part gets between its start and its end. */
type PartContent = Extract<StreamEvent, { type: "text" | "citation" | "arguments" | "signature" | "redacted" }>

/** A part that began while another was open: Claude's clients expect one block at a time. */
interface WaitingPart {
  readonly start: PartStart
  readonly content: Array<PartContent>
  ended: boolean
}

/** A signature that came before any words of its thought. */
interface HeldSignature {
  readonly part: number
  readonly signature: string
}

interface State {
  readonly context: TranslationContext
  /** Held until the first event that is not a usage, which may know the input tokens. */
  heldStart: StartEvent | undefined
  /** The part whose events go out as they come; -1 for none. */
  live: number
  liveValue: StartedPart | undefined
  waiting: Array<WaitingPart>
  /** Index of the next block. */
  blocks: number
  /** Whether a block is open, which the live part opens with its first content. */
  open: boolean
  /** The frame of a delta up to its text. */
  prefix: string
  /** Signatures of others without words. They wait for the next block, as an answer does not end with one. */
  readonly held: Array<HeldSignature>
  /** Of the live part. They are written at its end, when it is known whether it has a text to stand at. */
  readonly citations: Array<Citation>
  usage: Usage | undefined
  reason: StopReason | undefined
  stopSequence: string | undefined
  hasCalls: boolean
}

/**
 * Writes the events of one message: `message_start`, blocks one after another, `message_delta`, `message_stop`. A block
 * begins with the first content of its part, so that there is none without any. A citation that comes when its text has
 * ended is left out: a block that is closed takes nothing more. Source:
 * platform.claude.com/docs/en/build-with-claude/streaming.
 */
export const makeStreamEncoder = (context: TranslationContext): StreamEncoder => {
  const state: State = {
    context,
    heldStart: undefined,
    live: -1,
    liveValue: undefined,
    waiting: [],
    blocks: 0,
    open: false,
    prefix: "",
    held: [],
    citations: [],
    usage: undefined,
    reason: undefined,
    stopSequence: undefined,
    hasCalls: false
  }
  return { push: (event, emit) => writeEvent(state, event, emit) }
}

const writeEvent = (state: State, event: StreamEvent, emit: EmitFrame): void => {
  if (event.type === "usage") {
    state.usage = mergeUsage(state.usage, event.usage)
    return
  }
  if (state.heldStart !== undefined) writeStart(state, state.heldStart, emit)
  switch (event.type) {
    case "start":
      state.heldStart = event
      break
    case "text":
    case "citation":
    case "arguments":
    case "signature":
    case "redacted":
      if (event.choice !== 0) break
      if (event.part === state.live) writeContent(state, event, emit)
      else waitingPart(state, event.part)?.content.push(event)
      break
    case "part_start":
      if (event.choice !== 0) break
      if (state.live < 0) startPart(state, event, emit)
      else state.waiting.push({ start: event, content: [], ended: false })
      break
    case "part_end":
      if (event.choice !== 0) break
      if (event.part === state.live) endPart(state, emit)
      else markEnded(waitingPart(state, event.part))
      break
    case "finish":
      if (event.choice !== 0) break
      state.reason = event.reason
      state.stopSequence = event.stopSequence
      break
    case "end":
      writeEnd(state, emit)
      break
    case "error":
      writeError(event.error, emit)
  }
}

const waitingPart = (state: State, part: number): WaitingPart | undefined =>
  state.waiting.find(({ start }) => start.part === part)

const markEnded = (waiting: WaitingPart | undefined): void => {
  if (waiting !== undefined) waiting.ended = true
}

const writeError = ({ code, message, status, type }: StreamError, emit: EmitFrame): void =>
  encodeStreamError({ status, message, type, code, param: null }, emit)

const writeStart = (state: State, { id, model, serviceTier: tier }: StartEvent, emit: EmitFrame): void => {
  state.heldStart = undefined
  const { context } = state
  const message = {
    id: messageId(id, context),
    type: "message",
    role: "assistant",
    model: model === "" ? context.request.model : model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: Object.assign(encodeUsage(state.usage, context.estimatedInputTokens), serviceTier(tier))
  }
  emit(`{"type":"message_start","message":${JSON.stringify(message)}}`, "message_start")
}

const startPart = (state: State, { part, value }: PartStart, emit: EmitFrame): void => {
  state.live = part
  state.liveValue = value
  if (value.type === "tool_call") {
    if (value.signature !== undefined) writeCallSignature(state, value.id, value.signature, emit)
    state.hasCalls = true
    const start = `{"type":"tool_use","id":${JSON.stringify(value.id)},"name":${JSON.stringify(value.name)},"input":{}}`
    openBlock(state, start, '{"type":"input_json_delta","partial_json":', emit)
  } else if (value.type === "foreign" && value.protocol === "claude") {
    openBlock(state, JSON.stringify(value.value), "", emit)
    closeBlock(state, emit)
  }
}

const writeCallSignature = (state: State, id: string, signature: Signature, emit: EmitFrame): void => {
  if (signature.issuer === "claude") return
  openBlock(state, EMPTY_THINKING, THINKING_DELTA, emit)
  writeSignature(state, carryCallSignature(id, signature), emit)
  closeBlock(state, emit)
}

const EMPTY_TEXT = '{"type":"text","text":""}'
const TEXT_DELTA = '{"type":"text_delta","text":'
const EMPTY_THINKING = '{"type":"thinking","thinking":"","signature":""}'
const THINKING_DELTA = '{"type":"thinking_delta","thinking":'

const openBlock = (state: State, block: string, delta: string, emit: EmitFrame): void => {
  for (const { signature } of state.held.splice(0)) {
    openBlock(state, EMPTY_THINKING, THINKING_DELTA, emit)
    writeSignature(state, signature, emit)
    closeBlock(state, emit)
  }
  const index = state.blocks++
  state.open = true
  state.prefix = `{"type":"content_block_delta","index":${index},"delta":${delta}`
  emit(`{"type":"content_block_start","index":${index},"content_block":${block}}`, "content_block_start")
}

const closeBlock = (state: State, emit: EmitFrame): void => {
  if (!state.open) return
  state.open = false
  emit(`{"type":"content_block_stop","index":${state.blocks - 1}}`, "content_block_stop")
}

const writeContent = (state: State, event: PartContent, emit: EmitFrame): void => {
  const value = state.liveValue
  switch (event.type) {
    case "text":
      if (!state.open) {
        const thinking = value?.type === "reasoning"
        const own = state.held.at(-1)?.part === event.part ? state.held.pop() : undefined
        openBlock(state, thinking ? EMPTY_THINKING : EMPTY_TEXT, thinking ? THINKING_DELTA : TEXT_DELTA, emit)
        if (own !== undefined) writeSignature(state, own.signature, emit)
      }
      emit(`${state.prefix}${JSON.stringify(event.text)}}}`, "content_block_delta")
      break
    case "citation":
      state.citations.push(event.citation)
      break
    case "arguments":
      emit(`${state.prefix}${JSON.stringify(event.json)}}}`, "content_block_delta")
      break
    case "signature":
      if (value?.type === "tool_call") {
        closeBlock(state, emit)
        writeCallSignature(state, value.id, event.signature, emit)
        break
      }
      if (!state.open && event.signature.issuer !== "claude") {
        state.held.push({ part: event.part, signature: carrySignature(event.signature, "claude") })
        break
      }
      if (!state.open) openBlock(state, EMPTY_THINKING, THINKING_DELTA, emit)
      writeSignature(state, carrySignature(event.signature, "claude"), emit)
      break
    case "redacted": {
      closeBlock(state, emit)
      const data = JSON.stringify(carrySignature(event.value, "claude"))
      openBlock(state, `{"type":"redacted_thinking","data":${data}}`, "", emit)
      closeBlock(state, emit)
    }
  }
}

const writeSignature = (state: State, signature: string, emit: EmitFrame): void => {
  const delta = `{"type":"signature_delta","signature":${JSON.stringify(signature)}}`
  emit(`{"type":"content_block_delta","index":${state.blocks - 1},"delta":${delta}}`, "content_block_delta")
}

const writeCitations = (state: State, emit: EmitFrame): void => {
  for (const one of state.citations.splice(0)) {
    const citation = state.open ? encodeCitation(one) : undefined
    if (citation === undefined) continue
    const delta = `{"type":"citations_delta","citation":${JSON.stringify(citation)}}`
    emit(`{"type":"content_block_delta","index":${state.blocks - 1},"delta":${delta}}`, "content_block_delta")
  }
}

const endLive = (state: State, emit: EmitFrame): void => {
  if (state.citations.length > 0) writeCitations(state, emit)
  closeBlock(state, emit)
  state.live = -1
}

const endPart = (state: State, emit: EmitFrame): void => {
  endLive(state, emit)
  state.liveValue = undefined
  while (state.live < 0) {
    const next = state.waiting.shift()
    if (next === undefined) return
    startPart(state, next.start, emit)
    for (const event of next.content) writeContent(state, event, emit)
    if (next.ended) endLive(state, emit)
  }
}

const writeEnd = (state: State, emit: EmitFrame): void => {
  const delta = {
    stop_reason: encodeStopReason(state.reason, state.hasCalls),
    stop_sequence: state.stopSequence ?? null,
    stop_details: null
  }
  const usage = encodeUsage(state.usage, state.context.estimatedInputTokens)
  emit(`{"type":"message_delta","delta":${JSON.stringify(delta)},"usage":${JSON.stringify(usage)}}`, "message_delta")
  emit('{"type":"message_stop"}', "message_stop")
}
