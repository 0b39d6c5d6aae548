import { assert, describe, it } from "vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { Part } from "../../../src/canonical/part.ts"
import { carryCall } from "../../../src/codecs/openai-responses/reasoning-carrier.ts"
import { requestCases } from "./corpus.ts"
import { asJson, decoded } from "./translation-context.ts"

const repeated = ({ model: _m, input: _i, stream: _s, ...fields }: JsonObject): JsonObject => ({
  protocol: "openai-response",
  fields
})

const call = { type: "function_call", call_id: "call_0", name: "f", arguments: "{}" }
const output = (text: string): JsonObject => ({ type: "function_call_output", call_id: "call_0", output: text })
const proof = (value: string): JsonObject => ({
  type: "reasoning",
  summary: [],
  encrypted_content: carryCall("call_0", { issuer: "gemini", value })
})

const amountOf = (effort: unknown): unknown => decoded({ input: "x", reasoning: { effort } }).reasoning?.amount

describe("A request of the Responses API", () => {
  for (const [name, { request, canonical }] of requestCases) {
    it(`is read as the corpus says: ${name.replaceAll("-", " ")}`, () => {
      const expected =
        canonical["extensions"] === "repeated" ? { ...canonical, extensions: repeated(request) } : canonical
      assert.deepStrictEqual(asJson(decoded(request)), expected)
    })
  }

  it("takes model and stream from the target, whatever the body says", () => {
    const { model, stream } = decoded({ model: "a", stream: true, input: "x" })
    assert.deepStrictEqual({ model, stream }, { model: "a", stream: true })
    assert.notProperty(decoded({ model: "a", stream: true, input: "x" }).extensions ?? {}, "fields")
  })

  it("keeps fields that it does not know, for the answer", () => {
    const { extensions } = decoded({ input: "x", brand_new: { a: 1 }, service_tier: "flex" })
    assert.deepStrictEqual(extensions?.fields, { brand_new: { a: 1 }, service_tier: "flex" })
  })

  it("shares what it keeps with the body instead of copying it", () => {
    const schema = { type: "object" }
    const { tools } = decoded({ input: "x", tools: [{ type: "function", name: "f", parameters: schema }] })
    assert.isTrue(tools[0]?.type === "function" && tools[0].parameters === schema)
  })

  it("gives outputs and signatures to the nearest call when IDs are used again in a later turn", () => {
    const input = [proof("first"), call, output("1"), call, output("2"), proof("third"), call, output("3")]
    const parts = decoded({ input }).messages.flatMap((message): ReadonlyArray<Part> => message.parts)
    assert.deepStrictEqual(
      parts.map((part) => {
        if (part.type === "tool_call") return part.signature?.value ?? "unsigned"
        return part.type === "tool_result" && part.content[0]?.type === "text" ? part.content[0].text : part
      }),
      ["first", "1", "unsigned", "2", "third", "3"]
    )
  })

  describe("tool_choice", () => {
    const tools = [{ type: "function", name: "f" }]
    const choiceOf = (tool_choice: unknown): unknown => decoded({ input: "x", tools, tool_choice }).toolChoice

    it("has every form", () => {
      assert.deepStrictEqual(choiceOf("auto"), { type: "auto" })
      assert.deepStrictEqual(choiceOf("none"), { type: "none" })
      assert.deepStrictEqual(choiceOf("required"), { type: "required" })
      assert.deepStrictEqual(choiceOf({ type: "function", name: "f" }), { type: "tool", name: "f" })
      assert.deepStrictEqual(choiceOf({ type: "custom", name: "g" }), { type: "tool", name: "g" })
      const allowed = { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "f" }] }
      assert.deepStrictEqual(choiceOf(allowed), { type: "allowed", names: ["f"], required: false })
      assert.isUndefined(choiceOf(null))
    })

    it("leaves the model free when it names a tool that OpenAI runs", () => {
      assert.isUndefined(choiceOf({ type: "web_search_preview" }))
      assert.isUndefined(choiceOf({ type: "mcp", server_label: "s" }))
    })

    it("is none when only tools that OpenAI runs are allowed", () => {
      assert.deepStrictEqual(choiceOf({ type: "allowed_tools", mode: "auto", tools: [{ type: "mcp" }] }), {
        type: "none"
      })
    })

    it("is left out without tools", () => {
      const request = decoded({ input: "x", tool_choice: "auto", parallel_tool_calls: true })
      assert.isUndefined(request.toolChoice)
      assert.isUndefined(request.parallelToolCalls)
    })
  })

  it("asks for as much thought as its effort says", () => {
    assert.deepStrictEqual(amountOf("none"), { mode: "none" })
    for (const level of ["minimal", "low", "medium", "high", "xhigh", "max"]) {
      assert.deepStrictEqual(amountOf(level), { mode: "level", level })
    }
    assert.isUndefined(amountOf(null))
  })
})
