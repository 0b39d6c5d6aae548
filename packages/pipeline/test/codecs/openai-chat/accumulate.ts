import type { JsonObject } from "../../../src/canonical/json.ts"
import type { Part, ReasoningPart, ToolCallPart } from "../../../src/canonical/part.ts"
import type { CanonicalResponse, StopReason } from "../../../src/canonical/response.ts"
import type { StartedPart, StreamEvent } from "../../../src/canonical/stream-event.ts"
import { mergeUsage } from "../../../src/canonical/usage.ts"
import { isObject } from "../../../src/codecs/json-fields.ts"
import { partWithNote } from "../note-arbitraries.ts"

type Mutable<A> = { -readonly [K in keyof A]: A[K] }

interface GrowingChoice {
  readonly parts: Array<Mutable<Part>>
  readonly open: Set<number>
  stopReason: StopReason | undefined
}

const begin = (value: StartedPart): Mutable<Part> => {
  switch (value.type) {
    case "image":
    case "foreign":
      return { ...value }
    case "tool_call":
      return { ...value, arguments: "" }
    default:
      return { type: value.type, text: "" }
  }
}

const check = (holds: boolean, event: StreamEvent): void => {
  if (!holds) throw new Error(`out of order: ${JSON.stringify(event)}`)
}

/** The whole answer that a stream of canonical events tells. Throws when the order of events is not as documented. */
export const responseOfEvents = (events: ReadonlyArray<StreamEvent>): CanonicalResponse => {
  const choices: Array<GrowingChoice> = []
  let response: Mutable<CanonicalResponse> | undefined
  events.forEach((event, at) => {
    check((event.type === "start") === (at === 0), event)
    if (event.type === "start") {
      const { type: _, ...head } = event
      response = { ...head, choices: [] }
      return
    }
    check((event.type === "end" || event.type === "error") === (at === events.length - 1), event)
    if (event.type === "end" || event.type === "error") return
    if (event.type === "usage") {
      response!.usage = mergeUsage(response!.usage, event.usage)
      return
    }
    const choice = (choices[event.choice] ??= { parts: [], open: new Set(), stopReason: undefined })
    check(choice.stopReason === undefined, event)
    if (event.type === "finish") {
      check(choice.open.size === 0, event)
      choice.stopReason = event.reason
      return
    }
    if (event.type === "part_start") {
      check(event.part === choice.parts.length, event)
      choice.parts.push(begin(event.value))
      choice.open.add(event.part)
      return
    }
    if (event.type === "citation" || event.type === "logprobs") {
      choice.parts[event.part] = partWithNote(choice.parts[event.part], event)
      return
    }
    check(choice.open.has(event.part), event)
    const part = choice.parts.at(event.part)
    if (part === undefined) return
    switch (event.type) {
      case "text":
        check(event.text !== "" && event.text.isWellFormed() && "text" in part, event)
        ;(part as Mutable<ReasoningPart>).text += event.text
        return
      case "arguments":
        check(event.json !== "" && event.json.isWellFormed() && part.type === "tool_call", event)
        ;(part as { arguments: string }).arguments += event.json
        return
      case "signature":
        ;(part as Mutable<ToolCallPart>).signature = event.signature
        return
      case "redacted":
        ;(part as Mutable<ReasoningPart>).redacted = event.value
        return
      case "part_end":
        choice.open.delete(event.part)
    }
  })
  return { ...response!, choices: choices.map(({ parts, stopReason }) => ({ parts, stopReason })) }
}

type Growing = Record<string, unknown>

/**
 * Adds a delta to what came before as OpenAI's Python SDK does: texts are joined, numbers added, lists merged by the
 * `index` of their entries, objects merged; `index` and `type` are replaced.
 * Source: https://github.com/openai/openai-python/blob/main/src/openai/lib/streaming/_deltas.py.
 */
const addDelta = (before: Growing, delta: JsonObject): void => {
  for (const [key, value] of Object.entries(delta)) {
    const known = before[key]
    if (known === undefined || known === null || key === "index" || key === "type") before[key] = structuredClone(value)
    else if (typeof known === "string" && typeof value === "string") before[key] = known + value
    else if (isObject(known) && isObject(value)) addDelta(known, value)
    else if (Array.isArray(known) && Array.isArray(value)) {
      for (const entry of value as Array<JsonObject>) {
        const index = entry["index"] as number
        if (index < known.length) addDelta(known[index] as Record<string, unknown>, entry)
        else known.push(structuredClone(entry))
      }
    }
  }
}

/** The `chat.completion` that an SDK makes of the frames of a stream. Throws on what an SDK does not take. */
export const completionOfFrames = (frames: ReadonlyArray<string>): JsonObject => {
  if (frames.at(-1) !== "[DONE]") throw new Error("no [DONE]")
  const choices: Array<Record<string, unknown>> = []
  const completion: Record<string, unknown> = {}
  for (const frame of frames.slice(0, -1)) {
    const chunk = JSON.parse(frame) as JsonObject
    if (chunk["object"] !== "chat.completion.chunk") throw new Error(`no chunk: ${frame}`)
    for (const field of ["id", "created", "model", "service_tier"]) completion[field] = chunk[field]
    if (isObject(chunk["usage"])) completion["usage"] = chunk["usage"]
    for (const { index, delta, finish_reason, logprobs } of chunk["choices"] as Array<Record<string, unknown>>) {
      const choice = (choices[index as number] ??= { index, message: {}, logprobs: null, finish_reason: null })
      if (choice["finish_reason"] !== null) throw new Error(`after the last chunk of a choice: ${frame}`)
      addDelta(choice["message"] as Record<string, unknown>, delta as JsonObject)
      addDelta(choice, { logprobs })
      choice["finish_reason"] = finish_reason
    }
  }
  for (const { message } of choices as Array<{ message: Record<string, unknown> }>) {
    for (const call of (message["tool_calls"] ?? []) as Array<Record<string, unknown>>) delete call["index"]
  }
  return { ...completion, object: "chat.completion", choices }
}
