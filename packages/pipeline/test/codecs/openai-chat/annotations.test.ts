import { assert, describe, it } from "@effect/vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import { openaiChatClient, openaiChatProvider } from "../../../src/codecs/openai-chat/codec.ts"
import { responseOfEvents } from "./accumulate.ts"
import { overTheWire } from "./fixtures.ts"
import { testContext } from "./test-context.ts"

const TEXT = "Föhn 🌬 ist ein Wind."
const page = (fields: JsonObject) => ({ type: "url_citation", url_citation: { url: "https://example.com", ...fields } })

const partsOf = (message: JsonObject, logprobs: unknown = null) =>
  overTheWire(
    openaiChatProvider.decodeResponse(
      { choices: [{ index: 0, message: { role: "assistant", ...message }, logprobs, finish_reason: "stop" }] },
      testContext()
    ).choices[0]?.parts
  )

const text = (citations: ReadonlyArray<object>) => [{ type: "text", text: TEXT, citations }]

/** What a stream of these choices becomes. The events of a stream must be in order. */
const streamed = (...choices: ReadonlyArray<JsonObject>) => {
  const decoder = openaiChatProvider.makeStreamDecoder(testContext())
  const events: Array<StreamEvent> = []
  for (const choice of choices) {
    decoder.push(JSON.stringify({ choices: [{ index: 0, ...choice }] }), (event) => events.push(event))
  }
  decoder.push("[DONE]", (event) => events.push(event))
  return { events, parts: overTheWire(responseOfEvents(events).choices[0]?.parts) }
}

describe("annotations of an answer", () => {
  it("are read with indexes that count characters", () => {
    assert.deepStrictEqual(
      partsOf({ content: TEXT, annotations: [page({ start_index: 5, end_index: 6, title: "Föhn" })] }),
      text([{ url: "https://example.com", title: "Föhn", range: { start: 5, end: 7 } }])
    )
  })

  it("are of all of the text when they say no place", () => {
    for (const nowhere of [{}, { start_index: 0, end_index: 0 }, { start_index: "a", end_index: null }]) {
      assert.deepStrictEqual(
        partsOf({ content: TEXT, annotations: [page({ title: "", content: "Ein Fallwind.", ...nowhere })] }),
        text([{ url: "https://example.com", citedText: "Ein Fallwind." }])
      )
    }
  })

  it("are left out when they are of another kind, name no page, or have no text to be of", () => {
    const odd = [null, 1, { type: "file", file: {} }, page({ url: "" }), { type: "url_citation" }]
    assert.deepStrictEqual(partsOf({ content: TEXT, annotations: odd }), [{ type: "text", text: TEXT }])
    assert.deepStrictEqual(partsOf({ content: null, annotations: [page({})] }), [])
  })

  it("of a stream are read in whatever chunk they come, and once", () => {
    const whole = text([{ url: "https://example.com", range: { start: 0, end: 7 } }])
    const annotations = [page({ start_index: 0, end_index: 6 })]
    const stop = { delta: {}, finish_reason: "stop" }
    const streams = [
      [{ delta: { content: TEXT, annotations } }, stop],
      [{ delta: { content: TEXT } }, { delta: { annotations } }, stop],
      [{ delta: { annotations } }, { delta: { content: TEXT } }, stop],
      [{ delta: { content: TEXT } }, { delta: { annotations }, finish_reason: "stop" }],
      [{ delta: { content: TEXT, annotations } }, { delta: { annotations } }, stop]
    ]
    for (const stream of streams) assert.deepStrictEqual(streamed(...stream).parts, whole)
  })

  it("of a stream may come after calls", () => {
    const call = { index: 0, id: "c", type: "function", function: { name: "look", arguments: "{}" } }
    const { parts } = streamed(
      { delta: { content: TEXT } },
      { delta: { tool_calls: [call] } },
      { delta: { annotations: [page({})] }, finish_reason: "tool_calls" }
    )
    assert.deepStrictEqual(parts, [
      ...text([{ url: "https://example.com" }]),
      { type: "tool_call", id: "c", name: "look", arguments: "{}" }
    ])
  })

  it("are written in one delta at the end, into the text of all parts, as into a whole answer", () => {
    const page1 = { url: "https://example.com/1" }
    const parts = [
      { type: "text", text: "Föhn 🌬 ", citations: [page1] },
      { type: "text", text: "weht.", citations: [{ title: "A document" }, { ...page1, title: "P", range: RANGE }] }
    ] as const
    const expected = [
      page({ start_index: 0, end_index: 7, title: page1.url, url: page1.url }),
      page({ start_index: 7, end_index: 9, title: "P", url: page1.url })
    ]
    const whole = openaiChatClient.encodeResponse(
      { id: "", model: "", choices: [{ parts, stopReason: "stop" }] },
      testContext()
    )
    assert.deepNestedInclude(whole, { "choices[0].message.annotations": expected })

    const encoder = openaiChatClient.makeStreamEncoder(testContext())
    const deltas: Array<JsonObject> = []
    const push = (event: StreamEvent): void =>
      encoder.push(event, (data) => {
        if (data !== "[DONE]") deltas.push(JSON.parse(data).choices[0].delta)
      })
    push({ type: "start", id: "", model: "" })
    for (const [part, { citations, text: words }] of parts.entries()) {
      const at = { choice: 0, part }
      push({ type: "part_start", ...at, value: { type: "text" } })
      push({ type: "text", ...at, text: words })
      for (const citation of citations) push({ type: "citation", ...at, citation })
      push({ type: "part_end", ...at })
    }
    push({ type: "finish", choice: 0, reason: "stop" })
    push({ type: "end" })
    assert.deepStrictEqual(
      deltas.filter((delta) => "annotations" in delta),
      [{ annotations: expected }]
    )
  })
})

const RANGE = { start: 0, end: 2 }

const token = (word: string) => ({
  token: word,
  logprob: -1,
  bytes: [1],
  top_logprobs: [{ token: "x", logprob: -2, bytes: null }]
})

const read = (word: string) => ({
  token: word,
  logprob: -1,
  bytes: [1],
  top: [{ token: "x", logprob: -2 }]
})

describe("probabilities of tokens", () => {
  it("are read from a choice, as far as they are any", () => {
    assert.deepStrictEqual(
      partsOf({ content: TEXT }, { content: [token("a"), null, { token: "b" }, token("c")], refusal: [token("d")] }),
      [{ type: "text", text: TEXT, logprobs: [read("a"), read("c")] }]
    )
  })

  it("of a stream come before the text that they make up, also when a token is half a character", () => {
    const { events, parts } = streamed(
      { delta: { role: "assistant", content: "" }, logprobs: { content: [], refusal: null } },
      { delta: { content: "" }, logprobs: { content: [token("half")], refusal: null } },
      { delta: { content: "🌬" }, logprobs: { content: [token("other")], refusal: null } },
      { delta: { content: "!" }, logprobs: null },
      { delta: {}, logprobs: { content: [token("late")] }, finish_reason: "stop" }
    )
    assert.deepStrictEqual(
      events.map(({ type }) => type),
      ["start", "part_start", "logprobs", "text", "text", "logprobs", "part_end", "finish", "end"]
    )
    assert.deepStrictEqual(parts, [{ type: "text", text: "🌬!", logprobs: [read("half"), read("other"), read("late")] }])
  })
})
