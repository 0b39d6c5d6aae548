import type { JsonObject } from "../../canonical/json.ts"
import type { Signature } from "../../canonical/part.ts"
import type { StopReason } from "../../canonical/response.ts"
import type { StartedPart } from "../../canonical/stream-event.ts"
import { mergeUsage, type Usage } from "../../canonical/usage.ts"
import type { TranslationContext } from "../codec.ts"
import type { ResponseFailure } from "./errors.ts"
import { imageItem, itemId, type ItemKind, type ItemStatus, reasoningItem } from "./output-items.ts"
import { carryCall } from "./reasoning-carrier.ts"
import { encodeUsage, endedState, fixedFields, IN_PROGRESS, type ResponseState } from "./response-object.ts"
import {
  makeCall,
  makeCustomCall,
  makeReasoning,
  type OpenPart,
  type SendEvent,
  type StreamItem
} from "./stream-items.ts"
import { makeMessage } from "./stream-message.ts"
import { specialTools } from "./tools.ts"

/** A response that is being made, and sends events of what happens to it. */
export interface StreamedResponse {
  readonly start: (model: string, createdAt: number | undefined, serviceTier: string | undefined) => void
  readonly startPart: (part: number, value: StartedPart) => void
  /** The part that has this number, as long as it is open. */
  readonly openPart: (part: number) => OpenPart | undefined
  /** Says something about a text that is open or has ended. */
  readonly note: (part: number, say: (text: OpenPart) => void) => void
  readonly endPart: (part: number) => void
  readonly addUsage: (usage: Usage) => void
  /** The answer has stopped. What is open ends. */
  readonly finish: (reason: StopReason | undefined) => void
  readonly end: () => void
  /** The answer has failed: it is told with what there is of it. */
  readonly fail: (error: ResponseFailure) => void
}

/**
 * The state of one streamed answer. An item gets its `output_index` when it begins, and keeps it. Its last event waits
 * until the next item begins or the answer stops, because only then it is known whether the item is whole.
 */
