import { describe, expect, it } from "vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { CanonicalRequest } from "../../../src/canonical/request.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import { openaiChatClient } from "../../../src/codecs/openai-chat/codec.ts"
import { carriedSignature } from "../../../src/codecs/signature-carrier.ts"
import { plainRequest, testContext } from "./test-context.ts"

const start: StreamEvent = { type: "start", id: "msg_1", model: "claude", createdAt: 7 }

const encode = (events: ReadonlyArray<StreamEvent>, request: Partial<CanonicalRequest> = {}): ReadonlyArray<string> => {
  const encoder = openaiChatClient.makeStreamEncoder(testContext("up", { ...plainRequest, ...request }))
  const frames: Array<string> = []
  for (const event of events) {
    encoder.push(event, (data, name) => {
      expect(name).toBeUndefined()
      frames.push(data)
    })
  }
  return frames
}

/** Delta and finish reason of each chunk with a choice. */
const deltas = (frames: ReadonlyArray<string>): ReadonlyArray<readonly [unknown, unknown]> =>
  frames
    .filter((frame) => frame !== "[DONE]")
    .flatMap((frame) => (JSON.parse(frame) as JsonObject)["choices"] as ReadonlyArray<JsonObject>)
    .map((choice) => [choice["delta"], choice["finish_reason"]])

const textPart: ReadonlyArray<StreamEvent> = [
  { type: "part_start", choice: 0, part: 0, value: { type: "text" } },
  { type: "text", choice: 0, part: 0, text: 'Hi "there"\n' },
  { type: "text", choice: 0, part: 0, text: "👋" },
  { type: "part_end", choice: 0, part: 0 }
]
const stop: StreamEvent = { type: "finish", choice: 0, reason: "stop" }
const end: StreamEvent = { type: "end" }

const calls = (entry: JsonObject) => [{ tool_calls: [entry] }, null]

