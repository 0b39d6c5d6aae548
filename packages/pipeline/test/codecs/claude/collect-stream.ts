import type { Part, Signature } from "../../../src/canonical/part.ts"
import type { CanonicalResponse, StopReason } from "../../../src/canonical/response.ts"
import type { StartedPart, StreamEvent } from "../../../src/canonical/stream-event.ts"
import { mergeUsage, type Usage } from "../../../src/canonical/usage.ts"
import { partWithNote } from "../note-arbitraries.ts"

const withText = (part: Part | undefined, text: string): Part => {
  if (part?.type === "tool_call" && typeof part.arguments === "string") {
    return { ...part, arguments: part.arguments + text }
  }
  if (part?.type === "text" || part?.type === "reasoning" || part?.type === "refusal") {
    return { ...part, text: part.text + text }
  }
  throw new Error(`Text for a part of type ${part?.type}.`)
}

const withSignature = (part: Part | undefined, signature: Signature): Part => {
  if (part?.type === "reasoning" || part?.type === "tool_call") return { ...part, signature }
  throw new Error(`A signature for a part of type ${part?.type}.`)
}

const begun = (value: StartedPart): Part => {
  if (value.type === "tool_call") return { ...value, arguments: "" }
  return value.type === "foreign" || value.type === "image" ? value : { type: value.type, text: "" }
}

/** The whole answer that a stream amounts to. */
export const collected = (events: ReadonlyArray<StreamEvent>): CanonicalResponse => {
  const parts: Array<Part> = []
  let id = ""
  let model = ""
  let serviceTier: string | undefined
  let usage: Usage | undefined
  let stopReason: StopReason | undefined
  let stopSequence: string | undefined
  for (const event of events) {
    switch (event.type) {
      case "start":
        ;({ id, model, serviceTier } = event)
        break
      case "part_start":
        parts.push(begun(event.value))
        break
      case "text":
        parts[event.part] = withText(parts[event.part], event.text)
        break
      case "arguments":
        parts[event.part] = withText(parts[event.part], event.json)
        break
      case "signature":
        parts[event.part] = withSignature(parts[event.part], event.signature)
        break
      case "redacted":
        parts[event.part] = { type: "reasoning", text: "", redacted: event.value }
        break
      case "citation":
      case "logprobs":
        parts[event.part] = partWithNote(parts[event.part], event)
        break
      case "usage":
        usage = mergeUsage(usage, event.usage)
        break
      case "finish":
        stopReason = event.reason
        stopSequence = event.stopSequence
        break
      default:
    }
  }
  return { id, model, choices: [{ parts, stopReason, stopSequence }], usage, serviceTier }
}
