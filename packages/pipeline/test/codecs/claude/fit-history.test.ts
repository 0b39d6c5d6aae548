import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"

import { carryCallSignature } from "../../../src/codecs/claude/call-signature.ts"
import { claudeClient, claudeProvider } from "../../../src/codecs/claude/codec.ts"
import { fitHistory } from "../../../src/codecs/claude/fit-history.ts"
import { carrySignature } from "../../../src/codecs/signature-carrier.ts"
import { request } from "./arbitraries.ts"
import { contextOf, jsonOf } from "./context.ts"

const MODEL = "claude-sonnet-4-5"
const GEMINI = { issuer: "gemini", value: "R2VtaW5p" } as const
const user = (...content: ReadonlyArray<object>) => ({ role: "user", content })
const assistant = (...content: ReadonlyArray<object>) => ({ role: "assistant", content })
const text = { type: "text", text: "A" }
const thought = (signature: string) => ({ type: "thinking", thinking: "", signature })
const call = (id: string) => ({ type: "tool_use", id, name: "look", input: {} })
const result = (id: string) => ({ type: "tool_result", tool_use_id: id, content: "1" })

const change = (type: string, tool: object) => ({ role: "system", content: [{ type, tool }] })
const marked = (words: string) => `<system-reminder>\n${words}\n</system-reminder>`
const given = (system: unknown) => ({ model: "m", system, messages: [user(text)] })

describe("a conversation that passes through to Claude", () => {
  it("stays the same object when Claude alone has written it", () => {
    fc.assert(
      fc.property(request, (given) => {
        const body = jsonOf(claudeProvider.encodeRequest(given, contextOf(given.model, given)))
        assert.strictEqual(fitHistory(body, given.model), body)
      }),
      { numRuns: 100 }
    )
  })

  it("keeps the line for Anthropic's accounts for Claude alone: elsewhere it would spoil every cache", () => {
    const line = "x-anthropic-billing-header: cc_version=2.1.9; cc_entrypoint=cli; cch=0aaa9;"
    const rules = { type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }
    for (const system of [[{ type: "text", text: line }, rules], `${line}\nBe brief.`]) {
      const body = given(system)
      assert.strictEqual(fitHistory(body, MODEL), body)
    }
    assert.deepStrictEqual(fitHistory(given([{ type: "text", text: line }, rules]), "glm-4.7"), given([rules]))
    assert.deepStrictEqual(fitHistory(given(`${line}\nBe brief.`), "glm-4.7"), given("Be brief."))
    const plain = given([rules])
    assert.strictEqual(fitHistory(plain, "glm-4.7"), plain)
  })

  it("has reminders for instructions between the messages, unless the model takes them", () => {
    const system = { role: "system", content: [{ type: "text", text: "B", cache_control: { type: "ephemeral" } }] }
    const body = {
      model: "fast",
      messages: [user(text), system, assistant(text), user(text), { ...system, content: "C" }]
    }
    assert.deepStrictEqual(fitHistory(body, MODEL), {
      model: "fast",
      messages: [
        user(text),
        user({ type: "text", text: marked("B"), cache_control: { type: "ephemeral" } }),
        assistant(text),
        user(text),
        { role: "user", content: marked("C") }
      ]
    })
    for (const model of ["claude-opus-4-8", "claude-opus-5", "glm-4.7"])
      assert.strictEqual(fitHistory(body, model), body)
  })

  it("has the tools that the instructions between the messages have left, unless the model takes them", () => {
    const [look, read] = [
      { name: "look", input_schema: { type: "object" } },
      { name: "read", input_schema: { type: "object" } }
    ]
    const body = {
      model: "fast",
      tools: [look],
      messages: [
        user(text),
        change("tool_addition", { type: "tool_definition", definition: read }),
        assistant(text),
        user(text),
        change("tool_removal", { type: "tool_reference", name: "look" })
      ]
    }
    const fitted = { model: "fast", tools: [read], messages: [user(text), assistant(text), user(text)] }
    assert.deepStrictEqual(fitHistory(body, MODEL), fitted)
    assert.strictEqual(fitHistory(body, "claude-opus-5"), body)
    const { tools, messages } = Result.getOrThrow(
      claudeClient.decodeRequest({ ...body, max_tokens: 9 }, { model: "m", stream: false })
    )
    assert.deepStrictEqual(
      tools.map((tool) => tool.type === "function" && tool.name),
      ["read"]
    )
    assert.lengthOf(messages, 3)
  })

  it("thinks with a budget in place of as it likes, with a model that needs one", () => {
    const body = {
      model: "fast",
      max_tokens: 32_000,
      temperature: 1,
      thinking: { type: "adaptive", display: "summarized" },
      output_config: { effort: "medium" },
      messages: [user(text)]
    }
    const { output_config: _, temperature: __, ...rest } = body
    assert.deepStrictEqual(fitHistory(body, MODEL), {
      ...rest,
      thinking: { type: "enabled", budget_tokens: 8192, display: "summarized" }
    })
    assert.notProperty(fitHistory(body, "claude-3-5-haiku-20241022"), "thinking")
    for (const model of ["claude-opus-4-6", "claude-opus-4-7", "claude-next", "glm-4.7"]) {
      assert.strictEqual(fitHistory(body, model), body)
    }
  })

  it("loses what others signed, and what nobody signed", () => {
    const body = {
      model: "m",
      messages: [
        user(text),
        assistant(
          thought(carrySignature(GEMINI, "claude")),
          thought(""),
          { type: "redacted_thinking", data: carrySignature({ issuer: "openai-response", value: "x" }, "claude") },
          thought("c2ln"),
          thought(carryCallSignature("a", GEMINI)),
          call("a")
        ),
        user(result("a")),
        assistant(thought("")),
        user(text)
      ]
    }
    assert.deepStrictEqual(fitHistory(body, MODEL), {
      model: "m",
      messages: [user(text), assistant(thought("c2ln"), call("a")), user(result("a")), user(text)]
    })
  })

  it("keeps unsigned thoughts for compatible endpoints, which may sign none", () => {
    const body = { messages: [user(text), assistant(thought(""), call("a")), user(result("a"))] }
    assert.strictEqual(fitHistory(body, "glm-5"), body)
  })

  it("gets IDs of calls that Claude takes", () => {
    const body = {
      messages: [user(text), assistant(call("look:0"), call("look_0")), user(result("look_0"), result("look:0"))]
    }
    assert.deepStrictEqual(fitHistory(body, MODEL), {
      messages: [user(text), assistant(call("look_0_2"), call("look_0")), user(result("look_0"), result("look_0_2"))]
    })
  })

  it("gives a budget up when the thought is gone that calls under way began with", () => {
    const thinking = { type: "enabled", budget_tokens: 2000 }
    const messages = [user(text), assistant(thought(""), call("a")), user(result("a"))]
    assert.deepStrictEqual(fitHistory({ thinking, messages }, MODEL), {
      thinking: { type: "disabled" },
      messages: [user(text), assistant(call("a")), user(result("a"))]
    })
    const over = fitHistory({ thinking, messages: [...messages, assistant(text), user(text)] }, MODEL)
    assert.strictEqual(over["thinking"], thinking)
  })

  it("is left alone where it is odd", () => {
    for (const messages of [undefined, "x", [null, 1, { content: "x" }, { role: "assistant", content: [null, 1] }]]) {
      const body = { messages }
      assert.strictEqual(fitHistory(body, MODEL), body)
    }
  })
})
