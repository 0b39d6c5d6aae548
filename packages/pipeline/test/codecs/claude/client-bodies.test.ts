import { assert, describe, it } from "@effect/vitest"

import type { ClientError } from "../../../src/canonical/client-error.ts"
import type { Part } from "../../../src/canonical/part.ts"
import { claudeClient, claudeProvider } from "../../../src/codecs/claude/codec.ts"
import { contextOf, encodedResponse, jsonOf, requestOf } from "./context.ts"

const typeOf = (status: number, type: string | null) => {
  const error: ClientError = { status, type, message: "M", code: null, param: null }
  return (claudeClient.encodeError(error)["error"] as { type: string }).type
}

const read = (json: unknown) => claudeProvider.decodeError(json)?.message

describe("errors", () => {
  it("keep a word of Claude's for a status that the reference does not list", () => {
    assert.strictEqual(typeOf(503, "overloaded_error"), "overloaded_error")
    assert.strictEqual(typeOf(400, "billing_error"), "billing_error")
    assert.strictEqual(typeOf(503, "rate_limit_error"), "api_error")
  })

  it("have the general type of their side for everything else", () => {
    assert.strictEqual(typeOf(400, null), "invalid_request_error")
    assert.strictEqual(typeOf(422, "whatever"), "invalid_request_error")
    assert.strictEqual(typeOf(500, "server_error"), "api_error")
    assert.strictEqual(typeOf(502, null), "api_error")
    assert.strictEqual(typeOf(503, null), "api_error")
  })

  it("of a provider are read in every shape that compatible endpoints send", () => {
    assert.strictEqual(read({ error: { message: "A" } }), "A")
    assert.strictEqual(read({ type: "error", error: "B" }), "B")
    assert.strictEqual(read({ type: "error", message: "C" }), "C")
    assert.strictEqual(claudeProvider.decodeError({ type: "message", content: [] }), undefined)
    assert.strictEqual(claudeProvider.decodeError("error"), undefined)
    assert.deepInclude(
      claudeProvider.decodeError({
        type: "error",
        error: { type: "not_found_error", message: "D", details: { error_code: "thread_not_found" } }
      }),
      { code: "thread_not_found", status: 404 }
    )
  })
})

describe("lists of models", () => {
  it("have the shape that the official SDK pages through", () => {
    const a = { id: "claude-opus-5", ownedBy: "anthropic", created: 1_770_000_000 }
    const b = { id: "gpt-9", ownedBy: "openai", created: 0 }
    assert.deepStrictEqual(jsonOf(claudeClient.encodeModels([a, b])), {
      data: [
        { type: "model", id: "claude-opus-5", display_name: "claude-opus-5", created_at: "2026-02-02T02:40:00Z" },
        { type: "model", id: "gpt-9", display_name: "gpt-9", created_at: "1970-01-01T00:00:00Z" }
      ],
      has_more: false,
      first_id: "claude-opus-5",
      last_id: "gpt-9"
    })
    assert.deepStrictEqual(jsonOf(claudeClient.encodeModels([])), {
      data: [],
      has_more: false,
      first_id: null,
      last_id: null
    })
    assert.deepStrictEqual(
      claudeClient.encodeModel({ ...b, created: Number.NaN })["created_at"],
      "1970-01-01T00:00:00Z"
    )
  })
})

const answer = (...parts: ReadonlyArray<Part>) =>
  encodedResponse(
    { id: "", model: "", choices: [{ parts, stopReason: "stop" }] },
    contextOf("x", requestOf({ model: "mine" }))
  )

const inputs = (...texts: ReadonlyArray<string>) =>
  (
    answer(...texts.map((args, index) => ({ type: "tool_call", id: `${index}`, name: "n", arguments: args }) as const))[
      "content"
    ] as ReadonlyArray<{ input: unknown }>
  ).map(({ input }) => input)

describe("answers of other providers", () => {
  it("get the client's model and an ID when the provider gave none, and an estimate of the input", () => {
    assert.deepStrictEqual(answer({ type: "text", text: "Hi." }), {
      id: "msg_new1",
      type: "message",
      role: "assistant",
      model: "mine",
      content: [{ type: "text", text: "Hi." }],
      stop_reason: "end_turn",
      stop_sequence: null,
      stop_details: null,
      usage: { input_tokens: 7, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 }
    })
  })

  it("never have a text block without text", () => {
    assert.deepStrictEqual(answer({ type: "text", text: "" }, { type: "refusal", text: "" })["content"], [])
    assert.deepStrictEqual(encodedResponse({ id: "a", model: "b", choices: [] })["content"], [])
  })

  it("say a refusal as text", () => {
    assert.deepStrictEqual(answer({ type: "refusal", text: "I'd rather not." })["content"], [
      { type: "text", text: "I'd rather not." }
    ])
  })

  it("show thoughts that nobody signed", () => {
    assert.deepStrictEqual(answer({ type: "reasoning", text: "Hm." })["content"], [
      { type: "thinking", thinking: "Hm.", signature: "" }
    ])
  })

  it("have an object for arguments of every kind", () => {
    assert.deepStrictEqual(inputs("", '{"ü":"日本"}', '{"a":[1,{"b":2', '{"a":"\\', '{"a":1}}'), [
      {},
      { ü: "日本" },
      { a: [1, { b: 2 }] },
      { a: "" },
      { malformed_arguments: '{"a":1}}' }
    ])
  })

  it("count the tokens of a question", () => {
    assert.deepStrictEqual(claudeClient.encodeTokenCount({ inputTokens: 12 }), { input_tokens: 12 })
  })
})
