import { assert, describe, it } from "@effect/vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { Part } from "../../../src/canonical/part.ts"
import { geminiClient, geminiProvider } from "../../../src/codecs/gemini/codec.ts"
import { assembled } from "./stream-assembly.ts"
import { asJson, contextOf, decodedStream } from "./translation.ts"

const TEXT = "Föhn 🌬 ist ein Wind. Föhn ist warm."
const web = (uri: string, title?: string) => ({ web: { uri, title } })
const segment = (startIndex: number, endIndex: number, text?: string) => ({ startIndex, endIndex, text })
const support = (where: object, ...groundingChunkIndices: ReadonlyArray<number>) => ({
  segment: where,
  groundingChunkIndices
})

const chunk = (text: string, fields: JsonObject): string =>
  JSON.stringify({ candidates: [{ content: { role: "model", parts: [{ text }] }, index: 0, ...fields }] })

const candidate = (fields: JsonObject, ...parts: ReadonlyArray<object>): JsonObject => ({
  content: { role: "model", parts: parts.length === 0 ? [{ text: TEXT }] : parts },
  finishReason: "STOP",
  index: 0,
  ...fields
})

const partsOf = (one: JsonObject): ReadonlyArray<Part> =>
  asJson(geminiProvider.decodeResponse({ candidates: [one] }, contextOf()).choices[0]?.parts ?? [])

const citationsOf = (one: JsonObject): unknown => {
  const part = partsOf(one).find(({ type }) => type === "text")
  return part?.type === "text" ? part.citations : undefined
}

const grounded = (groundingChunks: ReadonlyArray<object>, groundingSupports: ReadonlyArray<object> = []) =>
  candidate({ groundingMetadata: { groundingChunks, groundingSupports } })

describe("what an answer is grounded in", () => {
  it("is read with indexes that count bytes, and one citation for each source of a segment", () => {
    const range = { start: 0, end: 7 }
    assert.deepStrictEqual(
      citationsOf(grounded([web("https://a.example", "A"), web("https://b.example")], [support(segment(0, 10), 0, 1)])),
      [
        { url: "https://a.example", title: "A", range },
        { url: "https://b.example", range }
      ]
    )
  })

  it("leaves out a start of 0, as the JSON of Google's messages does", () => {
    assert.deepStrictEqual(
      citationsOf(grounded([web("https://a.example")], [support({ endIndex: 5, text: "Föhn" }, 0)])),
      [{ url: "https://a.example", range: { start: 0, end: 4 } }]
    )
  })

  it("goes by the words of a segment where the indexes say something else", () => {
    const range = { start: 22, end: 36 }
    for (const where of [
      segment(3, 9, "Föhn ist warm."),
      segment(0, 0, "Föhn ist warm."),
      { text: "Föhn ist warm." }
    ]) {
      assert.deepStrictEqual(citationsOf(grounded([web("https://a.example")], [support(where, 0)])), [
        { url: "https://a.example", range }
      ])
    }
    assert.deepStrictEqual(
      citationsOf(grounded([web("https://a.example")], [support(segment(0, 4, "not there"), 0)])),
      [{ url: "https://a.example" }]
    )
  })

  it("may be a page that nothing is said to rest on, a place, a document, or nothing that is known", () => {
    const chunks = [
      web("https://a.example"),
      { maps: { uri: "https://maps.example", title: "Säntis" } },
      { retrievedContext: { title: "Föhn.pdf", text: "Ein Fallwind." } },
      { image: {} },
      { web: {} }
    ]
    assert.deepStrictEqual(citationsOf(grounded(chunks, [support(segment(0, 5), 4, 9)])), [
      { url: "https://a.example" },
      { url: "https://maps.example", title: "Säntis" },
      { title: "Föhn.pdf", citedText: "Ein Fallwind." }
    ])
  })

  it("is quoted text too, by the names of both of Google's APIs", () => {
    const quote = { startIndex: 0, endIndex: 5, uri: "https://a.example", license: "mit" }
    for (const name of ["citationSources", "citations"]) {
      assert.deepStrictEqual(citationsOf(candidate({ citationMetadata: { [name]: [quote, { endIndex: 3 }] } })), [
        { url: "https://a.example", range: { start: 0, end: 4 } }
      ])
    }
  })

  it("counts in the visible text alone, and stands at the text in which its segment begins", () => {
    const parts = partsOf(
      candidate(
        {
          groundingMetadata: {
            groundingChunks: [web("https://a.example")],
            groundingSupports: [support(segment(6, 10), 0)]
          }
        },
        { text: "Thinking about Föhn.", thought: true },
        { text: "Föhn " },
        { functionCall: { name: "look", args: {} } },
        { text: "🌬 weht." }
      )
    )
    assert.deepStrictEqual(
      parts.map((part) => (part.type === "text" ? part.citations : part.type)),
      ["reasoning", undefined, "tool_call", [{ url: "https://a.example", range: { start: 0, end: 2 } }]]
    )
  })

  it("of a stream is the sum of what its chunks say, each thing once", () => {
    const first = { groundingChunks: [web("https://a.example")], groundingSupports: [support(segment(0, 5), 0)] }
    const second = {
      groundingChunks: [web("https://b.example")],
      groundingSupports: [support(segment(0, 5), 0), support(segment(6, 10), 1)]
    }
    const events = decodedStream([
      chunk("Föhn ", { groundingMetadata: first }),
      chunk("🌬 weht.", { groundingMetadata: second, finishReason: "STOP" })
    ])
    assert.deepStrictEqual(asJson(assembled(events).choices[0]?.parts), [
      {
        type: "text",
        text: "Föhn 🌬 weht.",
        citations: [
          { url: "https://a.example", range: { start: 0, end: 4 } },
          { url: "https://b.example", range: { start: 5, end: 7 } }
        ]
      }
    ])
  })

  it("of a stream stands at its text, also where the signature of that comes in a part behind it", () => {
    const fields = { groundingMetadata: { groundingChunks: [web("https://a.example")] }, finishReason: "STOP" }
    const events = decodedStream([
      chunk("Föhn", {}),
      JSON.stringify({ candidates: [candidate(fields, { text: "", thoughtSignature: "c2lnbmVk" })] })
    ])
    assert.deepStrictEqual(
      events.map(({ type }) => type),
      ["start", "part_start", "text", "citation", "part_end", "part_start", "signature", "part_end", "finish", "end"]
    )
  })

  it("is written for clients with each source once, and one segment for what rests on the same words", () => {
    const range = { start: 5, end: 7 }
    const part = {
      type: "text",
      text: TEXT,
      citations: [
        { url: "https://a.example", title: "A", range },
        { title: "Föhn.pdf", citedText: "Ein Fallwind.", range },
        { url: "https://a.example", title: "A" },
        { fileId: "file_1" }
      ]
    } as const
    const written = geminiClient.encodeResponse(
      { id: "r", model: "m", choices: [{ parts: [part], stopReason: "stop" }] },
      contextOf()
    )
    assert.deepNestedInclude(asJson(written), {
      "candidates[0].groundingMetadata": {
        groundingChunks: [
          { web: { uri: "https://a.example", title: "A" } },
          { retrievedContext: { title: "Föhn.pdf", text: "Ein Fallwind." } }
        ],
        groundingSupports: [
          { segment: { startIndex: 6, endIndex: 10, text: "🌬" }, groundingChunkIndices: [0, 1] },
          {
            segment: { startIndex: 0, endIndex: Buffer.byteLength(TEXT), text: TEXT },
            groundingChunkIndices: [0]
          }
        ]
      }
    })
  })
})

