import * as fc from "fast-check"

import type { Citation } from "../../../src/canonical/citation.ts"
import type { JsonObject } from "../../../src/canonical/json.ts"
import type { Part, Signature } from "../../../src/canonical/part.ts"
import type { Choice, StopReason } from "../../../src/canonical/response.ts"
import type { StartedPart, StreamEvent } from "../../../src/canonical/stream-event.ts"
import { eventsOfText, rangeIn, tokens, withNotes } from "../note-arbitraries.ts"

/** A request whose tools are of every kind that a call is written differently for. */
export const requestWithTools: JsonObject = {
  input: "x",
  tools: [
    { type: "function", name: "plain" },
    { type: "custom", name: "free" },
    {
      type: "namespace",
      name: "crm",
      tools: [
        { type: "function", name: "find" },
        { type: "custom", name: "note" }
      ]
    }
  ]
}

const text = fc.string({ unit: "grapheme", maxLength: 12 })
const someText = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 })

const signature: fc.Arbitrary<Signature> = fc.record({
  issuer: fc.constantFrom("claude", "gemini", "openai"),
  value: fc.base64String({ minLength: 4, maxLength: 16 })
})

const reasoning: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ type: fc.constant("reasoning" as const), text: someText }),
  fc.record({ type: fc.constant("reasoning" as const), text, signature }),
  fc.record({ type: fc.constant("reasoning" as const), text: fc.constant(""), redacted: signature })
)

/** Calls without an ID of their own: `withIds` gives each one. */
const toolCall: fc.Arbitrary<Part> = fc
  .tuple(
    fc.oneof(
      fc.record({
        name: fc.constantFrom("plain", "unknown", "crm__find"),
        arguments: fc.oneof(
          fc.dictionary(someText, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }).map((value) => JSON.stringify(value)),
          fc.constantFrom(`{"cut`, "not JSON", `[1]`)
        )
      }),
      fc.record({ name: fc.constantFrom("free", "crm__note"), arguments: fc.record({ input: text }) })
    ),
    fc.option(signature, { nil: undefined })
  )
  .map(([call, proof]) => ({
    type: "tool_call",
    id: "",
    ...call,
    ...(proof === undefined ? {} : { signature: proof })
  }))

const foreign: fc.Arbitrary<Part> = fc.constant({
  type: "foreign",
  protocol: "openai-response",
  value: { type: "web_search_call", status: "completed" }
})

const withIds = (parts: ReadonlyArray<Part>): ReadonlyArray<Part> =>
  parts.map((part, index) => {
    if (part.type === "tool_call") return { ...part, id: `call:${index}.ü` }
    return part.type === "foreign" ? { ...part, value: { ...part.value, id: `ws_${index}` } } : part
  })

/** Pages, documents with an ID, and documents that have none, of a range or of the whole text. */
const citations = (said: string): fc.Arbitrary<ReadonlyArray<Citation>> =>
  fc.array(
    fc.record({ url: fc.webUrl(), fileId: someText, title: someText, range: rangeIn(said) }, { requiredKeys: [] }),
    { minLength: 1, maxLength: 3 }
  )

/** Parts of an answer as far as this protocol can hold them. */
export const answerParts: fc.Arbitrary<ReadonlyArray<Part>> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: text.chain((said) => withNotes({ type: "text", text: said }, citations, tokens)) },
      { weight: 3, arbitrary: toolCall },
      { weight: 2, arbitrary: reasoning },
      { weight: 1, arbitrary: fc.record({ type: fc.constant("refusal" as const), text: someText }) },
      { weight: 1, arbitrary: foreign }
    ),
    { maxLength: 7 }
  )
  .map(withIds)

const stopReason = fc.constantFrom<StopReason>(
  ...(["stop", "stop_sequence", "length", "tool_calls", "content_filter", "refusal", "pause"] as const)
)

export const choice: fc.Arbitrary<Choice> = fc.record({ parts: answerParts, stopReason })

/** The events of one part, from its start to its end, its text in pieces that end where `cuts` says. */
const eventsOfPart = (part: Part, index: number, cut: number): ReadonlyArray<StreamEvent> => {
  const at = { choice: 0, part: index }
  const start = (value: StartedPart): StreamEvent => ({ type: "part_start", ...at, value })
  const end: StreamEvent = { type: "part_end", ...at }
  switch (part.type) {
    case "text":
      return [start({ type: "text" }), ...eventsOfText(part, at, pieces(part.text, cut)), end]
    case "refusal":
      return [
        start({ type: part.type }),
        ...pieces(part.text, cut).map((text) => ({ type: "text" as const, ...at, text })),
        end
      ]
    case "reasoning": {
      const events: Array<StreamEvent> = pieces(part.text, cut).map((text) => ({ type: "text", ...at, text }))
      if (part.signature !== undefined) events.push({ type: "signature", ...at, signature: part.signature })
      if (part.redacted !== undefined) events.push({ type: "redacted", ...at, value: part.redacted })
      return [start({ type: "reasoning" }), ...events, end]
    }
    case "tool_call": {
      const { id, name, signature } = part
      const json = typeof part.arguments === "string" ? part.arguments : JSON.stringify(part.arguments)
      const events = pieces(json, cut).map((piece) => ({ type: "arguments" as const, ...at, json: piece }))
      return [start({ type: "tool_call", id, name, signature }), ...events, end]
    }
    case "foreign":
      return [start(part), end]
    default:
      return []
  }
}

const pieces = (text: string, cut: number): ReadonlyArray<string> => {
  const characters = Array.from(text)
  const at = cut % (characters.length + 1)
  return [characters.slice(0, at).join(""), characters.slice(at).join("")].filter((piece) => piece !== "")
}

/**
 * A choice with a stream of it, in which several parts may be open at once. Parts begin in their order; `turns` says
 * which of those that are open goes on.
 */
export const streamedChoice: fc.Arbitrary<readonly [Choice, ReadonlyArray<StreamEvent>]> = fc
  .tuple(choice, fc.array(fc.nat(20), { minLength: 1, maxLength: 30 }))
  .map(([made, turns]) => {
    const waiting = made.parts.map((part, index) => [...eventsOfPart(part, index, turns[index % turns.length] ?? 0)])
    const open: Array<Array<StreamEvent>> = []
    const events: Array<StreamEvent> = [{ type: "start", id: "p", model: "m" }]
    for (let step = 0; waiting.length > 0 || open.length > 0; step++) {
      const turn = turns[step % turns.length] ?? 0
      const next = open.length === 0 || (turn % 2 === 0 && open.length < 3) ? waiting.shift() : undefined
      if (next !== undefined) open.push(next)
      const going = next ?? open[turn % open.length] ?? []
      const event = going.shift()
      if (event !== undefined) events.push(event)
      if (going.length === 0) open.splice(open.indexOf(going), 1)
    }
    events.push({ type: "finish", choice: 0, reason: made.stopReason ?? "stop" }, { type: "end" })
    return [made, events] as const
  })
