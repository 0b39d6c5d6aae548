import * as fc from "fast-check"

import type { Part } from "../../../src/canonical/part.ts"
import type { CanonicalResponse, Choice } from "../../../src/canonical/response.ts"
import type { StartedPart, StreamEvent } from "../../../src/canonical/stream-event.ts"
import { eventsOfText } from "../note-arbitraries.ts"

/** Cuts a text into pieces of whole characters. */
const pieces = (text: string, cut: () => number): ReadonlyArray<string> => {
  const letters = Array.from(text)
  const cuts: Array<string> = []
  while (letters.length > 0) cuts.push(letters.splice(0, 1 + cut()).join(""))
  return cuts
}

const started = (part: Part): StartedPart => {
  switch (part.type) {
    case "tool_call":
      return { type: "tool_call", id: part.id, name: part.name, signature: part.signature }
    case "text":
    case "refusal":
    case "reasoning":
      return { type: part.type }
    default:
      throw new Error(`not in a stream: ${part.type}`)
  }
}

/** The events of one part, the first being its start. */
const partEvents = (part: Part, at: { choice: number; part: number }, cut: () => number): Array<StreamEvent> => {
  const events: Array<StreamEvent> = [{ type: "part_start", ...at, value: started(part) }]
  if (part.type === "text") return [...events, ...eventsOfText(part, at, pieces(part.text, cut))]
  if ("text" in part) for (const text of pieces(part.text, cut)) events.push({ type: "text", ...at, text })
  if (part.type === "tool_call") {
    for (const json of pieces(part.arguments as string, cut)) events.push({ type: "arguments", ...at, json })
  }
  if (part.type === "reasoning") {
    if (part.signature !== undefined) events.push({ type: "signature", ...at, signature: part.signature })
    if (part.redacted !== undefined) events.push({ type: "redacted", ...at, value: part.redacted })
  }
  return events
}

/** Several lists as one, each in its own order. */
const mixed = (lists: ReadonlyArray<Array<StreamEvent>>, cut: () => number): ReadonlyArray<StreamEvent> => {
  const events: Array<StreamEvent> = []
  for (let open = lists; open.length > 0; open = open.filter((own) => own.length > 0)) {
    events.push(...(open.at(cut() % open.length)?.splice(0, 1) ?? []))
  }
  return events
}

/** The events of one choice. Its tool calls are open at once, and their arguments come in turns. */
const choiceEvents = ({ parts, stopReason }: Choice, choice: number, cut: () => number): Array<StreamEvent> => {
  const events: Array<StreamEvent> = []
  const calls: Array<Array<StreamEvent>> = []
  parts.forEach((part, index) => {
    const own = partEvents(part, { choice, part: index }, cut)
    if (part.type !== "tool_call") events.push(...own, { type: "part_end", choice, part: index })
    else {
      events.push(...own.splice(0, 1))
      calls.push([...own, { type: "part_end", choice, part: index }])
    }
  })
  events.push(...mixed(calls, cut))
  events.push({ type: "finish", choice, reason: stopReason! })
  return events
}

/** The events of a whole answer, cut and mixed at random. */
export const streamOf = (response: CanonicalResponse): fc.Arbitrary<Array<StreamEvent>> =>
  fc.array(fc.nat(3), { minLength: 1, maxLength: 40 }).map((numbers) => {
    let turn = 0
    const cut = () => numbers.at(turn++ % numbers.length) ?? 0
    const { choices, usage, extensions: _, ...head } = response
    const events: Array<StreamEvent> = [{ type: "start", ...head }]
    const waiting = choices.map((choice, index) => choiceEvents(choice, index, cut))
    events.push(...mixed(waiting, cut))
    if (usage !== undefined) events.push({ type: "usage", usage })
    events.push({ type: "end" })
    return events
  })
