import { Result } from "effect"
import { describe, expect, it } from "vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { ReasoningAmount } from "../../../src/canonical/reasoning.ts"
import { openaiChatClient, openaiChatProvider } from "../../../src/codecs/openai-chat/codec.ts"
import { plainRequest, testContext } from "./test-context.ts"

const effortOf = (amount: ReasoningAmount, model: string): unknown =>
  openaiChatProvider.encodeRequest({ ...plainRequest, reasoning: { amount } }, testContext(model))["reasoning_effort"]

const level = (word: "minimal" | "low" | "medium" | "high" | "xhigh" | "max"): ReasoningAmount => ({
  mode: "level",
  level: word
})
const budget = (tokens: number): ReasoningAmount => ({ mode: "budget", tokens })

describe("reasoning_effort", () => {
  const cases: ReadonlyArray<readonly [amount: ReasoningAmount, model: string, effort: string | undefined]> = [
    [level("max"), "gpt-5.2", "xhigh"],
    [level("max"), "gpt-5.1", "high"],
    [level("xhigh"), "gpt-5.1-codex-max", "xhigh"],
    [level("minimal"), "gpt-5", "minimal"],
    [level("minimal"), "gpt-5.1", "none"],
    [level("minimal"), "o3", "low"],
    [level("low"), "gpt-5-pro", "high"],
    [{ mode: "none" }, "o4-mini", "low"],
    [{ mode: "none" }, "openai/gpt-5-mini", "minimal"],
    [{ mode: "none" }, "gpt-5.4", "none"],
    [budget(31_999), "gpt-5.2-2025-12-11", "xhigh"],
    [budget(31_999), "glm-4.6", "high"],
    [budget(1000), "glm-4.6", "low"],
    [level("max"), "deepseek-v4", "max"],
    [{ mode: "none" }, "qwen3", "none"],
    [{ mode: "auto" }, "gpt-5.2", undefined],
    [level("high"), "gpt-4o", undefined],
    [level("high"), "gpt-5-chat-latest", undefined],
    [level("high"), "gpt-oss-120b", "high"],
    [level("max"), "models/gemini-3-pro", "high"]
  ]
  for (const [amount, model, effort] of cases) {
    it(`is ${effort ?? "left out"} for ${JSON.stringify(amount)} of ${model}`, () => {
      expect(effortOf(amount, model)).toBe(effort)
    })
  }
})

const asked = (fields: JsonObject) =>
  Result.getOrThrow(
    openaiChatClient.decodeRequest(
      { messages: [{ role: "user", content: "Hi" }], ...fields },
      { model: "m", stream: false }
    )
  ).reasoning

describe("what a client asks of reasoning", () => {
  it("is read from OpenAI's, OpenRouter's and Claude's field, in this order", () => {
    expect(asked({ reasoning_effort: "max", reasoning: { effort: "low" } })).toEqual({ amount: level("max") })
    expect(asked({ reasoning: { effort: "low" }, thinking: { type: "disabled" } })).toEqual({ amount: level("low") })
    expect(asked({ thinking: { type: "enabled", budget_tokens: 2048 } })).toEqual({ amount: budget(2048) })
  })

  it("may be nothing, everything, or only how it is shown", () => {
    expect(asked({ reasoning_effort: "none" })).toEqual({ amount: { mode: "none" } })
    expect(asked({ thinking: { type: "enabled" } })).toEqual({ amount: { mode: "auto" } })
    expect(asked({ reasoning: { enabled: false } })).toEqual({ amount: { mode: "none" } })
    expect(asked({ reasoning: { exclude: true } })).toEqual({ visible: false })
    expect(asked({ reasoning: {}, reasoning_effort: null })).toBeUndefined()
  })
})

describe("withReasoning", () => {
  it("replaces whatever the body said", () => {
    const body = { model: "o3", reasoning_effort: "low", reasoning: { effort: "low" }, thinking: {}, n: 1 }
    expect(openaiChatProvider.withReasoning(body, { amount: level("max") })).toEqual({
      model: "o3",
      n: 1,
      reasoning_effort: "high"
    })
  })

  it("takes it away for a model that shall decide itself", () => {
    const body = { model: "m", reasoning_effort: "low" }
    expect(openaiChatProvider.withReasoning(body, { amount: { mode: "auto" } })).toEqual({ model: "m" })
  })

  it("touches nothing when no amount is asked for", () => {
    const body = { model: "m", reasoning_effort: "low" }
    expect(openaiChatProvider.withReasoning(body, { visible: true })).toBe(body)
  })
})
