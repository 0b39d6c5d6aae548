import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import { subjectOf } from "../../src/credentials/ledger-subject.ts"
import { makeModelRegistry, type Route } from "../../src/models/model-registry.ts"
import type { ProviderSettings } from "../../src/settings.ts"
import { claudeKey, geminiKey, provider } from "../gateway-settings.ts"

const CREATED = 1_700_000_000

const registryOf = (providers: ReadonlyArray<ProviderSettings>, forced = false) => {
  const registry = makeModelRegistry(providers, CREATED, undefined, forced)
  /** Credential and upstream name of each target. */
  const served = (name: string) => {
    const found = registry.find(name)
    return Result.isSuccess(found)
      ? [...found.success.targets].map(([id, { upstreamModel }]) => `${id} ${upstreamModel}`)
      : found.failure._tag
  }
  const listed = () => registry.listings.map(({ id }) => id)
  return { registry, served, listed }
}

const subjectsOf = ({ targets }: Route) => Array.from(targets.values(), ({ candidate }) => subjectOf(candidate))
const claude = (name: string, more: Partial<ProviderSettings> = {}) => claudeKey("https://claude.test", name, more)
const gemini = (name: string, more: Partial<ProviderSettings> = {}) => geminiKey("https://gemini.test", name, more)

describe("keys that list no models", () => {
  it("serve every model whose name begins as their provider's do, and list none", () => {
    const { listed, registry, served } = registryOf([claude("a"), gemini("g"), claude("b")])
    assert.deepStrictEqual(served("claude-opus-9"), ["claude/a claude-opus-9", "claude/b claude-opus-9"])
    assert.deepStrictEqual(served("gemini-9-pro"), ["gemini/g gemini-9-pro"])
    assert.deepStrictEqual(served("gemma-9"), ["gemini/g gemma-9"])
    for (const name of ["gpt-5", "claude", "my-claude-opus", ""]) assert.strictEqual(served(name), "InvalidRequest")
    assert.deepStrictEqual(listed(), [])
    assert.deepStrictEqual(registry.availableProviders, ["claude", "gemini"])
  })

  it("give the model's name without a thinking suffix, and one route and cooldown for all suffixes", () => {
    const { registry, served } = registryOf([claude("a")])
    assert.deepStrictEqual(served("claude-x(high)"), ["claude/a claude-x"])
    const [plain, high] = ["claude-x", "claude-x(high)"].map((name) => Result.getOrThrow(registry.find(name)))
    assert.strictEqual(high?.key, plain?.key)
    assert.deepStrictEqual(high && subjectsOf(high), [{ id: "claude/a", model: "claude-x" }])
  })

  it("are found under their prefix too, sharing the model's cooldowns", () => {
    const { registry, served } = registryOf([claude("a", { prefix: "team" }), claude("b")])
    assert.deepStrictEqual(served("team/claude-x"), ["claude/a claude-x"])
    assert.deepStrictEqual(served("claude-x"), ["claude/a claude-x", "claude/b claude-x"])
    const prefixed = Result.getOrThrow(registry.find("team/claude-x"))
    assert.deepStrictEqual(subjectsOf(prefixed), [{ id: "claude/a", model: "claude-x" }])
    assert.strictEqual(served("else/claude-x"), "InvalidRequest")
  })

  it("serve a model that others list, in the order of the configuration", () => {
    const listing = claude("b", { models: [{ name: "claude-x", alias: "claude-x" }] })
    const { listed, served } = registryOf([claude("a"), listing, claude("c")])
    assert.deepStrictEqual(served("claude-x"), ["claude/a claude-x", "claude/b claude-x", "claude/c claude-x"])
    assert.deepStrictEqual(listed(), ["claude-x"])
  })

  it("that are disabled say so", () => {
    assert.strictEqual(registryOf([claude("a", { disabled: true })]).served("claude-x"), "NoCredential")
  })

  it("are reachable as a provider of their own, all entries together", () => {
    const { registry } = registryOf([claude("a"), claude("b", { excludedModels: ["claude-x"] })])
    const at = (name: string) => [...Result.getOrThrow(registry.findAt("claude", name)).targets.keys()]
    assert.deepStrictEqual(at("claude-x"), ["claude/a"])
    assert.deepStrictEqual(at("something"), ["claude/a", "claude/b"])
  })

  it("make a gateway ready that lists nothing, and are told of when one is asked for", () => {
    const { registry } = registryOf([claude("a")])
    assert.isTrue(registry.serves)
    assert.deepStrictEqual(registry.listing("claude-x"), { id: "claude-x", ownedBy: "claude", created: CREATED })
    assert.isUndefined(registry.listing("gpt-x"))
    assert.isFalse(registryOf([claude("a", { disabled: true })]).registry.serves)
    assert.isFalse(registryOf([]).registry.serves)
    assert.isUndefined(registryOf([claude("a", { disabled: true })]).registry.listing("claude-x"))
  })

  it("are known by their fingerprints, though they stand in no route", () => {
    assert.deepStrictEqual([...registryOf([claude("a")]).registry.fingerprints.keys()], ["claude/a"])
  })
})

