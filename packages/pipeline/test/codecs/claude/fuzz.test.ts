import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"

import type { JsonObject } from "../../../src/canonical/json.ts"
import { claudeClient, claudeProvider } from "../../../src/codecs/claude/codec.ts"
import { contextOf, decoded } from "./context.ts"

const names = [
  "type",
  "role",
  "content",
  "text",
  "thinking",
  "signature",
  "data",
  "id",
  "name",
  "input",
  "tool_use_id",
  "is_error",
  "source",
  "media_type",
  "url",
  "file_id",
  "cache_control",
  "messages",
  "system",
  "tools",
  "tool_choice",
  "max_tokens",
  "metadata",
  "user_id",
  "output_config",
  "format",
  "schema",
  "effort",
  "thinking",
  "budget_tokens",
  "usage",
  "input_tokens",
  "delta",
  "index",
  "content_block",
  "message",
  "stop_reason",
  "partial_json",
  "error",
  "input_schema",
  "stop_sequences",
  "$ref",
  "$defs",
  "properties",
  "anyOf",
  "required",
  "title",
  "__proto__"
] as const
const words = [
  "text",
  "image",
  "document",
  "tool_use",
  "tool_result",
  "thinking",
  "redacted_thinking",
  "user",
  "assistant",
  "system",
  "base64",
  "url",
  "file",
  "content",
  "enabled",
  "disabled",
  "adaptive",
  "json_schema",
  "auto",
  "tool",
  "message_start",
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "message_delta",
  "message_stop",
  "text_delta",
  "input_json_delta",
  "signature_delta",
  "thinking_delta",
  "error",
  "end_turn",
  "custom",
  "ephemeral",
  "\ud83d"
] as const

/** JSON that uses the protocol's words in any place: it gets past the first look. */
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, depthSize: "medium" },
    fc.constantFrom<unknown>(...words, null, true, 0, 1, -1, 1e300, ""),
    fc.array(tie("json"), { maxLength: 4 }),
    fc.array(fc.tuple(fc.constantFrom(...names), tie("json")), { maxLength: 6 }).map(Object.fromEntries)
  )
}))

const object = json.map((value): JsonObject => ({ type: "message_start", ...(value as object), content: value }))
const requestBody = fc.tuple(json, json, json, json).map(([content, tools, rest, system]): JsonObject => ({
  max_tokens: 5,
  ...(rest as object),
  system,
  tools,
  messages: [
    { role: "user", content },
    { role: "assistant", content }
  ]
}))
const settings = { numRuns: 2000 }

describe("whatever a client sends", () => {
  it("is read or refused, never thrown, and written again when it was read", () => {
    fc.assert(
      fc.property(fc.oneof(requestBody, object), (body) => {
        const read = claudeClient.decodeRequest(body, { model: "claude-sonnet-4-5", stream: false })
        if (Result.isFailure(read)) assert.strictEqual(read.failure.status, 400)
        else JSON.stringify(claudeProvider.encodeRequest(read.success, contextOf("claude-sonnet-4-5", read.success)))
      }),
      settings
    )
  })

  it("gets its reasoning set", () => {
    fc.assert(
      fc.property(fc.oneof(requestBody, object), (body) => {
        assert.isObject(claudeProvider.withReasoning(body, { amount: { mode: "budget", tokens: 2000 } }))
      }),
      settings
    )
  })
})

describe("whatever a provider sends", () => {
  it("is an answer that can be written", () => {
    fc.assert(
      fc.property(object, (body) => {
        const response = claudeProvider.decodeResponse(body, contextOf())
        assert.strictEqual(claudeClient.encodeResponse(response, contextOf())["role"] !== undefined, true)
      }),
      settings
    )
  })

  it("is an error, or none", () => {
    fc.assert(
      fc.property(json, (body) => {
        const error = claudeProvider.decodeError(body)
        if (error !== undefined) assert.hasAllKeys(error, ["message", "type", "code", "param", "status"])
      }),
      settings
    )
  })

  it("is a stream that ends once, in order", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(json, object).map((value) => JSON.stringify(value) ?? ""),
          { maxLength: 12 }
        ),
        (data) => {
          const events = decoded(data)
          const open = new Set<number>()
          let parts = 0
          for (const [at, event] of events.entries()) {
            if (event.type === "part_start") {
              assert.strictEqual(event.part, parts++)
              open.add(event.part)
            } else if (event.type === "part_end") assert.isTrue(open.delete(event.part))
            else if ("part" in event) assert.isTrue(open.has(event.part))
            else if (event.type === "finish") assert.strictEqual(open.size, 0)
            const last = event.type === "end" || event.type === "error"
            assert.strictEqual(last, at === events.length - 1)
            assert.strictEqual(event.type === "start", at === 0 && event.type !== "error")
          }
        }
      ),
      settings
    )
  })
})
