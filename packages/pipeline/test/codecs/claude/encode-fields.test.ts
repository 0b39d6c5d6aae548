import { assert, describe, it } from "@effect/vitest"

import { claudeProvider } from "../../../src/codecs/claude/codec.ts"
import { contextOf, jsonOf, requestOf, written } from "./context.ts"
import { textBlock } from "./conversation-parts.ts"

const look = { type: "function", name: "look" } as const

const choice = (toolChoice: Parameters<typeof written>[0]["toolChoice"], parallelToolCalls?: boolean) =>
  written({ tools: [look], toolChoice, parallelToolCalls })["tool_choice"]

const strict = (model: string, schema: object) =>
  written({ tools: [{ ...look, strict: true, parameters: { ...schema } }] }, model).tools?.[0]

describe("tools", () => {
  it("writes every form of a choice", () => {
    assert.strictEqual(choice(undefined), undefined)
    assert.deepStrictEqual(choice({ type: "auto" }), { type: "auto" })
    assert.deepStrictEqual(choice({ type: "none" }), { type: "none" })
    assert.deepStrictEqual(choice({ type: "required" }), { type: "any" })
    assert.deepStrictEqual(choice({ type: "tool", name: "look" }), { type: "tool", name: "look" })
    assert.deepStrictEqual(choice(undefined, false), { type: "auto", disable_parallel_tool_use: true })
    assert.deepStrictEqual(choice({ type: "required" }, false), { type: "any", disable_parallel_tool_use: true })
    assert.deepStrictEqual(choice({ type: "none" }, false), { type: "none" })
  })

  it("leaves the choice out when there are no tools", () => {
    assert.notProperty(written({ toolChoice: { type: "required" }, parallelToolCalls: false }), "tool_choice")
  })

  it("offers only the tools that are allowed", () => {
    const other = { type: "function", name: "other" } as const
    const body = written({ tools: [look, other], toolChoice: { type: "allowed", names: ["look"], required: true } })
    assert.deepStrictEqual(
      body.tools?.map(({ name }) => name),
      ["look"]
    )
    assert.deepStrictEqual(body["tool_choice"], { type: "any" })
  })

  it("does not force a model that cannot be forced", () => {
    const body = written({ tools: [look], toolChoice: { type: "tool", name: "look" } }, "claude-opus-5-5")
    assert.deepStrictEqual(body["tool_choice"], { type: "auto" })
  })

  it("drops other providers' own tools, and a second tool of the same name", () => {
    const body = written({
      tools: [
        look,
        { type: "foreign", protocol: "openai-response", value: { type: "web_search" } },
        { ...look, strict: false }
      ]
    })
    assert.deepStrictEqual(body.tools, [{ name: "look", input_schema: { type: "object", properties: {} } }])
  })

  it("is strict where the model and the schema allow it", () => {
    const parameters = { type: "object", properties: { n: { type: "integer", minimum: 1 } }, required: ["n"] }
    assert.deepStrictEqual(strict("claude-sonnet-4-5", parameters), {
      name: "look",
      input_schema: {
        type: "object",
        properties: { n: { type: "integer", description: "(minimum: 1)" } },
        required: ["n"],
        additionalProperties: false
      },
      strict: true
    })
    assert.deepStrictEqual(strict("claude-3-7-sonnet-20250219", parameters), { name: "look", input_schema: parameters })
    const free = { type: "object", properties: {}, additionalProperties: true }
    assert.deepStrictEqual(strict("claude-sonnet-4-5", free), { name: "look", input_schema: free })
  })
})

const given = (model: string) => written({}, model)["max_tokens"]

const named = (user: string) => written({ user })["metadata"]

