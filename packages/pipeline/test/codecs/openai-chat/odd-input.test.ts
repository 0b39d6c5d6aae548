import { Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import { openaiChatClient, openaiChatProvider } from "../../../src/codecs/openai-chat/codec.ts"
import { responseOfEvents } from "./accumulate.ts"
import { overTheWire } from "./fixtures.ts"
import { plainRequest, testContext } from "./test-context.ts"

const NAMES = [
  "id",
  "model",
  "created",
  "choices",
  "index",
  "delta",
  "message",
  "messages",
  "role",
  "content",
  "type",
  "text",
  "refusal",
  "tool_calls",
  "function",
  "function_call",
  "name",
  "arguments",
  "custom",
  "finish_reason",
  "usage",
  "prompt_tokens",
  "completion_tokens",
  "prompt_tokens_details",
  "error",
  "code",
  "status",
  "detail",
  "reasoning_content",
  "reasoning_details",
  "reasoning",
  "signature",
  "data",
  "thinking",
  "image_url",
  "url",
  "file",
  "file_data",
  "tools",
  "tool_choice",
  "response_format",
  "json_schema",
  "stream_options",
  "stop",
  "extra_content",
  "google",
  "thought_signature",
  "x_groq"
] as const

const WORDS = [
  "user",
  "assistant",
  "tool",
  "function",
  "system",
  "text",
  "image_url",
  "file",
  "stop",
  "data:,",
  "\ud83d",
  ""
]

/** JSON made of the words of this protocol, put together wrongly. */
const { value: odd } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.oneof(fc.constantFrom<unknown>(null, true, 0, -1, 429, 1.5), fc.constantFrom(...WORDS), fc.string()),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 6, noNullPrototype: true })
  )
}))
const oddObject = fc.dictionary(fc.constantFrom(...NAMES), odd, { maxKeys: 8, noNullPrototype: true })

/** Chunks that are nearly right. */
const oddChunk = fc.oneof(
  oddObject,
  fc
    .tuple(fc.nat(1), oddObject, fc.option(fc.constantFrom("stop", "length", "odd")))
    .map(([index, delta, finish_reason]): JsonObject => ({ choices: [{ index, delta, finish_reason }] })),
  fc
    .array(
      fc.record(
        { index: fc.nat(2), id: fc.constantFrom("", "a", "b"), function: oddObject },
        { requiredKeys: ["function"], noNullPrototype: true }
      ),
      { maxLength: 3 }
    )
    .map((tool_calls): JsonObject => ({ choices: [{ delta: { tool_calls } }] }))
)

const RUNS = { numRuns: 500 }

describe("whatever a server answers", () => {
  it("is read as an answer without a throw, and can be written", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          oddObject,
          fc.array(oddObject).map((choices): JsonObject => ({ choices }))
        ),
        (json) => {
          const response = openaiChatProvider.decodeResponse(json, testContext())
          expect(overTheWire(openaiChatClient.encodeResponse(response, testContext()))).toMatchObject({
            object: "chat.completion"
          })
        }
      ),
      RUNS
    )
  })

  it("is read as an error or as none without a throw", () => {
    fc.assert(
      fc.property(fc.oneof(odd, fc.jsonValue()), (json) => {
        const fields = openaiChatProvider.decodeError(json)
        expect(fields === undefined || typeof fields === "object").toBe(true)
      }),
      RUNS
    )
  })

  it("is read as a stream of well ordered events that ends, and can be written", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(oddChunk, odd), { maxLength: 8 }), fc.boolean(), (chunks, done) => {
        const decoder = openaiChatProvider.makeStreamDecoder(testContext())
        const request = { ...plainRequest, streamUsage: true }
        const encoder = openaiChatClient.makeStreamEncoder(testContext("m", request))
        const events: Array<StreamEvent> = []
        const frames: Array<string> = []
        const emit = (event: StreamEvent) => {
          events.push(event)
          encoder.push(event, (data) => frames.push(data))
        }
        for (const chunk of chunks) decoder.push(JSON.stringify(chunk), emit)
        if (done) decoder.push("[DONE]", emit)
        decoder.end(emit)
        const last = events.at(-1)
        expect(last?.type === "end" || last?.type === "error").toBe(true)
        // An error may come before anything else has.
        if (events.length > 1) responseOfEvents(events)
        expect(frames.at(-1) === "[DONE]").toBe(last?.type === "end")
        for (const frame of frames.filter((data) => data !== "[DONE]")) expect(() => JSON.parse(frame)).not.toThrow()
      }),
      RUNS
    )
  })
})

describe("tool calls that share an ID", () => {
  it("are told apart, in a stream as in a whole answer", () => {
    const calls = ["a", "b", "c"].map((name, index) => ({ index, id: "call_0", function: { name, arguments: "{}" } }))
    const whole = openaiChatProvider.decodeResponse({ choices: [{ message: { tool_calls: calls } }] }, testContext())
    const decoder = openaiChatProvider.makeStreamDecoder(testContext())
    const events: Array<StreamEvent> = []
    for (const call of calls) {
      const chunk = { choices: [{ delta: { tool_calls: [call] } }] }
      decoder.push(JSON.stringify(chunk), (event) => events.push(event))
    }
    decoder.push("[DONE]", (event) => events.push(event))
    expect(whole.choices[0]?.parts).toMatchObject([{ id: "call_0" }, { id: "call_0_1" }, { id: "call_0_2" }])
    expect(responseOfEvents(events).choices[0]?.parts).toEqual(whole.choices[0]?.parts)
  })
})

describe("whatever a client asks", () => {
  const nearlyRight = fc
    .array(
      fc.oneof(oddObject, fc.record({ role: fc.constantFrom(...WORDS), content: odd }, { noNullPrototype: true })),
      {
        maxLength: 4
      }
    )
    .map((messages): JsonObject => ({ messages }))

  it("is read or refused without a throw, and what is read can be written", () => {
    fc.assert(
      fc.property(fc.oneof(oddObject, nearlyRight), fc.constantFrom("gpt-4o", "o3", "other"), (json, model) => {
        const result = openaiChatClient.decodeRequest(json, { model, stream: false })
        const seen = Result.match(result, {
          onFailure: ({ message }) => /^`.+` .+\.$/s.test(message),
          onSuccess: (request) => {
            const body = overTheWire(openaiChatProvider.encodeRequest(request, testContext(model))) as JsonObject
            return body["model"] === model
          }
        })
        expect(seen).toBe(true)
      }),
      RUNS
    )
  })
})
