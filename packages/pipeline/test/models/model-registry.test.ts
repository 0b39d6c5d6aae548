import { ModelInfo, zeroValue } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import { NO_MODEL, subjectOf } from "../../src/credentials/ledger-subject.ts"
import { makeModelRegistry, type Route } from "../../src/models/model-registry.ts"
import type { PluginCredential } from "../../src/plugin-executor/plugin-credential.ts"
import { pluginExecutor } from "../../src/plugin-executor/plugin-executor.ts"
import type { PluginModels } from "../../src/plugin-executor/plugin-models.ts"
import { splitThinkingSuffix } from "../../src/models/thinking-suffix.ts"
import { provider } from "../gateway-settings.ts"
import { scriptedPlugins } from "../plugin-executor/scripted-plugins.ts"

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
const subjectsOf = ({ targets }: Route) => Array.from(targets.values(), ({ candidate }) => subjectOf(candidate))
const targets = (model: string) => [...route(model).targets].map(([id, { upstreamModel }]) => `${id} ${upstreamModel}`)

describe("a model's route", () => {
  it("has every credential that serves it, each with its provider's name for the model", () => {
    assert.deepStrictEqual(targets("fast"), [
      "one/a gpt-x",
      "one/b gpt-x",
      "one/a#other other",
      "one/b#other other",
      "two/c llama-y",
      "off/d z"
    ])
    assert.deepStrictEqual(route("fast").providers, ["one", "two", "off"])
  })

  it("under a prefix has that provider's only, and shares the model's cooldowns", () => {
    assert.deepStrictEqual(targets("team/fast"), [
      "one/a gpt-x",
      "one/b gpt-x",
      "one/a#other other",
      "one/b#other other"
    ])
    assert.deepStrictEqual(subjectsOf(route("team/fast")), subjectsOf(route("fast")).slice(0, 4))
  })

  it("counts and remembers several models of a credential for the credential, each by the provider's name", () => {
    assert.deepStrictEqual(subjectsOf(route("fast")).slice(0, 4), [
      { id: "one/a", model: "gpt-x" },
      { id: "one/b", model: "gpt-x" },
      { id: "one/a", model: "other" },
      { id: "one/b", model: "other" }
    ])
    assert.deepStrictEqual([...registry.fingerprints.keys()].toSorted(), ["off/d", "one/a", "one/b", "two/c"])
    assert.isTrue(registry.candidateIds.has("one/a#other"))
  })

  it("to one provider, of names that nobody knows, remembers nothing by the name", () => {
    const found = Result.getOrThrow(registry.findAt("two", "made up"))
    assert.deepStrictEqual(subjectsOf(found), [{ id: "two/c", model: NO_MODEL }])
    assert.strictEqual(found.targets.get("two/c")?.upstreamModel, "made up")
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

/** A model as a plugin lists it. */
const model = (ID: string, more: Partial<ModelInfo> = {}): ModelInfo => ({ ...zeroValue(ModelInfo), ID, ...more })

/** A stored credential of provider `lab`. */
const credential = (id: string, more: Partial<PluginCredential> = {}, disabled = false): PluginCredential => ({
  candidate: { id, provider: "lab", priority: 0, disabled, attributes: {} },
  fingerprint: id,
  storageJson: Buffer.from("{}"),
  metadata: {},
  attributes: {},
  prefix: "",
  ...more
})

/** Plugin `p` executes for `lab`. */
const pluginModels = (more: Partial<PluginModels>): PluginModels => {
  const executor = pluginExecutor(scriptedPlugins({ id: "p", capabilities: { executor: true } }).plugin("p"), "lab")
  return {
    executors: new Map([["lab", executor]]),
    executorsByPlugin: new Map([["p", executor]]),
    listed: [],
    credentials: [],
    ...more
  }
}

const withPlugins = (more: Partial<PluginModels>) =>
  makeModelRegistry(
    [provider("http://one/v1", ["a", "b"], { name: "one", models: [{ name: "gpt-x", alias: "fast" }] })],
    1_700_000_000,
    pluginModels(more)
  )

/** Credential and upstream name of each target of a model. */
const served = (registry: ReturnType<typeof withPlugins>, name: string) => {
  const found = registry.find(name)
  return Result.isSuccess(found)
    ? [...found.success.targets.values()].map((target) => `${target.candidate.id} ${target.upstreamModel}`)
    : found.failure._tag
}

describe("the models of plugins", () => {
  it("are served by the credentials of their provider, each by those that can", () => {
    const registry = withPlugins({
      listed: [{ plugin: "p", provider: "lab", models: [model("static")] }],
      credentials: [
        { credential: credential("jane"), models: [{ name: "quick", info: model("large") }] },
        { credential: credential("joe"), models: undefined },
        { credential: credential("none"), models: [] }
      ]
    })
    assert.deepStrictEqual(served(registry, "quick"), ["jane large"])
    assert.deepStrictEqual(served(registry, "static"), ["joe static"])
  })

  it("are served without a credential where there is none for them", () => {
    const listed = [{ plugin: "p", provider: "lab", models: [model("static", { OwnedBy: "the lab", Created: 5 })] }]
    const registry = withPlugins({ listed })
    assert.deepStrictEqual(served(registry, "static"), ["plugin:p:lab:executor static"])
    assert.deepInclude(registry.listings, { id: "static", ownedBy: "the lab", created: 5 })
    assert.deepStrictEqual(registry.availableProviders, ["one"])
  })

  it("of a configured provider are served by its keys, under the name that the plugin gives", () => {
    const registry = withPlugins({
      listed: [{ plugin: "q", provider: "one", models: [model("extra"), model("fast")] }]
    })
    assert.deepStrictEqual(served(registry, "extra"), ["one/a extra", "one/b extra"])
    assert.deepStrictEqual(served(registry, "fast"), ["one/a gpt-x", "one/b gpt-x"])
  })

  it("of a provider that nobody executes for are nobody's", () => {
    const registry = withPlugins({ listed: [{ plugin: "q", provider: "else", models: [model("lost")] }] })
    assert.strictEqual(served(registry, "lost"), "InvalidRequest")
  })

  it("have the prefix of their credential besides their name", () => {
    const registry = withPlugins({
      credentials: [
        { credential: credential("jane", { prefix: "team" }), models: [{ name: "large", info: model("large") }] }
      ]
    })
    assert.deepStrictEqual(served(registry, "team/large"), ["jane large"])
    assert.deepStrictEqual(served(registry, "large"), ["jane large"])
  })

  it("on disabled credentials only are not listed, and say so when asked for", () => {
    const registry = withPlugins({
      credentials: [{ credential: credential("jane", {}, true), models: [{ name: "large", info: model("large") }] }]
    })
    assert.strictEqual(served(registry, "large"), "NoCredential")
    assert.notInclude(
      registry.listings.map(({ id }) => id),
      "large"
    )
    assert.deepStrictEqual(registry.availableProviders, ["one"])
  })
})

describe("the route to one provider", () => {
  const registry = withPlugins({
    credentials: [
      { credential: credential("jane"), models: [{ name: "fast", info: model("large") }] },
      { credential: credential("joe"), models: [] }
    ]
  })
  const at = (name: string, wanted: string) => {
    const found = registry.findAt(name, wanted)
    return Result.isSuccess(found)
      ? [...found.success.targets.values()].map((target) => `${target.candidate.id} ${target.upstreamModel}`)
      : found.failure._tag
  }

  it("has those of its credentials that serve the model", () => {
    assert.deepStrictEqual(at("lab", "fast"), ["jane large"])
    assert.deepStrictEqual(at("one", "fast(high)"), ["one/a gpt-x", "one/b gpt-x"])
  })

  it("has all of them for a model that it does not list, under that name", () => {
    assert.deepStrictEqual(at("lab", "new"), ["jane new", "joe new"])
    assert.deepStrictEqual(at("one", "new"), ["one/a new", "one/b new"])
    assert.strictEqual(at("nowhere", "fast"), "NoCredential")
  })

  it("is told from the route of the model by its key", () => {
    const keys = [registry.findAt("lab", "fast"), registry.findAt("one", "fast"), registry.findAt("lab", "new")]
    const all = [...keys, registry.find("fast")].map((found) => (Result.isSuccess(found) ? found.success.key : ""))
    assert.strictEqual(new Set(all).size, 4)
    assert.deepStrictEqual(registry.availableProviders, ["lab", "one"])
  })
})
