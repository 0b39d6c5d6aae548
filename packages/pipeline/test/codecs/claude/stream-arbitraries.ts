import * as fc from "fast-check"

import type { StartedPart, StreamEvent } from "../../../src/canonical/stream-event.ts"
import { citationsOf, eventsOfText } from "../note-arbitraries.ts"

/** A part of a streamed answer with what it gets, before it is mixed with the others. */
type PartContent = (part: number) => ReadonlyArray<StreamEvent>

interface StreamedPart {
  readonly value: StartedPart
  readonly content: PartContent
}

const pieces = fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }), { maxLength: 4 })

const deltas =
  (texts: ReadonlyArray<string>): PartContent =>
  (part) =>
    texts.map((text) => ({ type: "text", choice: 0, part, text }))

const words: fc.Arbitrary<StreamedPart> = pieces.map((texts) => ({
  value: { type: "refusal" },
  content: deltas(texts)
}))

const citedWords: fc.Arbitrary<StreamedPart> = pieces.chain((texts) => {
  const said = texts.join("")
  return fc
    .option(said === "" ? fc.constant([{ url: "https://example.com" }]) : citationsOf(said))
    .map((citations) => ({
      value: { type: "text" },
      content: (part) =>
        eventsOfText({ type: "text", text: said, citations: citations ?? undefined }, { choice: 0, part }, texts)
    }))
})

const signature = fc.record({
  issuer: fc.constantFrom("claude" as const, "gemini" as const, "openai-response" as const),
  value: fc.base64String({ minLength: 4, maxLength: 16 })
})

const thought: fc.Arbitrary<StreamedPart> = fc
  .tuple(pieces, fc.option(signature, { nil: undefined }))
  .map(([texts, signed]) => ({
    value: { type: "reasoning" },
    content: (part) => [
      ...deltas(texts)(part),
      ...(signed === undefined ? [] : [{ type: "signature" as const, choice: 0, part, signature: signed }])
    ]
  }))

const redacted: fc.Arbitrary<StreamedPart> = signature.map((value) => ({
  value: { type: "reasoning" },
  content: (part) => [{ type: "redacted", choice: 0, part, value }]
}))

const call: fc.Arbitrary<Omit<StreamedPart, "value"> & { readonly signed: StartedPart }> = fc
  .tuple(
    fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), fc.oneof(fc.string({ unit: "grapheme" }), fc.integer()), {
      maxKeys: 3
    }),
    fc.array(fc.nat(30), { maxLength: 3 }),
    fc.option(signature, { nil: undefined })
  )
  .map(([args, cuts, signed]) => {
    const json = Object.keys(args).length === 0 ? "" : JSON.stringify(args)
    const at = [0, ...cuts.toSorted((a, b) => a - b).map((cut) => cut % (json.length + 1)), json.length].toSorted(
      (a, b) => a - b
    )
    const cutUp = at.slice(1).map((end, index) => json.slice(at[index], end))
    return {
      signed: { type: "tool_call", id: "", name: "look", signature: signed },
      content: (part) =>
        cutUp
          .filter((piece) => piece !== "")
          .map((piece) => ({ type: "arguments" as const, choice: 0, part, json: piece }))
    }
  })

const part: fc.Arbitrary<StreamedPart> = fc.oneof(
  words,
  citedWords,
  thought,
  redacted,
  call.map(({ content, signed }) => ({ value: signed, content })),
  fc.constant({
    value: { type: "foreign", protocol: "claude", value: { type: "server_tool_use", id: "s", name: "n", input: {} } },
    content: () => []
  } as const)
)

/** Streams whose parts begin in order and overlap in every way that is allowed. */
export const eventStream: fc.Arbitrary<ReadonlyArray<StreamEvent>> = fc
  .tuple(
    fc.array(part, { maxLength: 5 }),
    fc.infiniteStream(fc.nat(100)),
    fc.constantFrom("stop" as const, "length" as const, "content_filter" as const, "pause" as const),
    fc.record({ inputTokens: fc.nat(999), outputTokens: fc.nat(999) })
  )
  .map(([parts, choices, reason, usage]) => {
    const queues = parts.map(({ content, value }, index): Array<StreamEvent> => [
      {
        type: "part_start",
        choice: 0,
        part: index,
        value: value.type === "tool_call" ? { ...value, id: `call_${index}` } : value
      },
      ...content(index),
      { type: "part_end", choice: 0, part: index }
    ])
    const events: Array<StreamEvent> = [{ type: "start", id: "msg_1", model: "m" }]
    let begun = 0
    const open: Array<Array<StreamEvent>> = []
    while (begun < queues.length || open.length > 0) {
      const pick = choices.next().value ?? 0
      const at = pick % (open.length + (begun < queues.length ? 1 : 0))
      const queue = open[at] ?? queues[begun++] ?? []
      if (!open.includes(queue)) open.push(queue)
      events.push(...queue.splice(0, 1))
      if (queue.length === 0) open.splice(open.indexOf(queue), 1)
    }
    return [...events, { type: "finish", choice: 0, reason }, { type: "usage", usage }, { type: "end" }]
  })
