import type { JsonObject } from "../../canonical/json.ts"
import type { StopReason } from "../../canonical/response.ts"
import type { EmitEvent, StreamDecoder, TranslationContext } from "../codec.ts"
import { isObject, listOr, objectOr, parseJson, textOr } from "../json-fields.ts"
import { decodeError, statusOfErrorType } from "./errors.ts"
import { decodeStopReason } from "./stop-reason.ts"
import { closeAll, closeBefore, closeBlock, open, readDelta, type StreamBlocks } from "./stream-blocks.ts"
import { addCounts, noCounts, type UsageCounts, usageOfCounts } from "./usage.ts"

interface State extends StreamBlocks {
  readonly counts: UsageCounts
  started: boolean
  /** Of the message; empty when it has none, or none yet. */
  id: string
  /** Nothing is given any more. */
  over: boolean
  reason: StopReason | undefined
  stopSequence: string | undefined
}

/**
 * Reads the stream of one message. Source: platform.claude.com/docs/en/build-with-claude/streaming.
 *
 * A stream counts as whole from the event that says why the model stopped, so that a provider that leaves out
 * `message_stop` is not cut off. A block of a kind that is not known is told when it is whole, since nobody else can
 * continue it.
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
      start(state, undefined, emit)
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

const finish = (state: State, reason: StopReason, emit: EmitEvent): void => {
  start(state, undefined, emit)
  closeAll(state, emit)
  state.over = true
  emit({ type: "finish", choice: 0, reason, stopSequence: state.stopSequence })
  emit({ type: "end" })
}