describe("other fields", () => {
  it("gives a max_tokens where the client gave none, by the model", () => {
    assert.strictEqual(given("claude-sonnet-4-5"), 32_000)
    assert.strictEqual(given("claude-3-haiku-20240307"), 4096)
    assert.strictEqual(given("claude-3-5-sonnet-20241022"), 8192)
    assert.strictEqual(written({ maxTokens: 100_000 }, "claude-sonnet-4-5")["max_tokens"], 64_000)
    assert.strictEqual(written({ maxTokens: 17 })["max_tokens"], 17)
  })

  it("keeps temperature and top_p apart, below 1, and away from models that refuse them", () => {
    const sampling = { temperature: 1.6, topP: 0.5, topK: 3, seed: 1, presencePenalty: 1, frequencyPenalty: 1 }
    const of = (model: string) => {
      const { max_tokens: _, messages: _m, model: _n, ...rest } = written({ sampling }, model)
      return rest
    }
    assert.deepStrictEqual(of("claude-sonnet-4-5"), { temperature: 1, top_k: 3 })
    assert.deepStrictEqual(of("claude-3-7-sonnet-20250219"), { temperature: 1, top_p: 0.5, top_k: 3 })
    assert.deepStrictEqual(of("claude-opus-4-7"), {})
  })

  it("leaves out stop sequences without a visible character", () => {
    assert.deepStrictEqual(written({ stop: ["END", "\n", ""] })["stop_sequences"], ["END"])
    assert.notProperty(written({ stop: [" "] }), "stop_sequences")
  })

  it("names a user to Anthropic only by an opaque ID", () => {
    assert.deepStrictEqual(named("7f9c-42"), { user_id: "7f9c-42" })
    for (const person of ["ada@example.com", "Ada Lovelace", "+491701234567", "x".repeat(257), ""]) {
      assert.strictEqual(named(person), undefined, person)
    }
  })

  it("asks for a schema with structured output where it can", () => {
    const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] }
    const format = { type: "json_schema", name: "n", schema, strict: true } as const
    assert.deepStrictEqual(written({ responseFormat: format })["output_config"], {
      format: { type: "json_schema", schema: { ...schema, additionalProperties: false } }
    })
    const old = written({ responseFormat: format }, "claude-3-7-sonnet-20250219")
    assert.notProperty(old, "output_config")
    assert.include(String(old.system?.[0]?.["text"]), JSON.stringify(schema))
  })

  it("asks for any JSON, or for a schema that structured output cannot hold, in words", () => {
    const any = written({ responseFormat: { type: "json" } })
    assert.deepStrictEqual(any.system, [textBlock("Answer with one JSON object and nothing else.")])
    const schema = { type: "object", additionalProperties: { type: "string" } }
    const free = written({ responseFormat: { type: "json_schema", schema } })
    assert.notProperty(free, "output_config")
    assert.include(String(free.system?.[0]?.["text"]), JSON.stringify(schema))
  })

  it("asks for a count with the fields that the question has", () => {
    const request = requestOf({
      stream: true,
      tools: [look],
      toolChoice: { type: "auto" },
      stop: ["x"],
      maxTokens: 5000,
      sampling: { topK: 1 },
      user: "u",
      reasoning: { amount: { mode: "budget", tokens: 2000 } },
      extensions: { protocol: "claude", fields: { service_tier: "auto", cache_control: { type: "ephemeral" } } }
    })
    const body = jsonOf(claudeProvider.encodeCountRequest?.(request, contextOf("claude-sonnet-4-5", request)))
    assert.deepStrictEqual(body, {
      model: "claude-sonnet-4-5",
      messages: [{ role: "user", content: [textBlock("Hi.")] }],
      tools: [{ name: "look", input_schema: { type: "object", properties: {} } }],
      tool_choice: { type: "auto" },
      thinking: { type: "enabled", budget_tokens: 2000 },
      cache_control: { type: "ephemeral" }
    })
    assert.strictEqual(claudeProvider.decodeTokenCount({ input_tokens: 2095 }), 2095)
    assert.strictEqual(claudeProvider.decodeTokenCount({ input_tokens: "x" }), undefined)
  })

  it("says nothing of what another protocol keeps for itself", () => {
    const body = written({ extensions: { protocol: "openai", fields: { logprobs: true } } })
    assert.deepStrictEqual(Object.keys(body).toSorted(), ["max_tokens", "messages", "model"])
  })
})
