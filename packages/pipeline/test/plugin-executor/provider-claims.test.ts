import { type ModelInfo, ModelInfo as ModelInfoKind, zeroValue } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"

import { type BuiltinOffer, claimProviders, type PluginOffer } from "../../src/plugin-executor/provider-claims.ts"
import { scriptedPlugins } from "./scripted-plugins.ts"

const NO_BUILTIN: BuiltinOffer = { providers: new Set(), models: new Set() }

const model = (ID: string): ModelInfo => ({ ...zeroValue(ModelInfoKind), ID })

/** What a plugin offers: `executor` is the key that it executes for. */
const offer = (id: string, models: ReadonlyArray<string>, provider: string, executor?: string): PluginOffer => ({
  plugin: scriptedPlugins({ id, capabilities: {} }).plugin(id),
  executes: executor,
  provider,
  models: models.map(model)
})

const claims = (offers: ReadonlyArray<PluginOffer>, builtin = NO_BUILTIN) => {
  const { executors, executorsByPlugin, listed } = claimProviders(offers, builtin)
  return {
    executors: Object.fromEntries([...executors].map(([provider, { plugin }]) => [provider, plugin.id])),
    routable: [...executorsByPlugin.keys()],
    listed: listed.map(
      ({ models, plugin, provider }) => `${plugin} ${provider}: ${models.map(({ ID }) => ID).join(" ")}`
    )
  }
}

describe("claiming providers", () => {
  it("gives a model to the first executor plugin that lists it, and a provider with it (83)", () => {
    assert.deepStrictEqual(
      claims([
        offer("first", ["a", "b"], "lab", "lab"),
        offer("second", ["b", "c"], "other", "other"),
        offer("third", ["d"], "lab", "lab")
      ]),
      {
        executors: { lab: "first", other: "second" },
        routable: ["first", "second", "third"],
        listed: ["first lab: a b", "second other: c"]
      }
    )
  })

  it("leaves models and providers of the gateway alone (84)", () => {
    assert.deepStrictEqual(
      claims([offer("p", ["gpt", "new"], "lab", "lab"), offer("q", ["extra"], "openrouter", "openrouter")], {
        providers: new Set(["openrouter"]),
        models: new Set(["gpt"])
      }),
      { executors: { lab: "p" }, routable: ["p", "q"], listed: ["p lab: new", "q openrouter: extra"] }
    )
  })

  it("passes a plugin over that listed models and got none", () => {
    assert.deepStrictEqual(
      claims([
        offer("first", ["a"], "one", "one"),
        offer("second", ["a"], "two", "two"),
        offer("third", [], "", "two")
      ]),
      { executors: { one: "first", two: "third" }, routable: ["first", "second", "third"], listed: ["first one: a"] }
    )
  })

  it("lets an executor without models hide a later one of the same key, models included", () => {
    assert.deepStrictEqual(claims([offer("first", [], "", "lab"), offer("second", ["a"], "lab", "lab")]), {
      executors: { lab: "first" },
      routable: ["first", "second"],
      listed: []
    })
  })

  it("adds the models of plugins without an executor, whoever serves the provider", () => {
    assert.deepStrictEqual(claims([offer("lister", ["a"], "lab"), offer("executor", ["b"], "lab", "lab")]), {
      executors: { lab: "executor" },
      routable: ["executor"],
      listed: ["lister lab: a", "executor lab: b"]
    })
  })

  it("takes a model that one plugin lists twice once", () => {
    assert.deepStrictEqual(claims([offer("p", ["a", "a"], "lab", "lab")]).listed, ["p lab: a"])
  })
})
