import { assert, describe, it } from "@effect/vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { StreamEvent } from "../../../src/canonical/stream-event.ts"
import { encodedStream } from "./translation.ts"

const start: StreamEvent = { type: "start", id: "r", model: "m" }
const end: StreamEvent = { type: "end" }
const finish = (reason: "stop" | "tool_calls" = "stop", choice = 0): StreamEvent => ({ type: "finish", choice, reason })
const begin = (
  part: number,
  value: Extract<StreamEvent, { type: "part_start" }>["value"],
  choice = 0
): StreamEvent => ({
  type: "part_start",
  choice,
  part,
  value
})
const text = (part: number, more: string, choice = 0): StreamEvent => ({ type: "text", choice, part, text: more })
const args = (part: number, json: string): StreamEvent => ({ type: "arguments", choice: 0, part, json })
const close = (part: number, choice = 0): StreamEvent => ({ type: "part_end", choice, part })
const call = (id: string): Extract<StreamEvent, { type: "part_start" }>["value"] => ({
  type: "tool_call",
  id,
  name: "f"
})

const names = { modelVersion: "m", responseId: "r" }
const chunk = (part: JsonObject, index = 0): JsonObject => ({
  candidates: [{ content: { parts: [part], role: "model" }, index }],
  ...names
})
const last = (others: JsonObject = {}, finishReason = "STOP"): JsonObject => ({
  candidates: [{ content: { parts: [{ text: "" }], role: "model" }, finishReason, index: 0 }],
  ...others,
  ...names
})

const chunksOf = (...events: ReadonlyArray<StreamEvent>): ReadonlyArray<JsonObject> =>
  encodedStream([start, ...events]).map((data) => JSON.parse(data) as JsonObject)

interface Chunk {
  readonly candidates: ReadonlyArray<{
    readonly index: number
    readonly content: { readonly parts: ReadonlyArray<JsonObject> }
  }>
}

/** The arguments of a call, as the client gets them. */
const argsOf = (json: string): unknown => {
  const events = [begin(0, call("1")), ...(json === "" ? [] : [args(0, json)]), close(0), finish(), end]
  const [first] = chunksOf(...events) as unknown as ReadonlyArray<Chunk>
  return (first?.candidates[0]?.content.parts[0]?.["functionCall"] as JsonObject | undefined)?.["args"]
}

