import { assert, describe, it } from "@effect/vitest"

import type { Message } from "../../../src/canonical/message.ts"
import type { ReasoningAmount, ReasoningLevel } from "../../../src/canonical/reasoning.ts"
import { claudeProvider } from "../../../src/codecs/claude/codec.ts"
import { jsonOf, written } from "./context.ts"

const thinking = (amount: ReasoningAmount, model: string, maxTokens?: number, visible?: boolean) => {
  const body = written({ reasoning: { amount, visible }, maxTokens }, model)
  return { thinking: body["thinking"], output: body["output_config"], max: body["max_tokens"] }
}

const level = (level: ReasoningLevel): ReasoningAmount => ({ mode: "level", level })
const budget = (tokens: number): ReasoningAmount => ({ mode: "budget", tokens })

const SONNET_4_5 = "claude-sonnet-4-5-20250929"

describe("a model that thinks with a budget", () => {
  it("gets the budget of a level, and room for it", () => {
    assert.deepStrictEqual(thinking(level("medium"), SONNET_4_5), {
      thinking: { type: "enabled", budget_tokens: 8192 },
      output: undefined,
      max: 40_192
    })
    assert.deepStrictEqual(thinking(level("minimal"), SONNET_4_5).thinking, { type: "enabled", budget_tokens: 1024 })
    assert.deepStrictEqual(thinking({ mode: "auto" }, SONNET_4_5).thinking, { type: "enabled", budget_tokens: 8192 })
    // 65,536 and the answer do not fit into 64,000.
    assert.deepStrictEqual(thinking(level("max"), SONNET_4_5), {
      thinking: { type: "enabled", budget_tokens: 48_000 },
      output: undefined,
      max: 64_000
    })
  })

  it("stays within the max_tokens of the client", () => {
    assert.deepStrictEqual(thinking(budget(5000), SONNET_4_5, 5001).thinking, { type: "enabled", budget_tokens: 5000 })
    assert.deepStrictEqual(thinking(budget(5000), SONNET_4_5, 4000), {
      thinking: { type: "enabled", budget_tokens: 3000 },
      output: undefined,
      max: 4000
    })
    assert.deepStrictEqual(thinking(budget(5000), SONNET_4_5, 1100).thinking, { type: "enabled", budget_tokens: 1024 })
    assert.deepStrictEqual(thinking(budget(5000), SONNET_4_5, 1024), {
      thinking: undefined,
      output: undefined,
      max: 1024
    })
  })

  it("is told to show its thoughts, or not to", () => {
    assert.deepStrictEqual(thinking(budget(2000), SONNET_4_5, 9000, true).thinking, {
      type: "enabled",
      budget_tokens: 2000,
      display: "summarized"
    })
    assert.deepStrictEqual(thinking({ mode: "auto" }, "claude-opus-4-7", 9000, false).thinking, {
      type: "adaptive",
      display: "omitted"
    })
  })

  it("is any model that is not Claude's, behind an endpoint that speaks its protocol", () => {
    assert.deepStrictEqual(thinking(budget(2000), "glm-5", 9000).thinking, { type: "enabled", budget_tokens: 2000 })
  })

  it("does not think without a version that can", () => {
    assert.deepStrictEqual(thinking(level("high"), "claude-3-5-haiku-20241022").thinking, undefined)
  })
})

const off = (model: string) => {
  const { output, thinking: said } = thinking({ mode: "none" }, model, 9000)
  return [said, output]
}

describe("a model that thinks as it finds right", () => {
  it("gets an effort", () => {
    const efforts = (["minimal", "low", "medium", "high", "xhigh", "max"] as const).map((name) => [
      (thinking(level(name), "claude-opus-4-6").output as { effort: string }).effort,
      (thinking(level(name), "claude-opus-4-7").output as { effort: string }).effort
    ])
    assert.deepStrictEqual(efforts, [
      ["low", "low"],
      ["low", "low"],
      ["medium", "medium"],
      ["high", "high"],
      ["high", "xhigh"],
      ["max", "max"]
    ])
    assert.deepStrictEqual(thinking({ mode: "auto" }, "claude-opus-4-7", 9000), {
      thinking: { type: "adaptive" },
      output: undefined,
      max: 9000
    })
  })

  it("gets the effort that stands for a budget, unless it still takes budgets", () => {
    assert.deepStrictEqual(thinking(budget(20_000), "claude-sonnet-5", 30_000), {
      thinking: { type: "adaptive" },
      output: { effort: "high" },
      max: 30_000
    })
    assert.deepStrictEqual(thinking(budget(20_000), "claude-sonnet-4-6", 30_000).thinking, {
      type: "enabled",
      budget_tokens: 20_000
    })
  })

  it("is switched off as far as it can be", () => {
    assert.deepStrictEqual(off(SONNET_4_5), [{ type: "disabled" }, undefined])
    assert.deepStrictEqual(off("claude-opus-5"), [{ type: "disabled" }, undefined])
    assert.deepStrictEqual(off("claude-haiku-5-5"), [{ type: "disabled" }, undefined])
    assert.deepStrictEqual(off("claude-opus-5-5"), [undefined, { effort: "low" }])
    assert.deepStrictEqual(off("claude-fable-5"), [undefined, { effort: "low" }])
    assert.deepStrictEqual(off("claude-sonnet-5-5"), [{ type: "between_tools" }, undefined])
  })

  it("is known by the names that clouds and catalogues use", () => {
    for (const model of [
      "us.anthropic.claude-opus-4-7-v1:0",
      "claude-opus-4-7@20260401",
      "anthropic/claude-4.7-opus"
    ]) {
      assert.deepStrictEqual(thinking(level("xhigh"), model).output, { effort: "xhigh" }, model)
    }
  })
})

