import { assert, describe, it } from "@effect/vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import { answered, type Pair, sent, streamed, type Wire } from "./exchange.ts"
import { responseSeen, seenByResponses } from "./seen.ts"
import { callOutput, DONE, functionCall, gemini, item } from "./wire.ts"

const pair: Pair = { client: "openai-response", provider: "gemini", model: "gemini-3-pro-preview" }
const ask = item("user", "Run it.")
const contents = (...input: ReadonlyArray<object>) => sent(pair, { input }).contents
const usageMetadata = { promptTokenCount: 100, candidatesTokenCount: 10, thoughtsTokenCount: 50, totalTokenCount: 160 }

describe("a request of a Responses client for Gemini", () => {
  it("has outputs in the order of their calls, however they came", () => {
    const [, , { parts }] = contents(
      ask,
      functionCall("a", "one"),
      functionCall("b", "two"),
      callOutput("b", "B"),
      callOutput("a", "A")
    )
    assert.deepStrictEqual(
      parts.map(({ functionResponse: { id, response } }: Wire) => [id, response.output]),
      [
        ["a", "A"],
        ["b", "B"]
      ]
    )
  })

  it("has the instructions, and what the system and developers say at the head, as parts of one instruction", () => {
    const body = sent(pair, { instructions: "I", input: [item("system", "S"), item("developer", "D"), ask] })
    assert.deepStrictEqual(body.systemInstruction.parts, [{ text: "I" }, { text: "S" }, { text: "D" }])
    assert.deepStrictEqual(body.contents, [{ role: "user", parts: [{ text: "Run it." }] }])
  })

  it("loses the beginning of an answer at its end", () => {
    assert.deepStrictEqual(contents(ask, item("assistant", "Previous")), [
      { role: "user", parts: [{ text: "Run it." }] }
    ])
  })

  it("asks for JSON, by a schema or any", () => {
    const schema = { type: "object", properties: { x: { type: "string" } }, required: ["x"] }
    const format = { type: "json_schema", name: "r", strict: true, schema }
    const { generationConfig: config } = sent(pair, { input: "go", temperature: 0.2, text: { format } })
    assert.deepStrictEqual(config, {
      temperature: 0.2,
      responseMimeType: "application/json",
      responseJsonSchema: schema
    })
    const any = sent(pair, { input: "go", text: { format: { type: "json_object" } } }).generationConfig
    assert.deepStrictEqual(any, { responseMimeType: "application/json" })
  })

  it("does not take what a client writes into a signature for its own mark", () => {
    const reasoning = {
      type: "reasoning",
      id: "rs",
      summary: [{ type: "summary_text", text: "Hm." }],
      encrypted_content: "gAAAAABgpt"
    }
    const [, { parts }] = contents(ask, reasoning, functionCall("a", "one"), callOutput("a", "A"))
    assert.notInclude(JSON.stringify(parts), "gAAAAABgpt")
    assert.strictEqual(
      parts.find(({ functionCall: call }: Wire) => call).thoughtSignature,
      "skip_thought_signature_validator"
    )
  })

  it("keeps white space at both ends of what was said", () => {
    const [, { parts }] = contents(ask, item("assistant", "  so  "), ask)
    assert.deepStrictEqual(parts, [{ text: "  so  " }])
  })
})

describe("signatures of Gemini's on their way to a Responses client and back", () => {
  const signed: ReadonlyArray<readonly [string, ReadonlyArray<Wire>]> = [
    ["a thought", [{ text: "Hm.", thought: true, thoughtSignature: "c2ln" }, { text: "So." }]],
    ["a text", [{ text: "So." }, { text: "", thoughtSignature: "c2ln" }]],
    ["a call", [{ functionCall: { id: "a", name: "one", args: {} }, thoughtSignature: "c2ln" }]],
    [
      "the first of two calls",
      [
        { functionCall: { id: "a", name: "one", args: {} }, thoughtSignature: "c2ln" },
        { functionCall: { id: "b", name: "two", args: {} } }
      ]
    ]
  ]
  for (const [name, parts] of signed) {
    it(`come back with ${name}, streamed and whole, and in other words to the client`, () => {
      const answer = gemini(parts, "STOP")
      const { output } = answered(pair, answer)
      const flow = streamed(
        pair,
        parts.map((part, index) => gemini([part], index === parts.length - 1 ? "STOP" : undefined))
      )
      seenByResponses(flow)
      for (const items of [output, flow.events.at(-1).response.output]) {
        assert.notInclude(JSON.stringify(items), "c2ln")
        const outputs = items
          .filter(({ type }: Wire) => type === "function_call")
          .map(({ call_id: id }: Wire) => callOutput(id, "ok"))
        const [, turn] = contents(ask, ...items, ...(outputs.length === 0 ? [ask] : outputs))
        assert.deepStrictEqual(turn.parts, parts)
      }
    })
  }
})