describe("a stream to a client", () => {
  it("has a chunk for each piece of text, and the reason and the usage in the last", () => {
    const usage: StreamEvent = { type: "usage", usage: { inputTokens: 3, outputTokens: 2, reasoningTokens: 1 } }
    assert.deepStrictEqual(
      chunksOf(begin(0, { type: "text" }), text(0, 'a"'), text(0, "é\n😀"), usage, close(0), finish(), end),
      [
        chunk({ text: 'a"' }),
        chunk({ text: "é\n😀" }),
        last({
          usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1, totalTokenCount: 5, thoughtsTokenCount: 1 }
        })
      ]
    )
  })

  it("takes usage that comes after the reason, and the latest numbers of each kind", () => {
    const chunks = chunksOf(
      { type: "usage", usage: { inputTokens: 3 } },
      finish(),
      { type: "usage", usage: { outputTokens: 2 } },
      end
    )
    assert.deepStrictEqual(chunks, [
      last({ usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 } })
    ])
  })

  it("has a call as one chunk, whole, with its arguments as an object", () => {
    assert.deepStrictEqual(
      chunksOf(begin(0, call("1")), args(0, '{"a":'), args(0, '"ß"}'), close(0), finish("tool_calls"), end),
      [chunk({ functionCall: { id: "1", name: "f", args: { a: "ß" } } }), last()]
    )
  })

  it("closes arguments that were cut, and keeps those that are none", () => {
    assert.deepStrictEqual(argsOf(""), {})
    assert.deepStrictEqual(argsOf('{"a":[1,{"b":"x'), { a: [1, { b: "x" }] })
    assert.deepStrictEqual(argsOf("[1]"), { malformed_arguments: "[1]" })
    assert.deepStrictEqual(argsOf("nonsense"), { malformed_arguments: "nonsense" })
  })

  it("writes parallel calls in their order, however they were mixed", () => {
    assert.deepStrictEqual(
      chunksOf(
        begin(0, { type: "text" }),
        text(0, "a"),
        begin(1, call("1")),
        begin(2, call("2")),
        args(2, "{}"),
        close(2),
        args(1, "{}"),
        text(0, "b"),
        close(1),
        close(0),
        begin(3, { type: "text" }),
        text(3, "c"),
        close(3),
        finish("tool_calls"),
        end
      ),
      [
        chunk({ text: "a" }),
        chunk({ text: "b" }),
        chunk({ functionCall: { id: "1", name: "f", args: {} } }),
        chunk({ functionCall: { id: "2", name: "f", args: {} } }),
        chunk({ text: "c" }),
        last()
      ]
    )
  })

  it("writes text that had to wait as soon as its turn comes, and goes on at once", () => {
    assert.deepStrictEqual(
      chunksOf(
        begin(0, call("1")),
        begin(1, { type: "text" }),
        text(1, "a"),
        text(1, "b"),
        args(0, "{}"),
        close(0),
        text(1, "c"),
        close(1),
        finish(),
        end
      ),
      [chunk({ functionCall: { id: "1", name: "f", args: {} } }), chunk({ text: "ab" }), chunk({ text: "c" }), last()]
    )
  })

  it("tells thoughts apart, and what proves them after them", () => {
    assert.deepStrictEqual(
      chunksOf(
        begin(0, { type: "reasoning" }),
        text(0, "hm"),
        { type: "signature", choice: 0, part: 0, signature: { issuer: "gemini", value: "c2ln" } },
        close(0),
        begin(1, { type: "reasoning" }),
        { type: "redacted", choice: 0, part: 1, value: { issuer: "claude", value: "EmwKAh==" } },
        close(1),
        begin(2, { ...call("1"), signature: { issuer: "gemini", value: "Y2FsbA==" } } as never),
        close(2),
        finish(),
        end
      ),
      [
        chunk({ text: "hm", thought: true }),
        chunk({ text: "", thought: true, thoughtSignature: "c2ln" }),
        chunk({ text: "", thought: true, thoughtSignature: "Y2xpcHJveHkuY2xhdWRlLnJlZGFjdGVkLkVtd0tBaD09" }),
        chunk({ functionCall: { id: "1", name: "f", args: {} }, thoughtSignature: "Y2FsbA==" }),
        last()
      ]
    )
  })

  it("writes what only Google has, and leaves out what only others have", () => {
    const value = { executableCode: { language: "PYTHON", code: "1" } }
    assert.deepStrictEqual(
      chunksOf(
        begin(0, { type: "foreign", protocol: "gemini", value }),
        close(0),
        begin(1, { type: "foreign", protocol: "claude", value: { type: "server_tool_use" } }),
        close(1),
        begin(2, { type: "refusal" }),
        text(2, "no"),
        close(2),
        { type: "finish", choice: 0, reason: "refusal" },
        end
      ),
      [chunk(value), chunk({ text: "no" }), last({}, "SAFETY")]
    )
  })

  it("has all candidates in its last chunk", () => {
    const chunks = chunksOf(
      begin(0, { type: "text" }, 1),
      text(0, "b", 1),
      begin(0, { type: "text" }),
      text(0, "a"),
      close(0),
      close(0, 1),
      finish("stop", 1),
      finish(),
      end
    )
    assert.deepStrictEqual(chunks.slice(0, 2), [chunk({ text: "b" }, 1), chunk({ text: "a" })])
    const { candidates = [] } = (chunks[2] ?? {}) as Partial<Chunk>
    assert.deepStrictEqual(
      candidates.map(({ index }) => index),
      [0, 1]
    )
  })

  it("leaves its error to be written as one", () => {
    const error = { status: 503, message: "busy", type: null, code: null }
    assert.deepStrictEqual(chunksOf({ type: "error", error }), [])
  })
})
