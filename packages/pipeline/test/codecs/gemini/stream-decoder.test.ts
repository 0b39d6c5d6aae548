import { assert, describe, it } from "@effect/vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import { geminiProvider } from "../../../src/codecs/gemini/codec.ts"
import { eventData, fixtureText } from "./fixtures.ts"
import { assembled, joinedChunks } from "./stream-assembly.ts"
import { asJson, contextOf, decodedStream } from "./translation.ts"

const NAMES = [
  "thoughts-text-and-calls",
  "trailing-signature",
  "blocked-prompt",
  "error-in-the-middle",
  "cut-short",
  "two-candidates-and-code"
]

const recorded = (name: string): ReadonlyArray<string> => eventData(fixtureText(`streams/${name}.sse`))

const chunk = (candidate: JsonObject, others: JsonObject = {}): string =>
  JSON.stringify({ candidates: [{ index: 0, ...candidate }], ...others })

const textChunk = (text: string, others: JsonObject = {}): string =>
  chunk({ content: { parts: [{ text }], role: "model" }, ...others })

const typesOf = (events: ReadonlyArray<StreamEvent>): ReadonlyArray<string> => events.map(({ type }) => type)

const errorOf = (events: ReadonlyArray<StreamEvent>) => {
  const last = events.at(-1)
  return last?.type === "error" ? last.error : undefined
}

describe("a provider's stream", () => {
  for (const name of NAMES) {
    it(`${name} becomes its events`, () => {
      const expected = JSON.parse(fixtureText(`streams/${name}.json`)) as ReadonlyArray<StreamEvent>
      assert.deepStrictEqual(asJson(decodedStream(recorded(name))), expected)
    })
  }

  it("is the same answer as when it is not streamed", () => {
    for (const name of ["thoughts-text-and-calls", "trailing-signature", "blocked-prompt", "two-candidates-and-code"]) {
      const chunks = recorded(name).filter((text) => text !== "[DONE]")
      const whole = joinedChunks(chunks.map((text) => JSON.parse(text) as JsonObject))
      const { extensions: _kept, ...response } = geminiProvider.decodeResponse(whole, contextOf())
      const choices = response.choices.map(({ parts, stopReason }) => ({ parts, stopReason }))
      assert.deepStrictEqual(asJson(assembled(decodedStream(recorded(name)))), asJson({ ...response, choices }), name)
    }
  })

  it("is an error when it holds what is no JSON", () => {
    assert.strictEqual(errorOf(decodedStream([textChunk("a"), "{oops"]))?.status, 502)
  })

  it("is an error when nothing came", () => {
    const events = decodedStream([])
    assert.deepStrictEqual(typesOf(events), ["error"])
    assert.strictEqual(errorOf(events)?.status, 502)
  })

  it("is an error when one of its candidates was not finished", () => {
    const data = [textChunk("a", { finishReason: "STOP" }), textChunk("b", { index: 1 })]
    assert.strictEqual(errorOf(decodedStream(data))?.status, 502)
  })

  it("gives nothing after its end", () => {
    const events: Array<StreamEvent> = []
    const emit = (event: StreamEvent): void => {
      events.push(event)
    }
    const decoder = geminiProvider.makeStreamDecoder(contextOf())
    decoder.push(textChunk("a", { finishReason: "STOP" }), emit)
    decoder.end(emit)
    const before = events.length
    decoder.push(textChunk("b"), emit)
    decoder.end(emit)
    assert.strictEqual(events.length, before)
  })

  it("may have its error in an array, or without a status", () => {
    const inArray = decodedStream(['[{"error":{"message":"m","status":"RESOURCE_EXHAUSTED"}}]'])
    assert.strictEqual(errorOf(inArray)?.status, 429)
    assert.strictEqual(errorOf(decodedStream(['{"error":"oops"}']))?.message, "oops")
    assert.strictEqual(errorOf(decodedStream(['{"error":{}}']))?.status, 502)
  })

  it("holds half of a surrogate pair back until the other half comes", () => {
    const { choices } = assembled(
      decodedStream([textChunk("a\ud83d"), textChunk("\ude00b"), textChunk("", { finishReason: "STOP" })])
    )
    assert.deepStrictEqual(choices[0]?.parts, [{ type: "text", text: "a😀b" }])
  })

  it("replaces half of a surrogate pair whose other half never comes", () => {
    const { choices } = assembled(
      decodedStream([
        textChunk("a\ud83d"),
        textChunk("b\ude00"),
        chunk({ content: { parts: [{ text: "t\ud83d", thought: true }] } }),
        textChunk("c\ud83d", { finishReason: "STOP" })
      ])
    )
    assert.deepStrictEqual(
      choices[0]?.parts.map((part) => (part.type === "text" || part.type === "reasoning" ? part.text : part.type)),
      ["a\uFFFDb\uFFFD", "t\uFFFD", "c\uFFFD"]
    )
  })

  it("tells of usage only when it has changed", () => {
    const usageMetadata = { promptTokenCount: 1, candidatesTokenCount: 2 }
    const data = [
      chunk({ content: { parts: [{ text: "a" }] } }, { usageMetadata }),
      chunk({ finishReason: "STOP" }, { usageMetadata })
    ]
    assert.strictEqual(typesOf(decodedStream(data)).filter((type) => type === "usage").length, 1)
  })

  it("puts the signature of a streamed thought on the thought", () => {
    const data = [
      chunk({ content: { parts: [{ text: "a", thought: true }] } }),
      chunk({ content: { parts: [{ text: "", thoughtSignature: "cw==" }] } }),
      chunk({ content: { parts: [{ text: "b", thought: true }] }, finishReason: "STOP" })
    ]
    assert.deepStrictEqual(asJson(assembled(decodedStream(data)).choices[0]?.parts), [
      { type: "reasoning", text: "a", signature: { issuer: "gemini", value: "cw==" } },
      { type: "reasoning", text: "b" }
    ] as never)
  })
})