const last = (more: JsonObject = {}) => gemini([{ text: "swer" }], "STOP", more)

describe("an answer of Gemini for a Responses client", () => {
  const text = gemini([{ text: "an" }])

  it("is completed once, whatever follows its end, with the usage of whichever chunk had it", () => {
    const late = { usageMetadata, responseId: "resp-1" }
    const streams = [
      [text, last({ usageMetadata })],
      [text, last(), late],
      [text, last(), last(), late, DONE, DONE]
    ]
    for (const events of streams) {
      const { output, status, usage } = seenByResponses(streamed(pair, events))
      assert.match(output.join(), /^answer/)
      assert.deepStrictEqual(
        [
          status,
          usage.input_tokens,
          usage.output_tokens,
          usage.output_tokens_details.reasoning_tokens,
          usage.total_tokens
        ],
        ["completed", 100, 60, 50, 160]
      )
    }
  })

  it("keeps counts that a later chunk leaves out, and takes those that it has, 0 too", () => {
    const first = gemini([{ text: "a" }], undefined, {
      usageMetadata: { promptTokenCount: 50, candidatesTokenCount: 5, thoughtsTokenCount: 7 }
    })
    const counted = (later: object) => {
      const { usage } = seenByResponses(
        streamed(pair, [first, gemini([{ text: "b" }], "STOP", { usageMetadata: later })])
      )
      return [usage.input_tokens, usage.output_tokens, usage.output_tokens_details.reasoning_tokens]
    }
    assert.deepStrictEqual(counted({ candidatesTokenCount: 9 }), [50, 16, 7])
    assert.deepStrictEqual(counted({ thoughtsTokenCount: 0 }), [50, 5, 0])
  })

  it("has calls one after another, each with arguments, and a message after them as an item of its own", () => {
    const flow = seenByResponses(
      streamed(pair, [
        gemini([{ functionCall: { name: "t0" } }]),
        gemini([{ functionCall: { name: "t1", args: { a: 1 } } }]),
        gemini([{ text: "hi" }]),
        gemini([{ text: "" }], "STOP")
      ])
    )
    assert.deepStrictEqual(
      flow.output.map((one: Wire) => (typeof one === "string" ? one : [one.name, one.arguments])),
      [["t0", "{}"], ["t1", '{"a":1}'], "hi"]
    )
  })

  for (const [finish, status, reason] of [
    ["MAX_TOKENS", "incomplete", "max_output_tokens"],
    ["SAFETY", "incomplete", "content_filter"],
    ["STOP", "completed", undefined]
  ] as const) {
    it(`is ${status} when it stopped for ${finish}, streamed and whole`, () => {
      const answer = gemini([{ text: "Hi" }], finish)
      for (const seen of [responseSeen(answered(pair, answer)), seenByResponses(streamed(pair, [answer]))]) {
        assert.deepStrictEqual([seen.status, seen.reason], [status, reason])
      }
    })
  }

  it("shows images that the model made, streamed and whole", () => {
    const answer = gemini([{ text: "Here:" }, { inlineData: { mimeType: "image/webp", data: "AA==" } }], "STOP")
    for (const { output } of [responseSeen(answered(pair, answer)), seenByResponses(streamed(pair, [answer]))]) {
      assert.deepStrictEqual(
        [output[0], output[1].type, output[1].output_format, output[1].result],
        ["Here:", "image_generation_call", "webp", "AA=="]
      )
    }
  })
})