describe("probabilities of tokens", () => {
  const result = {
    topCandidates: [
      {
        candidates: [
          { token: "Föhn", logProbability: -0.5 },
          { token: "Der", logProbability: -1 }
        ]
      },
      {}
    ],
    chosenCandidates: [{ token: "Föhn", tokenId: 7, logProbability: -0.5 }, { token: " 🌬" }]
  }
  const tokens = [
    {
      token: "Föhn",
      logprob: -0.5,
      top: [
        { token: "Föhn", logprob: -0.5 },
        { token: "Der", logprob: -1 }
      ]
    },
    { token: " 🌬", logprob: 0, top: [] }
  ]

  it("are read as the first text's, and a number that is left out is 0", () => {
    const parts = partsOf(candidate({ avgLogprobs: -0.25, logprobsResult: result }))
    assert.deepStrictEqual(parts, [{ type: "text", text: TEXT, logprobs: tokens }])
  })

  it("of a stream are read from its last chunk, or from each", () => {
    const one = (index: number) => ({
      topCandidates: [result.topCandidates[index]],
      chosenCandidates: [result.chosenCandidates[index]]
    })
    const streams = [
      [chunk("Föhn", {}), chunk(" 🌬", { finishReason: "STOP", logprobsResult: result })],
      [chunk("Föhn", { logprobsResult: one(0) }), chunk(" 🌬", { finishReason: "STOP", logprobsResult: one(1) })],
      [chunk("Föhn 🌬", {}), chunk("", { finishReason: "STOP", logprobsResult: result })]
    ]
    for (const stream of streams) {
      assert.deepStrictEqual(asJson(assembled(decodedStream(stream)).choices[0]?.parts), [
        { type: "text", text: "Föhn 🌬", logprobs: tokens }
      ])
    }
  })
})
