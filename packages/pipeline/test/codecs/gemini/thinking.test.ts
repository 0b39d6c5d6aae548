import { assert, describe, it } from "@effect/vitest"

import type { JsonObject } from "../../../src/canonical/json.ts"
import type { Reasoning, ReasoningAmount } from "../../../src/canonical/reasoning.ts"
import { geminiProvider } from "../../../src/codecs/gemini/codec.ts"
import { encoded } from "./translation.ts"

const configFor = (model: string, reasoning: Reasoning | undefined): unknown =>
  (
    encoded({ reasoning, messages: [{ role: "user", parts: [{ type: "text", text: "a" }] }] }, model)[
      "generationConfig"
    ] as JsonObject | undefined
  )?.["thinkingConfig"]

const amounts: ReadonlyArray<ReasoningAmount> = [
  { mode: "none" },
  { mode: "auto" },
  { mode: "budget", tokens: 1 },
  { mode: "budget", tokens: 8000 },
  { mode: "budget", tokens: 1_000_000 },
  { mode: "level", level: "minimal" },
  { mode: "level", level: "medium" },
  { mode: "level", level: "xhigh" }
]

/** What is said of each of `amounts`, without whether thoughts are shown. */
const tableFor = (model: string): ReadonlyArray<unknown> =>
  amounts.map((amount) => {
    const config = configFor(model, { amount, visible: false }) as JsonObject | undefined
    return config?.["thinkingLevel"] ?? config?.["thinkingBudget"]
  })

describe("the amount of thinking", () => {
  it("is a level for models of the third generation and later", () => {
    const flash = ["minimal", undefined, "minimal", "medium", "high", "minimal", "medium", "high"]
    const pro = ["low", undefined, "low", "medium", "high", "low", "medium", "high"]
    assert.deepStrictEqual(tableFor("gemini-3-flash-preview"), flash)
    assert.deepStrictEqual(tableFor("gemini-3.1-pro-preview"), pro)
    assert.deepStrictEqual(tableFor("publishers/google/models/gemini-3.8-flash"), pro)
    assert.deepStrictEqual(tableFor("gemini-pro-latest"), pro)
  })

  it("is a budget in the model's range for models of 2.5", () => {
    assert.deepStrictEqual(tableFor("gemini-2.5-pro"), [128, -1, 128, 8000, 32_768, 512, 8192, 32_768])
    assert.deepStrictEqual(tableFor("gemini-2.5-flash"), [0, -1, 1, 8000, 24_576, 512, 8192, 24_576])
    assert.deepStrictEqual(tableFor("gemini-2.5-flash-lite"), [0, -1, 512, 8000, 24_576, 512, 8192, 24_576])
  })

  it("is not said to models that do not think", () => {
    for (const model of ["gemini-2.0-flash", "gemini-1.5-pro", "gemini-2.5-flash-preview-tts"]) {
      assert.isTrue(
        tableFor(model).every((value) => value === undefined),
        model
      )
    }
  })

  it("is passed on as it is to models of unknown names", () => {
    assert.deepStrictEqual(tableFor("my-model"), [0, -1, 1, 8000, 1_000_000, "minimal", "medium", "xhigh"])
  })
})

describe("thoughts", () => {
  it("are asked for along with an amount, unless the client does not want them", () => {
    const amount = { mode: "level", level: "low" } as const
    assert.deepStrictEqual(configFor("my-model", { amount }), { thinkingLevel: "low", includeThoughts: true })
    assert.deepStrictEqual(configFor("my-model", { amount, visible: false }), { thinkingLevel: "low" })
    assert.deepStrictEqual(configFor("my-model", { visible: true }), { includeThoughts: true })
    assert.deepStrictEqual(configFor("my-model", { amount: { mode: "none" } }), { thinkingBudget: 0 })
    assert.isUndefined(configFor("my-model", { visible: false }))
    assert.isUndefined(configFor("my-model", undefined))
  })
})

describe("a thinking suffix on a body that is passed through", () => {
  it("takes the place of what the body says, and leaves the rest", () => {
    const body = {
      contents: [],
      generation_config: { top_p: 1, thinking_config: { thinking_budget: 5, include_thoughts: true } }
    }
    const reasoning = { amount: { mode: "level", level: "high" } } as const
    assert.deepStrictEqual(geminiProvider.withReasoning(body, reasoning, "gemini-3-pro-preview"), {
      contents: [],
      generation_config: { top_p: 1, thinkingConfig: { includeThoughts: true, thinkingLevel: "high" } }
    })
    assert.deepStrictEqual(geminiProvider.withReasoning(body, reasoning, "gemini-2.5-pro")["generation_config"], {
      top_p: 1,
      thinkingConfig: { includeThoughts: true, thinkingBudget: 24_576 }
    })
    const hidden = { ...reasoning, visible: false } as const
    assert.deepStrictEqual(geminiProvider.withReasoning(body, hidden, "gemini-2.5-pro")["generation_config"], {
      top_p: 1,
      thinkingConfig: { includeThoughts: false, thinkingBudget: 24_576 }
    })
  })

  it("is not said to a model that does not think", () => {
    const reasoning = { amount: { mode: "budget", tokens: 5 } } as const
    assert.deepStrictEqual(geminiProvider.withReasoning({ contents: [] }, reasoning, "gemini-2.0-flash"), {
      contents: [],
      generationConfig: {}
    })
  })

  it("is written as it is when the model is not known", () => {
    const reasoning = { amount: { mode: "auto" }, visible: true } as const
    assert.deepStrictEqual(geminiProvider.withReasoning({}, reasoning), {
      generationConfig: { thinkingConfig: { thinkingBudget: -1, includeThoughts: true } }
    })
  })
})
