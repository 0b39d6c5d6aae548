import { type ModelInfo, zeroValue, ModelInfo as ModelInfoKind } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import type { CallHook } from "../../src/request-life/hook-calls.ts"
import { HOOK_DEADLINES } from "../../src/request-life/hook-deadlines.ts"
import { requestHooks, type RequestHooks } from "../../src/request-life/request-hooks.ts"
import { makeThinkingAppliers } from "../../src/request-life/think.ts"
import { thinkingConfigOf } from "../../src/request-life/thinking-config.ts"
import { hookedTranslation } from "../../src/request-life/translation-hooks.ts"

const body = (json: object) => Buffer.from(JSON.stringify(json))
const plugin = (id: string) => ({ id }) as RequestHooks["thinkingAppliers"][number]

/** Appliers that answer with what they got; `identifiers` says who owns what. */
const scripted = (identifiers: Record<string, string | undefined>) => {
  const applied: Array<{ readonly by: string; readonly request: Record<string, unknown> }> = []
  const callHook = ((call: {
    plugin: { id: string }
    contract: { method: string }
    request: (id: string) => Record<string, unknown>
  }) =>
    Effect.sync(() => {
      const { id } = call.plugin
      if (call.contract.method === "thinking.identifier") {
        const identifier = identifiers[id]
        return identifier === undefined ? undefined : { identifier }
      }
      const request = call.request("7")
      applied.push({ by: id, request })
      return { Body: id === "empty" ? new Uint8Array(0) : Buffer.from(`by ${id}`) }
    })) as unknown as CallHook
  return { callHook, appliers: makeThinkingAppliers(callHook, HOOK_DEADLINES), applied }
}

const config = { Mode: "budget", Budget: 5, Level: "" }

describe("a thinking setting", () => {
  for (const [model, json, expected] of [
    ["m(high)", {}, { Mode: "level", Budget: 0, Level: "high" }],
    ["m( High )", {}, { Mode: "level", Budget: 0, Level: "high" }],
    ["m(8192)", {}, { Mode: "budget", Budget: 8192, Level: "" }],
    ["m(0)", {}, { Mode: "none", Budget: 0, Level: "" }],
    ["m(none)", {}, { Mode: "none", Budget: 0, Level: "" }],
    ["m(auto)", {}, { Mode: "auto", Budget: -1, Level: "" }],
    ["m(-1)", {}, { Mode: "auto", Budget: -1, Level: "" }],
    ["m(-2)", {}, undefined],
    ["m(99999999999999999999)", {}, undefined],
    ["m", { reasoning_effort: "low" }, { Mode: "level", Budget: 0, Level: "low" }],
    ["m", { reasoning_effort: "none" }, { Mode: "none", Budget: 0, Level: "" }],
    ["m", { reasoning_effort: 5 }, undefined],
    ["m(high)", { reasoning_effort: "low" }, { Mode: "level", Budget: 0, Level: "high" }],
    ["m", {}, undefined]
  ] as const) {
    it(`of ${model} with ${JSON.stringify(json)} is ${JSON.stringify(expected)}`, () => {
      assert.deepStrictEqual(thinkingConfigOf(model, "openai", body(json)), expected)
    })
  }

  it("is not looked for in a body that is no JSON object", () => {
    assert.strictEqual(thinkingConfigOf("m", "openai", Buffer.from("[1")), undefined)
  })

  it("is read in the words of the client's protocol", () => {
    const messages = [{ role: "user", content: "hi" }]
    const claude = { max_tokens: 9000, messages, thinking: { type: "enabled", budget_tokens: 2048 } }
    assert.deepStrictEqual(thinkingConfigOf("m", "claude", body(claude)), { Mode: "budget", Budget: 2048, Level: "" })
    const gemini = { contents: [], generationConfig: { thinkingConfig: { thinkingBudget: 0 } } }
    assert.deepStrictEqual(thinkingConfigOf("m", "gemini", body(gemini)), { Mode: "none", Budget: 0, Level: "" })
    const responses = { input: "x", reasoning: { effort: "low" } }
    assert.deepInclude(thinkingConfigOf("m", "openai-response", body(responses)), { Mode: "level", Level: "low" })
    assert.strictEqual(thinkingConfigOf("m", "lab", body(claude)), undefined)
  })
})

describe("thinking appliers", () => {
  it.effect(
    "own the format that they name; built-in formats stay the host's, and the first of several wins (173)",
    () =>
      Effect.gen(function* () {
        const { applied, appliers } = scripted({
          greedy: " OpenAI ",
          blank: " ",
          failing: undefined,
          first: " Lab-Native",
          second: "lab-native"
        })
        yield* appliers.learn(["greedy", "blank", "failing", "first", "second"].map(plugin))
        assert.deepStrictEqual(["openai", "", "lab-native", "LAB-NATIVE"].map(appliers.owns), [
          false,
          false,
          true,
          true
        ])
        const request = { toFormat: "lab-native", model: undefined, config, body: body({}) }
        assert.strictEqual((yield* appliers.think(request)).toString(), "by first")
        assert.deepStrictEqual(applied, [
          {
            by: "first",
            request: {
              Provider: "lab-native",
              Model: zeroValue(ModelInfoKind),
              Config: config,
              Body: body({}),
              host_callback_id: "7"
            }
          }
        ])
      })
  )

  it.effect("leave the body as it is when they give none, and when nobody owns the format", () =>
    Effect.gen(function* () {
      const { appliers } = scripted({ empty: "lab" })
      yield* appliers.learn([plugin("empty")])
      for (const toFormat of ["lab", "other"]) {
        const thought = yield* appliers.think({ toFormat, model: undefined, config, body: Buffer.from("b") })
        assert.strictEqual(thought.toString(), "b")
      }
    })
  )

  it.effect("are asked after the translation to their format, with what is known of the model", () =>
    Effect.gen(function* () {
      const { applied, appliers, callHook } = scripted({ lab: "lab" })
      yield* appliers.learn([plugin("lab")])
      const info: ModelInfo = { ...zeroValue(ModelInfoKind), ID: "big", ContextLength: 5 }
      const translation = hookedTranslation({
        callHook,
        deadlines: HOOK_DEADLINES,
        hooks: requestHooks([]),
        thinking: appliers,
        modelInfo: (model) => (model === "big(12)" ? info : undefined)
      })
      const work = { from: "openai", to: "lab", stream: false, body: body({ model: "alias", messages: [] }) }
      const plain = yield* translation.request({ ...work, model: "big" })
      assert.strictEqual(Buffer.from(plain.body).toString(), `{"model":"big","messages":[]}`)
      const thought = yield* translation.request({ ...work, model: "big(12)" })
      assert.strictEqual(Buffer.from(thought.body).toString(), "by lab")
      assert.deepInclude(applied[0]?.request, {
        Model: info,
        Config: { Mode: "budget", Budget: 12, Level: "" },
        Body: body({ model: "big", messages: [] })
      })
    })
  )
})