describe("a stream of chunks", () => {
  it("says the role once, the reason in the last chunk of the choice, and [DONE] at the end", () => {
    const frames = encode([start, ...textPart, stop, end])
    expect(frames.map((frame) => (frame === "[DONE]" ? frame : JSON.parse(frame)))).toEqual([
      ...[
        [{ role: "assistant", content: "", refusal: null }, null],
        [{ content: 'Hi "there"\n' }, null],
        [{ content: "👋" }, null],
        [{}, "stop"]
      ].map(([delta, finish_reason]) => ({
        id: "msg_1",
        object: "chat.completion.chunk",
        created: 7,
        model: "claude",
        choices: [{ index: 0, delta, logprobs: null, finish_reason }]
      })),
      "[DONE]"
    ])
  })

  it("tells the usage in a chunk of its own, with the latest numbers, to who asked for it", () => {
    const usages: ReadonlyArray<StreamEvent> = [
      { type: "usage", usage: { inputTokens: 10, cacheReadTokens: 4 } },
      { type: "usage", usage: { outputTokens: 3, reasoningTokens: 1 } }
    ]
    const events = [start, ...usages, ...textPart, stop, end]
    const asked = encode(events, { streamUsage: true }).map((frame) => frame)
    expect(JSON.parse(asked.at(-2) ?? "")).toEqual({
      id: "msg_1",
      object: "chat.completion.chunk",
      created: 7,
      model: "claude",
      choices: [],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 3,
        total_tokens: 13,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 1 }
      }
    })
    for (const frame of asked.slice(0, -2)) expect(JSON.parse(frame)).toMatchObject({ usage: null })
    expect(encode(events).join("")).not.toContain("usage")
  })

  it("counts tool calls from 0, whatever parts stand before them, and takes turns between them", () => {
    const frames = encode([
      start,
      ...textPart,
      { type: "part_start", choice: 0, part: 1, value: { type: "tool_call", id: "a", name: "f" } },
      { type: "part_start", choice: 0, part: 2, value: { type: "tool_call", id: "b", name: "g" } },
      { type: "arguments", choice: 0, part: 2, json: '{"x":' },
      { type: "part_end", choice: 0, part: 1 },
      { type: "arguments", choice: 0, part: 2, json: "1}" },
      { type: "part_end", choice: 0, part: 2 },
      { type: "finish", choice: 0, reason: "tool_calls" },
      end
    ])
    expect(deltas(frames).slice(3)).toEqual([
      calls({ index: 0, id: "a", type: "function", function: { name: "f", arguments: "" } }),
      calls({ index: 1, id: "b", type: "function", function: { name: "g", arguments: "" } }),
      calls({ index: 1, function: { arguments: '{"x":' } }),
      // A call without arguments has an empty object of them.
      calls({ index: 0, function: { arguments: "{}" } }),
      calls({ index: 1, function: { arguments: "1}" } }),
      [{}, "tool_calls"]
    ])
  })

  it("tells thoughts as they come, and once more with their signature when it comes", () => {
    const frames = encode([
      start,
      { type: "part_start", choice: 0, part: 0, value: { type: "reasoning" } },
      { type: "text", choice: 0, part: 0, text: "Let me" },
      { type: "text", choice: 0, part: 0, text: " see." },
      { type: "signature", choice: 0, part: 0, signature: { issuer: "claude", value: "c2ln" } },
      { type: "part_end", choice: 0, part: 0 },
      { type: "part_start", choice: 0, part: 1, value: { type: "reasoning" } },
      { type: "redacted", choice: 0, part: 1, value: { issuer: "claude", value: "ZW5j" } },
      { type: "part_end", choice: 0, part: 1 },
      stop,
      end
    ])
    const [role, first, second, signed, redacted] = deltas(frames).map(([delta]) => delta as JsonObject)
    expect(role).toEqual({ role: "assistant", content: null, refusal: null })
    expect([first, second]).toEqual([{ reasoning_content: "Let me" }, { reasoning_content: " see." }])
    const [detail] = (signed?.["reasoning_details"] ?? []) as ReadonlyArray<JsonObject>
    expect(detail).toMatchObject({ type: "reasoning.text", text: "Let me see.", index: 0 })
    expect(carriedSignature(String(detail?.["signature"]), "openai")).toEqual({ issuer: "claude", value: "c2ln" })
    const [encrypted] = (redacted?.["reasoning_details"] ?? []) as ReadonlyArray<JsonObject>
    expect(encrypted).toMatchObject({ type: "reasoning.encrypted", index: 1 })
    expect(carriedSignature(String(encrypted?.["data"]), "openai")).toEqual({ issuer: "claude", value: "ZW5j" })
  })

  it("has Gemini's signature of a call where Google has it, early or late", () => {
    const signature = { issuer: "gemini" as const, value: "Z2Vt" }
    const frames = encode([
      start,
      { type: "part_start", choice: 0, part: 0, value: { type: "tool_call", id: "a", name: "f", signature } },
      { type: "part_start", choice: 0, part: 1, value: { type: "tool_call", id: "b", name: "f" } },
      { type: "signature", choice: 0, part: 1, signature }
    ])
    const extra_content = { google: { thought_signature: "Z2Vt" } }
    expect(
      deltas(frames)
        .slice(1)
        .map(([delta]) => delta)
    ).toMatchObject([
      { tool_calls: [{ index: 0, id: "a", extra_content }] },
      { tool_calls: [{ index: 1, id: "b" }] },
      { tool_calls: [{ index: 1, function: { arguments: "" }, extra_content }] }
    ])
  })

  it("says content_filter for a refusal without words, and stop for one in words", () => {
    const refusal: StreamEvent = { type: "finish", choice: 0, reason: "refusal" }
    expect(deltas(encode([start, ...textPart, refusal, end])).at(-1)).toEqual([{}, "content_filter"])
    const words: ReadonlyArray<StreamEvent> = [
      { type: "part_start", choice: 0, part: 0, value: { type: "refusal" } },
      { type: "text", choice: 0, part: 0, text: "No." },
      { type: "part_end", choice: 0, part: 0 }
    ]
    expect(deltas(encode([start, ...words, refusal, end])).slice(1)).toEqual([
      [{ refusal: "No." }, null],
      [{}, "stop"]
    ])
  })

  it("leaves out what other protocols alone know", () => {
    const frames = encode([
      start,
      {
        type: "part_start",
        choice: 0,
        part: 0,
        value: { type: "foreign", protocol: "claude", value: { type: "server_tool_use" } }
      },
      { type: "part_end", choice: 0, part: 0 },
      stop,
      end
    ])
    expect(deltas(frames)).toEqual([
      [{ role: "assistant", content: "", refusal: null }, null],
      [{}, "stop"]
    ])
  })

  it("makes up an ID, a time and a model where the provider gave none", () => {
    const [first] = encode([{ type: "start", id: "", model: "" }, stop])
    expect(JSON.parse(first ?? "")).toMatchObject({ id: "chatcmpl-id1", created: 1_700_000_000, model: "up" })
  })

  it("ends with the error, and without [DONE], when the provider broke off", () => {
    const error = { status: 529, message: "Overloaded", type: "overloaded_error", code: null }
    const frames = encode([start, ...textPart.slice(0, 2), { type: "error", error }])
    expect(frames).toHaveLength(3)
    expect(JSON.parse(frames.at(-1) ?? "")).toEqual({
      error: { message: "Overloaded", type: "server_error", param: null, code: "internal_server_error" }
    })
  })
})