const look = { type: "function", name: "look" } as const

const forced = (model: string) =>
  written({ reasoning: { amount: level("high") }, tools: [look], toolChoice: { type: "required" } }, model)

const underWay = (signed: boolean): ReadonlyArray<Message> => [
  { role: "user", parts: [{ type: "text", text: "Go." }] },
  {
    role: "assistant",
    parts: [
      { type: "reasoning", text: "Hm.", signature: { issuer: signed ? "claude" : "gemini", value: "c2ln" } },
      { type: "tool_call", id: "a", name: "look", arguments: {} }
    ]
  },
  { role: "tool", parts: [{ type: "tool_result", callId: "a", content: [] }] }
]
const thinkingAfter = (list: ReadonlyArray<Message>, model: string) =>
  written({ messages: list, tools: [look], reasoning: { amount: level("low") }, maxTokens: 9000 }, model)["thinking"]

describe("what does not go with thinking", () => {
  it("takes temperature and top_k out, and a low top_p", () => {
    const body = written({
      reasoning: { amount: budget(2000) },
      sampling: { temperature: 0.5, topK: 5, topP: 0.9 },
      maxTokens: 9000
    })
    assert.deepStrictEqual([body["temperature"], body["top_k"], body["top_p"]], [undefined, undefined, undefined])
    const high = written({ reasoning: { amount: budget(2000) }, sampling: { topP: 0.97 }, maxTokens: 9000 })
    assert.strictEqual(high["top_p"], 0.97)
  })

  it("gives thinking up for a forced call", () => {
    assert.deepInclude(forced(SONNET_4_5), { thinking: { type: "disabled" }, tool_choice: { type: "any" } })
    assert.deepInclude(forced("claude-opus-4-7"), { thinking: { type: "disabled" }, tool_choice: { type: "any" } })
  })

  it("gives a budget up while calls are under way that another model began", () => {
    const next: Message = { role: "user", parts: [{ type: "text", text: "And now?" }] }
    assert.deepStrictEqual(thinkingAfter(underWay(true), SONNET_4_5), { type: "enabled", budget_tokens: 1024 })
    assert.deepStrictEqual(thinkingAfter(underWay(false), SONNET_4_5), { type: "disabled" })
    // Adaptive thinking does not ask for the thought, and neither does a turn that is over.
    assert.deepStrictEqual(thinkingAfter(underWay(false), "claude-opus-4-7"), { type: "adaptive" })
    const over = [...underWay(false), { role: "assistant", parts: [{ type: "text", text: "Done." }] } as const, next]
    assert.deepStrictEqual(thinkingAfter(over, SONNET_4_5), { type: "enabled", budget_tokens: 1024 })
  })

  it("gives a budget up for a last turn that the model shall go on with", () => {
    const messages: ReadonlyArray<Message> = [
      { role: "user", parts: [{ type: "text", text: "A" }] },
      { role: "assistant", parts: [{ type: "text", text: "B" }] }
    ]
    const body = written({ messages, reasoning: { amount: budget(2000) }, maxTokens: 9000 })
    assert.deepStrictEqual(body["thinking"], { type: "disabled" })
    assert.strictEqual(body.messages.at(-1)?.role, "assistant")
  })
})

describe("a thinking suffix on a request that passes through", () => {
  const body = {
    model: "claude-sonnet-4-5",
    max_tokens: 9000,
    temperature: 0.2,
    output_config: { format: { type: "json_schema", schema: {} }, effort: "max" },
    messages: [{ role: "user", content: "Hi." }],
    unknown: 1
  }

  it("sets thinking, and leaves the rest as it was", () => {
    assert.deepStrictEqual(jsonOf(claudeProvider.withReasoning(body, { amount: budget(2000) })), {
      model: "claude-sonnet-4-5",
      max_tokens: 9000,
      output_config: { format: { type: "json_schema", schema: {} } },
      messages: [{ role: "user", content: "Hi." }],
      unknown: 1,
      thinking: { type: "enabled", budget_tokens: 2000 }
    })
    assert.strictEqual(body.temperature, 0.2)
  })

  it("switches thinking off", () => {
    const on = { ...body, thinking: { type: "enabled", budget_tokens: 1024 } }
    const off = claudeProvider.withReasoning(on, { amount: { mode: "none" } })
    assert.deepInclude(off, { thinking: { type: "disabled" }, temperature: 0.2 })
  })

  it("gives way to a forced call", () => {
    const forced = { ...body, tool_choice: { type: "any" } }
    assert.deepInclude(claudeProvider.withReasoning(forced, { amount: level("high") }), {
      thinking: { type: "disabled" }
    })
  })

  it("changes nothing without an amount", () => {
    assert.strictEqual(claudeProvider.withReasoning(body, { visible: true }), body)
  })
})
