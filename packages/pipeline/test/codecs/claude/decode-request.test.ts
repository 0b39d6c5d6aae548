import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import type { JsonObject } from "../../../src/canonical/json.ts"
import { claudeClient } from "../../../src/codecs/claude/codec.ts"
import { jsonOf } from "./context.ts"

const HI = { role: "user", content: "Hi." }
const valid = { model: "m", max_tokens: 10, messages: [HI] }

const read = (fields: JsonObject) =>
  claudeClient.decodeRequest({ ...valid, ...fields }, { model: "target", stream: false })

const request = (fields: JsonObject) => Result.getOrThrow(read(fields))

/** What a client is told of a field. */
const refusal = (fields: JsonObject) => {
  const failed = read(fields)
  return Result.isFailure(failed) ? [failed.failure.status, failed.failure.param, failed.failure.message] : "read"
}

const user = (...content: ReadonlyArray<unknown>) => ({ messages: [{ role: "user", content }] })
const assistant = (...content: ReadonlyArray<unknown>) => ({ messages: [HI, { role: "assistant", content }] })

describe("what a client is told of a wrong field", () => {
  const cases: ReadonlyArray<readonly [string, JsonObject, string]> = [
    ["max_tokens", { max_tokens: undefined }, "is required"],
    ["max_tokens", { max_tokens: "10" }, "must be a number, not a string"],
    ["max_tokens", { max_tokens: 1.5 }, "must be a whole number from 0"],
    ["messages", { messages: undefined }, "is required"],
    ["messages", { messages: {} }, "must be an array, not an object"],
    ["messages", { messages: [] }, "must not be empty"],
    ["messages[0]", { messages: ["Hi."] }, "must be an object, not a string"],
    ["messages[0].role", { messages: [{ content: "Hi." }] }, "is required"],
    [
      "messages[0].role",
      { messages: [{ role: "tool", content: "" }] },
      'must be "user", "assistant" or "system", not "tool"'
    ],
    ["messages[0].content", { messages: [{ role: "user" }] }, "is required"],
    ["messages[0].content", { messages: [{ role: "user", content: 1 }] }, "must be a string or an array, not a number"],
    ["messages[0].content", { messages: [{ role: "system" }] }, "is required"],
    ["messages[0].content[1]", user({ type: "text", text: "A" }, null), "must be an object, not null"],
    ["messages[0].content[0].type", user({}), "is required"],
    ["messages[0].content[0].text", user({ type: "text" }), "is required"],
    ["messages[0].content[0].text", user({ type: "text", text: 1 }), "must be a string, not a number"],
    [
      "messages[0].content[0].cache_control",
      user({ type: "text", text: "A", cache_control: true }),
      "must be an object, not a boolean"
    ],
    ["messages[0].content[0].source", user({ type: "image" }), "is required"],
    [
      "messages[0].content[0].source.type",
      user({ type: "image", source: { type: "text", data: "x" } }),
      'must be a kind of source that the block can have, not "text"'
    ],
    [
      "messages[0].content[0].source.media_type",
      user({ type: "image", source: { type: "base64", data: "x" } }),
      "is required"
    ],
    ["messages[0].content[0].source.url", user({ type: "document", source: { type: "url" } }), "is required"],
    [
      "messages[0].content[0].source.content",
      user({ type: "document", source: { type: "content", content: 1 } }),
      "must be a string or an array"
    ],
    [
      "messages[0].content[0].type",
      user({ type: "tool_use", id: "a", name: "n", input: {} }),
      'cannot be "tool_use" in a message of the user'
    ],
    [
      "messages[1].content[0].type",
      assistant({ type: "tool_result", tool_use_id: "a" }),
      'cannot be "tool_result" in a message of the assistant'
    ],
    ["messages[1].content[0].id", assistant({ type: "tool_use", name: "n" }), "is required"],
    [
      "messages[1].content[0].input",
      assistant({ type: "tool_use", id: "a", name: "n", input: "{}" }),
      "must be an object, not a string"
    ],
    [
      "messages[1].content[0].signature",
      assistant({ type: "thinking", thinking: "", signature: 1 }),
      "must be a string, not a number"
    ],
    ["messages[1].content[0].data", assistant({ type: "redacted_thinking" }), "is required"],
    ["messages[0].content[0].tool_use_id", user({ type: "tool_result" }), "is required"],
    [
      "messages[0].content[0].content[0].text",
      user({ type: "tool_result", tool_use_id: "a", content: [{ type: "text" }] }),
      "is required"
    ],
    [
      "messages[0].content[0].is_error",
      user({ type: "tool_result", tool_use_id: "a", is_error: "no" }),
      "must be a boolean, not a string"
    ],
    ["system", { system: 1 }, "must be a string or an array, not a number"],
    ["system[0].type", { system: [{ type: "image" }] }, 'must be "text", which is all that instructions can hold'],
    ["temperature", { temperature: "hot" }, "must be a number, not a string"],
    ["stop_sequences[1]", { stop_sequences: ["a", 1] }, "must be a string, not a number"],
    ["metadata.user_id", { metadata: { user_id: 1 } }, "must be a string, not a number"],
    ["tools[0].name", { tools: [{ input_schema: {} }] }, "is required"],
    ["tools[0].input_schema", { tools: [{ name: "n", input_schema: [] }] }, "must be an object, not an array"],
    ["tool_choice.type", { tool_choice: { type: "required" } }, 'must be "auto", "any", "tool" or "none"'],
    ["tool_choice.name", { tool_choice: { type: "tool" } }, "is required"],
    ["thinking.type", { thinking: { type: "on" } }, 'must be "enabled", "disabled", "adaptive" or "between_tools"'],
    ["thinking.budget_tokens", { thinking: { type: "enabled" } }, "is required"],
    ["output_config.format.type", { output_config: { format: { type: "xml" } } }, 'must be "json_schema"'],
    ["output_format.schema", { output_format: { type: "json_schema" } }, "is required"]
  ]

  for (const [param, fields, message] of cases) {
    it(`is that \`${param}\` ${message}`, () => {
      assert.deepStrictEqual(refusal(fields), [400, param, `\`${param}\` ${message}.`])
    })
  }
})

