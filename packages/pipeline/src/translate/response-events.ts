import type { Part } from "../canonical/part.ts"
import type { CanonicalResponse } from "../canonical/response.ts"
import type { StartedPart } from "../canonical/stream-event.ts"
import type { EmitEvent } from "../codecs/codec.ts"

/** A whole answer as the stream that would have brought it: for a provider that does not stream when it is asked to. */
export const emitResponse = (response: CanonicalResponse, emit: EmitEvent): void => {
  const { choices, createdAt, id, model, serviceTier, usage } = response
  emit({ type: "start", id, model, createdAt, serviceTier })
  choices.forEach(({ parts, stopReason, stopSequence }, choice) => {
    let index = 0
    for (const part of parts) if (emitPart(part, choice, index, emit)) index++
    emit({ type: "finish", choice, reason: stopReason ?? "stop", stopSequence })
  })
  if (usage !== undefined) emit({ type: "usage", usage })
  emit({ type: "end" })
}

/** Whether the part has a place in a stream. */
const emitPart = (value: Part, choice: number, part: number, emit: EmitEvent): boolean => {
  const started = startOf(value)
  if (started === undefined) return false
  emit({ type: "part_start", choice, part, value: started })
  if (value.type === "text" || value.type === "refusal" || value.type === "reasoning") {
    if (value.type === "text" && value.logprobs !== undefined) {
      emit({ type: "logprobs", choice, part, tokens: value.logprobs })
    }
    if (value.text !== "") emit({ type: "text", choice, part, text: value.text })
  }
  if (value.type === "text") {
    for (const citation of value.citations ?? []) emit({ type: "citation", choice, part, citation })
  }
  if (value.type === "reasoning") {
    if (value.redacted !== undefined) emit({ type: "redacted", choice, part, value: value.redacted })
    if (value.signature !== undefined) emit({ type: "signature", choice, part, signature: value.signature })
  }
  if (value.type === "tool_call") {
    const json = typeof value.arguments === "string" ? value.arguments : JSON.stringify(value.arguments)
    if (json !== "") emit({ type: "arguments", choice, part, json })
  }
  emit({ type: "part_end", choice, part })
  return true
}

const startOf = (part: Part): StartedPart | undefined => {
  switch (part.type) {
    case "text":
    case "refusal":
    case "reasoning":
      return { type: part.type }
    case "tool_call":
      return { type: "tool_call", id: part.id, name: part.name, signature: part.signature }
    case "image":
    case "foreign":
      return part
    default:
      return undefined
  }
}
