import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { StartedPart, StreamEvent } from "../../../src/canonical/stream-event.ts"
import { claudeClient } from "../../../src/codecs/claude/codec.ts"
import { objectOr } from "../../../src/codecs/json-fields.ts"
import { collected } from "./collect-stream.ts"
import { contextOf, encoded, encodedResponse, eventsOf, jsonOf } from "./context.ts"
import { accumulated, streamed } from "./official-sdk.ts"
import { eventStream } from "./stream-arbitraries.ts"

const START: StreamEvent = { type: "start", id: "chatcmpl-1", model: "gpt-9" }
const END: ReadonlyArray<StreamEvent> = [{ type: "finish", choice: 0, reason: "stop" }, { type: "end" }]
const begin = (part: number, value: StartedPart): StreamEvent => ({ type: "part_start", choice: 0, part, value })
const text = (part: number, words: string): StreamEvent => ({ type: "text", choice: 0, part, text: words })
const args = (part: number, json: string): StreamEvent => ({ type: "arguments", choice: 0, part, json })
const finish = (part: number): StreamEvent => ({ type: "part_end", choice: 0, part })
const call = (id: string): StartedPart => ({ type: "tool_call", id, name: "look" })

/** Names of the events, with the index of the block and its type. */
const outline = (sse: string) =>
  eventsOf(sse)
    .map((data) => JSON.parse(data) as { type: string; index?: number; content_block?: { type: string } })
    .map(({ content_block: block, index, type }) =>
      [type, index, block?.type].filter((part) => part !== undefined).join(" ")
    )

describe("the order of events", () => {
  it("has one block open at a time, with contiguous indexes, when calls overlap", async () => {
    const events = [
      START,
      begin(0, call("a")),
      begin(1, call("b")),
      args(1, '{"n":'),
      args(0, '{"n":1}'),
      finish(0),
      begin(2, { type: "text" }),
      args(1, "2}"),
      text(2, "Done."),
      finish(2),
      finish(1),
      ...END
    ]
    assert.deepStrictEqual(outline(encoded(events)), [
      "message_start",
      "content_block_start 0 tool_use",
      "content_block_delta 0",
      "content_block_stop 0",
      "content_block_start 1 tool_use",
      "content_block_delta 1",
      "content_block_delta 1",
      "content_block_stop 1",
      "content_block_start 2 text",
      "content_block_delta 2",
      "content_block_stop 2",
      "message_delta",
      "message_stop"
    ])
    assert.deepStrictEqual((await accumulated(encoded(events)))["content"], [
      { type: "tool_use", id: "a", name: "look", input: { n: 1 } },
      { type: "tool_use", id: "b", name: "look", input: { n: 2 } },
      { type: "text", text: "Done." }
    ])
  })

  it("has no block for a part without content", () => {
    const events = [
      START,
      begin(0, { type: "text" }),
      finish(0),
      begin(1, { type: "reasoning" }),
      finish(1),
      begin(2, { type: "foreign", protocol: "gemini", value: {} }),
      finish(2),
      ...END
    ]
    assert.deepStrictEqual(outline(encoded(events)), ["message_start", "message_delta", "message_stop"])
  })

  it("sends content on as soon as it comes", () => {
    const encoder = claudeClient.makeStreamEncoder(contextOf())
    const sent: Array<string> = []
    const push = (event: StreamEvent) => {
      const before = sent.length
      encoder.push(event, (data) => sent.push(data))
      return sent.slice(before).map((data) => (JSON.parse(data) as { type: string }).type)
    }
    push(START)
    assert.deepStrictEqual(push(begin(0, { type: "text" })), ["message_start"])
    assert.deepStrictEqual(push(text(0, "A")), ["content_block_start", "content_block_delta"])
    assert.deepStrictEqual(push(text(0, "B")), ["content_block_delta"])
    assert.deepStrictEqual(push(finish(0)), ["content_block_stop"])
  })

  it("leaves out the answers beyond the first", async () => {
    const events = [
      START,
      { ...begin(0, { type: "text" }), choice: 1 } as StreamEvent,
      { ...text(0, "B"), choice: 1 } as StreamEvent,
      begin(0, { type: "text" }),
      text(0, "A"),
      { ...finish(0), choice: 1 } as StreamEvent,
      { type: "finish", choice: 1, reason: "length" } as const,
      finish(0),
      ...END
    ]
    const message = await accumulated(encoded(events))
    assert.deepInclude(message, { stop_reason: "end_turn" })
    assert.deepStrictEqual(message["content"], [{ type: "text", text: "A" }])
  })
})

const ending = async (
  reason: Extract<StreamEvent, { type: "finish" }>["reason"],
  ...parts: ReadonlyArray<StreamEvent>
) =>
  (await accumulated(encoded([START, ...parts, { type: "finish", choice: 0, reason }, { type: "end" }])))["stop_reason"]

describe("the end of an answer", () => {
  it("is said in Claude's words", async () => {
    assert.strictEqual(await ending("stop"), "end_turn")
    assert.strictEqual(await ending("length"), "max_tokens")
    assert.strictEqual(await ending("stop_sequence"), "stop_sequence")
    assert.strictEqual(await ending("content_filter"), "refusal")
    assert.strictEqual(await ending("refusal"), "refusal")
    assert.strictEqual(await ending("pause"), "pause_turn")
  })

  it("waits for tools when there is a call, and only then", async () => {
    assert.strictEqual(await ending("stop", begin(0, call("a")), finish(0)), "tool_use")
    assert.strictEqual(await ending("tool_calls", begin(0, call("a")), finish(0)), "tool_use")
    assert.strictEqual(await ending("tool_calls"), "end_turn")
  })
})

