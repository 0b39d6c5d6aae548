import type { Part, ToolCallPart } from "../../src/canonical/part.ts"
import type { CanonicalResponse, StopReason } from "../../src/canonical/response.ts"
import type { StreamEvent } from "../../src/canonical/stream-event.ts"
import { mergeUsage, type Usage } from "../../src/canonical/usage.ts"
import { partWithNote } from "../codecs/note-arbitraries.ts"

/** A part that is still being put together. */
interface Growing {
  part: Part
}

/**
 * Puts a stream together, and throws when it is not one: parts out of order, deltas of parts that are not open, a finish
 * with parts still open, no end, anything after the end.
 */
export const accumulate = (events: ReadonlyArray<StreamEvent>): CanonicalResponse => {
  const choices: Array<{ parts: Array<Growing>; reason: StopReason | undefined; stopSequence: string | undefined }> = []
  const open = new Set<string>()
  let started: Extract<StreamEvent, { type: "start" }> | undefined
  let usage: Usage | undefined
  let ended = false

  const choiceAt = (index: number) => (choices[index] ??= { parts: [], reason: undefined, stopSequence: undefined })
  const openAt = (choice: number, part: number): Growing => {
    const growing = choiceAt(choice).parts[part]
    if (growing === undefined || !open.has(`${choice}/${part}`)) throw new Error(`part ${choice}/${part} is not open`)
    return growing
  }

  for (const event of events) {
    if (ended) throw new Error(`${event.type} after the end`)
    if (started === undefined && event.type !== "start" && event.type !== "error") {
      throw new Error(`${event.type} before the start`)
    }
    switch (event.type) {
      case "start":
        if (started !== undefined) throw new Error("two starts")
        started = event
        break
      case "part_start": {
        const { parts } = choiceAt(event.choice)
        if (event.part !== parts.length) throw new Error(`part ${event.part} begins after ${parts.length} others`)
        parts.push({ part: partOf(event.value) })
        open.add(`${event.choice}/${event.part}`)
        break
      }
      case "text": {
        const growing = openAt(event.choice, event.part)
        if (event.text === "") throw new Error("an empty text")
        if (/^[\udc00-\udfff]|[\ud800-\udbff]$/.test(event.text)) throw new Error("half a surrogate pair")
        const { part } = growing
        if (!("text" in part)) throw new Error(`a text for a ${part.type}`)
        growing.part = { ...part, text: part.text + event.text }
        break
      }
      case "arguments": {
        const growing = openAt(event.choice, event.part)
        const { part } = growing
        if (part.type !== "tool_call") throw new Error(`arguments for a ${part.type}`)
        if (typeof part.arguments !== "string") throw new Error("arguments after an object")
        growing.part = { ...part, arguments: part.arguments + event.json }
        break
      }
      case "signature": {
        const growing = openAt(event.choice, event.part)
        if (growing.part.type !== "reasoning" && growing.part.type !== "tool_call") throw new Error("signs nothing")
        growing.part = { ...growing.part, signature: event.signature }
        break
      }
      case "redacted": {
        const growing = openAt(event.choice, event.part)
        if (growing.part.type !== "reasoning") throw new Error("redacts nothing")
        growing.part = { ...growing.part, redacted: event.value }
        break
      }
      case "citation":
      case "logprobs": {
        const growing = choiceAt(event.choice).parts[event.part]
        if (growing === undefined) throw new Error(`part ${event.choice}/${event.part} has not begun`)
        growing.part = partWithNote(growing.part, event)
        break
      }
      case "part_end":
        openAt(event.choice, event.part)
        open.delete(`${event.choice}/${event.part}`)
        break
      case "usage":
        usage = mergeUsage(usage, event.usage)
        break
      case "finish": {
        if ([...open].some((name) => name.startsWith(`${event.choice}/`))) throw new Error("finished with open parts")
        const choice = choiceAt(event.choice)
        choice.reason = event.reason
        choice.stopSequence = event.stopSequence
        break
      }
      case "end":
        if (open.size > 0) throw new Error("ended with open parts")
        ended = true
        break
      case "error":
        throw new Error(`error ${event.error.status}: ${event.error.message}`)
    }
  }
  if (!ended || started === undefined) throw new Error("no end")
  return {
    id: started.id,
    model: started.model,
    choices: choices.map(({ parts, reason, stopSequence }) => ({
      parts: parts.map(({ part }) => part),
      stopReason: reason,
      stopSequence
    })),
    usage
  }
}

const partOf = (value: Extract<StreamEvent, { type: "part_start" }>["value"]): Part => {
  switch (value.type) {
    case "text":
    case "refusal":
    case "reasoning":
      return { type: value.type, text: "" }
    case "tool_call":
      return { ...value, arguments: "" } satisfies ToolCallPart
    case "image":
    case "foreign":
      return value
  }
}

/** What two answers must have in common to be the same: arguments parsed, nothing that is only left out. */
export const comparable = ({ choices, usage }: CanonicalResponse): unknown =>
  JSON.parse(
    JSON.stringify({
      usage,
      choices: choices.map(({ parts, stopReason, stopSequence }) => ({
        stopReason,
        stopSequence,
        parts: parts.map((part) => {
          if (part.type !== "tool_call") return part
          const { arguments: given } = part
          return { ...part, arguments: typeof given === "string" ? JSON.parse(given || "{}") : given }
        })
      }))
    })
  )