export const makeStreamedResponse = (context: TranslationContext, send: SendEvent): StreamedResponse => {
  const base = context.newId()
  const special = specialTools(context.request.tools)
  /** JSON of the fields that never change, without the closing brace; empty before the start. */
  let fixed = ""
  const items: Array<StreamItem> = []
  /** JSON of the items that are done, by their index. */
  const done: Array<string | undefined> = []
  const parts = new Map<number, OpenPart>()
  /** Texts by the number of their part, from their beginning on. */
  const texts = new Map<number, OpenPart>()
  /** The item that began last, as long as it is not done. */
  let last: StreamItem | undefined
  let usage: Usage | undefined
  let refused = false
  let ended: ResponseState | undefined

  const nextId = (kind: ItemKind): string => itemId(kind, base, items.length)

  const sendResponse = (type: string, state: ResponseState, output: ReadonlyArray<string>): void =>
    send(type, `,"response":${fixed},${JSON.stringify(state).slice(1, -1)},"output":[${output.join(",")}]}`)

  const identify: StreamedResponse["start"] = (model, createdAt, serviceTier) => {
    const identity = { id: `resp_${base}`, model, createdAt, serviceTier }
    fixed = JSON.stringify(fixedFields(identity, context)).slice(0, -1)
  }
  const start: StreamedResponse["start"] = (model, createdAt, serviceTier) => {
    if (fixed !== "") return
    identify(model, createdAt, serviceTier)
    sendResponse("response.created", IN_PROGRESS, [])
    sendResponse("response.in_progress", IN_PROGRESS, [])
  }

  const begin = (item: StreamItem): void => {
    items.push(item)
    send("response.output_item.added", `,"output_index":${item.index},"item":${JSON.stringify(item.started)}`)
  }

  const complete = (item: StreamItem, status: ItemStatus): void => {
    const json = JSON.stringify(item.ended(status))
    done[item.index] = json
    send("response.output_item.done", `,"output_index":${item.index},"item":${json}`)
  }

  /** The last item gets nothing more; it is done now, unless some of it is open. */
  const settle = (status: ItemStatus): void => {
    if (last?.openParts === 0) complete(last, status)
    last = undefined
  }

  const beginLast = (item: StreamItem): void => {
    settle("completed")
    begin(item)
    last = item
  }

  /** An item that is there all at once. */
  const addWhole = (item: JsonObject): void => {
    const whole = { index: items.length, openParts: 0, started: item, ended: () => item }
    begin(whole)
    complete(whole, "completed")
  }

  /** Calls have no field for a signature: a reasoning item of its own takes it to the client and back. */
  const addCallSignature = (callId: string, signature: Signature): void => {
    if (signature.issuer === "openai-response") return
    addWhole(reasoningItem(nextId("rs"), "", carryCall(callId, signature), "completed"))
  }

  const startPart: StreamedResponse["startPart"] = (part, value) => {
    switch (value.type) {
      case "text":
      case "refusal": {
        refused ||= value.type === "refusal"
        if (last?.addContent === undefined) beginLast(makeMessage(nextId("msg"), items.length, send))
        const content = last?.addContent?.(value.type)
        if (content === undefined) return
        parts.set(part, content)
        texts.set(part, content)
        return
      }
      case "reasoning": {
        const reasoning = makeReasoning(nextId("rs"), items.length, send)
        beginLast(reasoning.item)
        parts.set(part, reasoning)
        return
      }
      case "tool_call": {
        settle("completed")
        const { id, name, signature } = value
        if (signature !== undefined) addCallSignature(id, signature)
        const tool = { callId: id, name, special: special.get(name) }
        const prove = (late: Signature): void => addCallSignature(id, late)
        const call =
          tool.special?.custom === true
            ? makeCustomCall(nextId("ctc"), items.length, tool, send, prove)
            : makeCall(nextId("fc"), items.length, tool, send, prove)
        beginLast(call.item)
        parts.set(part, call)
        return
      }
      case "image": {
        const { source } = value
        if (source.kind !== "base64") return
        settle("completed")
        addWhole(imageItem(nextId("ig"), source.mediaType, source.data))
        return
      }
      default:
        if (value.protocol !== "openai-response") return
        settle("completed")
        addWhole(value.value)
    }
  }

  const endPart = (part: number): void => {
    const open = parts.get(part)
    if (open === undefined) return
    parts.delete(part)
    open.end()
    if (open.item.openParts === 0 && open.item !== last) complete(open.item, "completed")
  }

  const finish = (reason: StopReason | undefined): void => {
    for (const part of parts.keys()) endPart(part)
    ended = endedState(reason, refused, usage)
    settle(ended.status === "completed" ? "completed" : "incomplete")
  }

  return {
    start,
    startPart,
    openPart: (part) => parts.get(part),
    note: (part, say) => {
      const text = texts.get(part)
      if (text === undefined) return
      say(text)
      const { ended: itemAs, index } = text.item
      if (done[index] !== undefined) done[index] = JSON.stringify(itemAs("completed"))
    },
    endPart,
    addUsage: (later) => {
      usage = mergeUsage(usage, later)
    },
    finish,
    end: () => {
      start("", undefined, undefined)
      if (ended === undefined) finish(undefined)
      const state = ended ?? endedState(undefined, refused, usage)
      const output = items.map((item) => done[item.index] ?? JSON.stringify(item.ended("completed")))
      sendResponse(`response.${state.status}`, { ...state, usage: encodeUsage(usage) }, output)
    },
    fail: (error) => {
      if (fixed === "") identify("", undefined, undefined)
      const output = items.map((item) => done[item.index] ?? JSON.stringify(item.ended("incomplete")))
      const state: ResponseState = {
        status: "failed",
        error,
        incomplete_details: null,
        usage: usage === undefined ? null : encodeUsage(usage)
      }
      sendResponse("response.failed", state, output)
    }
  }
}
