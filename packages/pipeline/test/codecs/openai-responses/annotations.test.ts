import { assert, describe, it } from "@effect/vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { TextPart } from "../../../src/canonical/part.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import { openaiResponsesClient } from "../../../src/codecs/openai-responses/codec.ts"
import { asJson, contextOf, decoded } from "./translation-context.ts"
import { eventsOf, writtenStream } from "./written-stream.ts"

const text: TextPart = {
  type: "text",
  text: "Föhn 🌬 weht.",
  citations: [
    { url: "https://example.com", title: "Föhn", range: { start: 5, end: 7 } },
    { url: "https://example.com/all" },
    { fileId: "file_1", title: "Winde.pdf", citedText: "Der Föhn." },
    { title: "A document without an ID" }
  ],
  logprobs: [
    { token: "Föhn 🌬", logprob: -0.5, top: [{ token: "Der", logprob: -1, bytes: [68] }] },
    { token: " weht.", logprob: -1, bytes: [32], top: [] }
  ]
}

const ANNOTATIONS = [
  { type: "url_citation", start_index: 5, end_index: 6, title: "Föhn", url: "https://example.com" },
  {
    type: "url_citation",
    start_index: 0,
    end_index: 12,
    title: "https://example.com/all",
    url: "https://example.com/all"
  },
  { type: "file_citation", file_id: "file_1", filename: "Winde.pdf", index: 12 }
]

const LOGPROBS = [
  {
    token: "Föhn 🌬",
    logprob: -0.5,
    bytes: [...Buffer.from("Föhn 🌬")],
    top_logprobs: [{ token: "Der", logprob: -1, bytes: [68] }]
  },
  { token: " weht.", logprob: -1, bytes: [32], top_logprobs: [] }
]

const at = { choice: 0, part: 0 }
const [first, second] = text.logprobs ?? []
const stream: ReadonlyArray<StreamEvent> = [
  { type: "start", id: "", model: "m" },
  { type: "part_start", ...at, value: { type: "text" } },
  ...(text.citations ?? []).map((citation) => ({ type: "citation" as const, ...at, citation })),
  { type: "logprobs", ...at, tokens: first === undefined ? [] : [first] },
  { type: "text", ...at, text: "Föhn 🌬" },
  { type: "logprobs", ...at, tokens: second === undefined ? [] : [second] },
  { type: "text", ...at, text: " weht." },
  { type: "part_end", ...at },
  { type: "finish", choice: 0, reason: "stop" },
  { type: "end" }
]

const messageOf = (response: unknown): unknown => (response as { output: ReadonlyArray<JsonObject> }).output[0]

describe("what is said about a text", () => {
  it("stands beside it in a whole answer, with indexes that count characters", () => {
    const whole = openaiResponsesClient.encodeResponse(
      { id: "", model: "m", choices: [{ parts: [text], stopReason: "stop" }] },
      contextOf()
    )
    assert.deepNestedInclude(asJson(messageOf(whole)), {
      "content[0]": { type: "output_text", annotations: ANNOTATIONS, logprobs: LOGPROBS, text: text.text }
    })
  })

  it("comes in events of its own before the text is done, and tokens come with their text", () => {
    const events = eventsOf(writtenStream(stream, contextOf()))
    const ofType = (type: string) => events.filter((event) => event["type"] === `response.output_text.${type}`)
    assert.deepStrictEqual(
      ofType("annotation.added").map((event) => [event["annotation_index"], event["annotation"]]),
      [...ANNOTATIONS.entries()].map(([index, annotation]) => [index, annotation])
    )
    assert.deepStrictEqual(
      ofType("delta").map((event) => event["logprobs"]),
      LOGPROBS.map((token) => [token])
    )
    assert.deepStrictEqual(ofType("done")[0]?.["logprobs"], LOGPROBS)
    const types = events.map((event) => event["type"])
    assert.isBelow(
      types.lastIndexOf("response.output_text.annotation.added"),
      types.indexOf("response.output_text.done")
    )
  })

  it("is part of the whole answer at the end, also when it comes after its message", () => {
    const notes = stream.filter(({ type }) => type === "citation" || type === "logprobs")
    const others = stream.filter(({ type }) => type !== "citation" && type !== "logprobs")
    const call: ReadonlyArray<StreamEvent> = [
      { type: "part_start", choice: 0, part: 1, value: { type: "tool_call", id: "c", name: "look" } },
      { type: "arguments", choice: 0, part: 1, json: "{}" },
      { type: "part_end", choice: 0, part: 1 }
    ]
    const late = [...others.slice(0, -2), ...call, ...notes, ...others.slice(-2)]
    const content = { type: "output_text", annotations: ANNOTATIONS, logprobs: LOGPROBS, text: text.text }
    for (const events of [stream, late]) {
      const last = eventsOf(writtenStream(events, contextOf())).at(-1)
      assert.deepNestedInclude(messageOf(last?.["response"]), { "content[0]": content })
    }
  })

  it("is not asked for again when it comes back in a history", () => {
    const item = {
      type: "message",
      role: "assistant",
      content: [{ type: "output_text", text: "A", annotations: ANNOTATIONS, logprobs: LOGPROBS }]
    }
    assert.deepStrictEqual(asJson(decoded({ input: [item] }).messages), [
      { role: "assistant", parts: [{ type: "text", text: "A" }] }
    ])
  })

  it("is asked for by name, or by the number of likeliest tokens", () => {
    const include = ["reasoning.encrypted_content", "message.output_text.logprobs"]
    assert.deepStrictEqual(asJson(decoded({ input: "", include }).logprobs), {})
    assert.deepStrictEqual(decoded({ input: "", include, top_logprobs: 3 }).logprobs, { top: 3 })
    assert.deepStrictEqual(decoded({ input: "", top_logprobs: 3 }).logprobs, { top: 3 })
    for (const nothing of [{ input: "" }, { input: "", top_logprobs: 0 }, { input: "", include: null }]) {
      assert.isUndefined(decoded(nothing).logprobs)
    }
  })
})