describe("usage", () => {
  it("tells an estimate at the start, and the provider's numbers at the end, even those that come last", () => {
    const usage = { inputTokens: 100, cacheReadTokens: 60, cacheWriteTokens: 10, outputTokens: 9, reasoningTokens: 4 }
    const events = [
      START,
      begin(0, { type: "text" }),
      text(0, "A"),
      finish(0),
      ...END.slice(0, 1),
      { type: "usage", usage } as const,
      ...END.slice(1)
    ]
    const data = eventsOf(encoded(events)).map((each) => JSON.parse(each) as JsonObject)
    assert.deepStrictEqual(objectOr(data[0]?.["message"])["usage"], {
      input_tokens: 7,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: 0
    })
    assert.deepStrictEqual(data.at(-2)?.["usage"], {
      input_tokens: 30,
      cache_creation_input_tokens: 10,
      cache_read_input_tokens: 60,
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 4 }
    })
  })

  it("tells the provider's numbers at the start when they come with it", () => {
    const events: ReadonlyArray<StreamEvent> = [
      START,
      { type: "usage", usage: { inputTokens: 50, outputTokens: 1 } },
      ...END
    ]
    const first = JSON.parse(eventsOf(encoded(events))[0] ?? "") as { message: { usage: JsonObject } }
    assert.deepInclude(first.message.usage, { input_tokens: 50, output_tokens: 1 })
  })
})

const gemini = { issuer: "gemini", value: "R2VtaW5pIHNheXM=" } as const

/** The parts of the assistant's message that a client sends back as it got it. */
const sentBack = async (events: ReadonlyArray<StreamEvent>) => {
  const { content } = await accumulated(encoded(events))
  const request = { max_tokens: 9, messages: [{ role: "assistant", content }] }
  const read = Result.getOrThrow(claudeClient.decodeRequest(request, { model: "m", stream: false }))
  return jsonOf({ parts: read.messages[0]?.parts })["parts"]
}

describe("signatures of other providers", () => {
  it("come back at their calls, although Claude has no field for them there", async () => {
    const signed = (id: string) => ({ type: "tool_call", id, name: "look", signature: gemini }) as const
    const parts = await sentBack([
      START,
      begin(0, signed("a:1")),
      args(0, '{"n":1}'),
      finish(0),
      begin(1, call("b")),
      finish(1),
      begin(2, signed("c")),
      finish(2),
      ...END
    ])
    assert.deepStrictEqual(parts, [
      { type: "tool_call", id: "a:1", name: "look", arguments: { n: 1 }, signature: gemini },
      { type: "tool_call", id: "b", name: "look", arguments: {} },
      { type: "tool_call", id: "c", name: "look", arguments: {}, signature: gemini }
    ])
  })

  it("come back at their calls when they came after them", async () => {
    const parts = await sentBack([
      START,
      begin(0, call("a")),
      { type: "signature", choice: 0, part: 0, signature: gemini },
      finish(0),
      ...END
    ])
    assert.deepStrictEqual(parts, [{ type: "tool_call", id: "a", name: "look", arguments: {}, signature: gemini }])
  })

  it("come back at their thoughts, readable or not", async () => {
    const parts = await sentBack([
      START,
      begin(0, { type: "reasoning" }),
      { type: "signature", choice: 0, part: 0, signature: gemini },
      finish(0),
      begin(1, { type: "reasoning" }),
      { type: "redacted", choice: 0, part: 1, value: { issuer: "openai-response", value: "Z0FB" } },
      finish(1),
      ...END
    ])
    assert.deepStrictEqual(parts, [
      { type: "reasoning", text: "", signature: gemini },
      { type: "reasoning", text: "", redacted: { issuer: "openai-response", value: "Z0FB" } }
    ])
  })
})

describe("errors in the middle of a stream", () => {
  it("become the SDK's error of their type", async () => {
    let sse = encoded([START, begin(0, { type: "text" }), text(0, "A")])
    claudeClient.encodeStreamError(
      { status: 529, message: "Overloaded", type: null, code: null, param: null },
      (data, event) => {
        sse += `event: ${event}\ndata: ${data}\n\n`
      }
    )
    const seen: Array<unknown> = []
    let thrown: unknown
    try {
      for await (const event of streamed(sse)) seen.push(event["type"])
    } catch (error) {
      thrown = error
    }
    assert.deepStrictEqual(seen, ["message_start", "content_block_start", "content_block_delta"])
    assert.deepInclude(jsonOf(thrown), {
      type: "overloaded_error",
      error: { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }
    })
  })

  it("are written the same when they come as an event", () => {
    const error = { status: 500, message: "Broken.", type: "server_error", code: null }
    assert.strictEqual(
      encoded([{ type: "error", error }]),
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"Broken."}}\n\n'
    )
  })
})

describe("a stream", () => {
  it("amounts to the whole answer, however its parts overlap", async () => {
    await fc.assert(
      fc.asyncProperty(eventStream, async (events) => {
        const { parsed_output: _, ...message } = await accumulated(encoded(events))
        assert.deepStrictEqual(message, encodedResponse(collected(events)))
      }),
      { numRuns: 200 }
    )
  })
})