const asked = (thinking: unknown, effort?: string) =>
  jsonOf({ asked: request({ thinking, output_config: { effort } }).reasoning })["asked"]

const kept = (thinking: unknown, effort: string) => request({ thinking, output_config: { effort } }).extensions?.fields

const texts = (parts: ReadonlyArray<unknown>) => parts.map((part) => (part as { text: string }).text)

describe("a request", () => {
  it("is for the model of its address, streamed or not as that says", () => {
    const { model, stream } = request({ model: "other", stream: true })
    assert.deepStrictEqual([model, stream], ["target", false])
  })

  it("for a number of tokens needs no max_tokens", () => {
    const counted = claudeClient.decodeCountRequest?.({ model: "m", messages: [HI] }, { model: "m", stream: false })
    assert.strictEqual(counted !== undefined && Result.isSuccess(counted) && counted.success.maxTokens, undefined)
  })

  it("may fill the cache and ask for no token of an answer", () => {
    assert.strictEqual(request({ max_tokens: 0 }).maxTokens, 0)
  })

  it("is read with null for what is left out", () => {
    const fields = Object.fromEntries(
      ["system", "tools", "tool_choice", "thinking", "metadata", "stop_sequences", "temperature", "output_config"].map(
        (name) => [name, null]
      )
    )
    assert.deepStrictEqual(jsonOf(request(fields)), jsonOf(request({})))
  })

  it("keeps unknown fields for Claude", () => {
    assert.deepStrictEqual(request({ brand_new: [1], output_config: { task_budget: { total: 1 } } }).extensions, {
      protocol: "claude",
      fields: { brand_new: [1], output_config: { task_budget: { total: 1 } } }
    })
  })

  it("puts results of tools before what stands beside them", () => {
    const messages = request(
      user(
        { type: "text", text: "A" },
        { type: "tool_result", tool_use_id: "a", content: "1" },
        { type: "text", text: "B" }
      )
    ).messages
    assert.deepStrictEqual(
      messages.map(({ parts, role }) => [role, parts.map(({ type }) => type)]),
      [
        ["tool", ["tool_result"]],
        ["user", ["text", "text"]]
      ]
    )
  })

  it("asks for reasoning by thinking, and by effort", () => {
    const enabled = { type: "enabled", budget_tokens: 2000 }
    assert.deepStrictEqual(asked(enabled), { amount: { mode: "budget", tokens: 2000 } })
    assert.deepStrictEqual(asked(enabled, "low"), { amount: { mode: "budget", tokens: 2000 } })
    assert.deepStrictEqual(asked({ type: "adaptive" }), { amount: { mode: "auto" } })
    assert.deepStrictEqual(asked({ type: "adaptive", display: "omitted" }, "max"), {
      amount: { mode: "level", level: "max" },
      visible: false
    })
    assert.deepStrictEqual(asked({ type: "disabled" }, "high"), { amount: { mode: "none" } })
    assert.deepStrictEqual(asked(undefined, "medium"), { amount: { mode: "level", level: "medium" } })
    assert.deepStrictEqual(asked({ type: "between_tools" }), { amount: { mode: "level", level: "minimal" } })
    assert.strictEqual(asked(undefined), undefined)
  })

  it("keeps an effort that is not the amount, and one that is not known, for Claude", () => {
    assert.deepStrictEqual(kept({ type: "enabled", budget_tokens: 2000 }, "low"), { output_config: { effort: "low" } })
    assert.deepStrictEqual(kept({ type: "adaptive" }, "colossal"), { output_config: { effort: "colossal" } })
    assert.strictEqual(kept({ type: "adaptive" }, "low"), undefined)
  })

  it("shows other providers the text of documents and search results", () => {
    const { messages } = request(
      user(
        { type: "document", source: { type: "content", content: "Words." } },
        { type: "search_result", title: "T", source: "https://e.x", content: [{ type: "text", text: "Found." }] },
        {
          type: "tool_result",
          tool_use_id: "a",
          content: [
            { type: "tool_reference", tool_name: "look" },
            { type: "browser_state", tabs: [] }
          ]
        }
      )
    )
    assert.deepStrictEqual(texts(messages[1]?.parts ?? []), ["Words.", "T\nhttps://e.x\nFound."])
    const [result] = messages[0]?.parts ?? []
    assert.deepStrictEqual(result?.type === "tool_result" ? texts(result.content) : [], [
      "[tool look]",
      "[browser_state]"
    ])
  })

  it("keeps images among the blocks of a document", () => {
    const image = { type: "image", source: { type: "url", url: "https://e.x/a.png" } }
    const content = [{ type: "text", text: "See:" }, image]
    assert.deepStrictEqual(
      request(user({ type: "document", source: { type: "content", content } })).messages[0]?.parts.map(
        ({ type }) => type
      ),
      ["text", "image"]
    )
  })
})
