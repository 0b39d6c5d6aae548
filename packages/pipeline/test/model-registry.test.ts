import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import { makeModelRegistry } from "../src/model-registry.ts"
import { splitThinkingSuffix } from "../src/thinking-suffix.ts"
import { provider } from "./gateway-settings.ts"

const registry = makeModelRegistry(
  [
    provider("http://one/v1", ["a", "b"], {
      name: "one",
      prefix: "team",
      models: [
        { name: "gpt-x", alias: "fast" },
        { name: "other", alias: "fast" },
        { name: "odd(name)", alias: "odd(name)" }
      ]
    }),
    provider("http://two/v1", ["c"], { name: "two", models: [{ name: "llama-y", alias: "fast" }] }),
    provider("http://off/v1", ["d"], {
      name: "off",
      disabled: true,
      models: [
        { name: "z", alias: "fast" },
        { name: "z", alias: "gone" }
      ]
    })
  ],
  1_700_000_000
)

const route = (model: string) => Result.getOrThrow(registry.find(model))
const targets = (model: string) => [...route(model).targets].map(([id, { upstreamModel }]) => `${id} ${upstreamModel}`)

describe("a model's route", () => {
  it("has every credential that serves it, each with its provider's name for the model", () => {
    assert.deepStrictEqual(targets("fast"), ["one/a gpt-x", "one/b gpt-x", "two/c llama-y", "off/d z"])
    assert.deepStrictEqual(route("fast").providers, ["one", "two", "off"])
  })

  it("under a prefix has that provider's only, and shares the model's cooldowns", () => {
    assert.deepStrictEqual(targets("team/fast"), ["one/a gpt-x", "one/b gpt-x"])
    assert.strictEqual(route("team/fast").cooldownModel, "fast")
  })

  it("is found with a thinking suffix, unless the whole name is a model", () => {
    assert.strictEqual(route("fast(high)").model, "fast")
    assert.strictEqual(route("team/fast(8192)").model, "team/fast")
    assert.strictEqual(route("odd(name)").model, "odd(name)")
  })

  it("of a name that nobody serves is 404 model_not_found, as in OpenAI's API", () => {
    for (const name of ["nope", "fast()", "(high)", "Fast", "toString"]) {
      const found = registry.find(name)
      assert.deepInclude(Result.isFailure(found) ? found.failure : found, {
        _tag: "InvalidRequest",
        status: 404,
        code: "model_not_found",
        param: "model"
      })
    }
  })

  it("that only disabled credentials serve says so", () => {
    const found = registry.find("gone")
    assert.deepInclude(Result.isFailure(found) ? found.failure : found, { _tag: "NoCredential", status: 503 })
  })
})

describe("the model list", () => {
  it("has each callable name once, in order, with its first enabled provider", () => {
    assert.deepStrictEqual(registry.listings, [
      { id: "fast", ownedBy: "one", created: 1_700_000_000 },
      { id: "odd(name)", ownedBy: "one", created: 1_700_000_000 },
      { id: "team/fast", ownedBy: "one", created: 1_700_000_000 },
      { id: "team/odd(name)", ownedBy: "one", created: 1_700_000_000 }
    ])
  })
})

describe("splitThinkingSuffix", () => {
  for (const [name, model, suffix] of [
    ["m(high)", "m", "high"],
    ["m(8192)", "m", "8192"],
    ["a(b)(c)", "a(b)", "c"],
    ["m", "m", undefined],
    ["m()", "m()", undefined],
    ["(high)", "(high)", undefined],
    ["m(high) ", "m(high) ", undefined]
  ] as const) {
    it(`reads ${JSON.stringify(name)} as ${model} with ${suffix ?? "no suffix"}`, () => {
      assert.deepStrictEqual(splitThinkingSuffix(name), { model, suffix })
    })
  }
})