describe("excluded models", () => {
  it("are not served, whether they are listed or not, by alias or by name", () => {
    const models = ["one", "two", "three"].map((alias) => ({ name: `up-${alias}`, alias }))
    const { listed, served } = registryOf([
      claude("a", { excludedModels: ["*-Preview", "claude-2*"] }),
      provider("https://p.test/v1", ["k"], { models, excludedModels: ["on*", "up-two"] })
    ])
    assert.deepStrictEqual(served("claude-3"), ["claude/a claude-3"])
    for (const name of ["claude-2", "claude-2.1", "claude-3-preview", "one", "two"]) {
      assert.strictEqual(served(name), "InvalidRequest", name)
    }
    assert.deepStrictEqual(listed(), ["three"])
  })

  it("of one key are served by others", () => {
    const { served } = registryOf([claude("a", { excludedModels: ["claude-x"] }), claude("b")])
    assert.deepStrictEqual(served("claude-x"), ["claude/b claude-x"])
  })
})

describe("a forced prefix", () => {
  it("takes the plain names away from what has a prefix, listed or not", () => {
    const { listed, served } = registryOf(
      [
        claude("a", { prefix: "team" }),
        provider("https://p.test/v1", ["k"], { prefix: "team", models: [{ name: "x", alias: "x" }] }),
        provider("https://q.test/v1", ["k"], { name: "q", models: [{ name: "y", alias: "y" }] })
      ],
      true
    )
    assert.deepStrictEqual(listed(), ["team/x", "y"])
    assert.strictEqual(served("x"), "InvalidRequest")
    assert.strictEqual(served("claude-x"), "InvalidRequest")
    assert.deepStrictEqual(served("team/claude-x"), ["claude/a claude-x"])
  })
})

describe("a configured target", () => {
  it("says its protocol, and the alias as the answer's model only where that is forced", () => {
    const models = [
      { name: "claude-opus", alias: "big", forceMapping: true },
      { name: "claude-haiku", alias: "small" }
    ]
    const { registry } = registryOf([claude("a", { models })])
    const of = (name: string) => [...Result.getOrThrow(registry.find(name)).targets.values()].at(0)
    assert.deepInclude(of("big"), { protocol: "claude", responseModel: "big", upstreamModel: "claude-opus" })
    assert.deepInclude(of("small"), { protocol: "claude", responseModel: undefined })
  })

  it("takes turns with the other models that its credential serves under the same alias", () => {
    const models = ["m-1", "m-2", "m-1"].map((name) => ({ name, alias: "pool" }))
    const { served } = registryOf([claude("a", { models })])
    assert.deepStrictEqual(served("pool"), ["claude/a m-1", "claude/a#m-2 m-2"])
  })

  it("gives its model's name for people and its length to the list", () => {
    const models = [{ name: "x", alias: "y", displayName: "The Y", maxContextLength: 200_000 }]
    assert.deepStrictEqual(registryOf([claude("a", { models })]).registry.listings, [
      { id: "y", ownedBy: "claude", created: CREATED, displayName: "The Y", contextLength: 200_000 }
    ])
  })
})
