import { HostConfigSummary, zeroValue } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { makePluginModelRounds } from "../../src/plugin-executor/plugin-models.ts"
import type { PluginCredential } from "../../src/plugin-executor/plugin-credential.ts"
import { collectOffers } from "../../src/plugin-executor/registration-round.ts"
import { refusal, type Scripted, scriptedPlugins } from "./scripted-plugins.ts"

const HOST = zeroValue(HostConfigSummary)
const NO_BUILTIN = { providers: new Set<string>(), models: new Set<string>() }

const listing = (Provider: string, ...ids: ReadonlyArray<string>) => ({ Provider, Models: ids.map((ID) => ({ ID })) })

/** What a round collects of these plugins. */
const collect = Effect.fnUntraced(function* (...scripts: ReadonlyArray<Scripted>) {
  const world = scriptedPlugins(...scripts)
  const offers = yield* collectOffers({ plugins: world.plugins, host: HOST, deadlineMs: 1000 })
  return {
    methods: world.calls.map(({ method }) => method),
    offers: offers.map(({ executes, listsFor, models, plugin, provider }) => [
      plugin.id,
      executes,
      provider,
      models.map(({ ID }) => ID).join(" "),
      listsFor
    ]),
    fused: world.fused
  }
})

/** A plugin that lists its models so. */
const registrar = (id: string, answer: unknown): Scripted => ({
  id,
  capabilities: { model_registrar: true },
  answers: { "model.register": () => answer }
})

describe("a registration round", () => {
  it.effect("asks for static models only when a plugin has both flags, and sends what the plugin may know (77)", () =>
    Effect.gen(function* () {
      const world = scriptedPlugins({
        id: "p",
        capabilities: { model_registrar: true, model_provider: true },
        answers: { "model.static": () => listing("Lab ", "m") }
      })
      const [offer] = yield* collectOffers({
        plugins: world.plugins,
        host: { ...HOST, AuthDir: "/creds" },
        deadlineMs: 1000
      })
      assert.deepStrictEqual(
        world.calls.map(({ method }) => method),
        ["model.static"]
      )
      assert.deepInclude(world.calls[0]?.request["Host"], { AuthDir: "/creds" })
      assert.deepInclude(world.calls[0]?.request["Plugin"], { Name: "p" })
      assert.strictEqual(offer?.provider, "lab")
    })
  )

  it.effect("trims IDs, drops blank ones, and takes nothing without a provider or without models (82)", () =>
    Effect.gen(function* () {
      const { offers } = yield* collect(
        registrar("a", listing(" LAB ", " m ", " ", "", "n")),
        registrar("b", listing(" ", "m")),
        registrar("c", listing("lab")),
        registrar("d", listing("lab", " "))
      )
      assert.deepStrictEqual(offers, [
        ["a", undefined, "lab", "m n", undefined],
        ["b", undefined, "", "", undefined],
        ["c", undefined, "", "", undefined],
        ["d", undefined, "", "", undefined]
      ])
    })
  )

  it.effect("lets the provider of the models win over the executor's identifier", () =>
    Effect.gen(function* () {
      const capabilities = { executor: true, model_registrar: true }
      const { methods, offers } = yield* collect(
        { id: "a", capabilities, answers: { "model.register": () => listing("lab", "m") } },
        {
          id: "b",
          capabilities,
          answers: { "model.register": () => listing(""), "executor.identifier": () => ({ identifier: " Own " }) }
        }
      )
      assert.deepStrictEqual(offers, [
        ["a", "lab", "lab", "m", undefined],
        ["b", "own", "", "", undefined]
      ])
      assert.strictEqual(methods.filter((method) => method === "executor.identifier").length, 1)
    })
  )

  for (const [scope, methods, offer] of [
    ["oauth", ["executor.identifier"], ["p", "own", "", "", "own"]],
    ["static", ["model.static"], ["p", "lab", "lab", "m", undefined]],
    ["both", ["model.static"], ["p", "lab", "lab", "m", "lab"]],
    ["sometimes", ["model.static"], ["p", "lab", "lab", "m", "lab"]]
  ] as const) {
    it.effect(`asks an executor of scope ${scope} for ${methods.join(", ")} (79, 80)`, () =>
      Effect.gen(function* () {
        const found = yield* collect({
          id: "p",
          capabilities: { executor: true, model_provider: true, executor_model_scope: scope },
          answers: {
            "model.static": () => listing("lab", "m"),
            "executor.identifier": () => ({ identifier: "own" })
          }
        })
        assert.deepStrictEqual<ReadonlyArray<unknown>>(found.methods, methods)
        assert.deepStrictEqual<ReadonlyArray<unknown>>(found.offers, [offer])
      })
    )
  }

  it.effect("takes nothing from a plugin that fails, and everything from the others", () =>
    Effect.gen(function* () {
      const { fused, offers } = yield* collect(
        { id: "a", capabilities: { model_registrar: true }, answers: { "model.register": () => refusal("no") } },
        { id: "b", capabilities: { model_registrar: true }, answers: { "model.register": () => ({ Models: 7 }) } },
        {
          id: "c",
          capabilities: { model_registrar: true },
          answers: {
            "model.register": () => {
              throw new Error("a mistake of the host")
            }
          }
        },
        { id: "d", capabilities: { executor: true }, answers: { "executor.identifier": () => refusal("no") } },
        { id: "e", capabilities: { model_registrar: true }, answers: { "model.register": () => listing("lab", "m") } }
      )
      assert.deepStrictEqual(offers, [
        ["a", undefined, "", "", undefined],
        ["b", undefined, "", "", undefined],
        ["c", undefined, "", "", undefined],
        ["d", undefined, "", "", undefined],
        ["e", undefined, "lab", "m", undefined]
      ])
      assert.deepStrictEqual(fused, ["c"])
    })
  )

  it.effect("forgets models that a plugin no longer lists (85)", () =>
    Effect.gen(function* () {
      let ids = ["a", "b"]
      const world = scriptedPlugins({
        id: "p",
        capabilities: { executor: true, model_registrar: true },
        answers: { "model.register": () => listing("lab", ...ids) }
      })
      const rounds = makePluginModelRounds({ plugins: world.plugins, scopes: world.scopes, deadlineMs: 1000 })
      const listed = Effect.map(rounds.run(HOST, NO_BUILTIN, []), (models) =>
        models.listed.flatMap((entry) => entry.models.map(({ ID }) => ID))
      )
      assert.deepStrictEqual(yield* listed, ["a", "b"])
      ids = ["b"]
      assert.deepStrictEqual(yield* listed, ["b"])
      world.activate()
      assert.deepStrictEqual(yield* listed, [])
    })
  )
})

/** A stored credential `lab-jane` of provider `lab`. */
const jane: PluginCredential = {
  candidate: { id: "lab-jane", provider: "lab", priority: 0, disabled: false, attributes: {} },
  fingerprint: "1",
  storageJson: Buffer.from('{"token":"t"}'),
  metadata: { token: "t" },
  attributes: { note: "n" },
  prefix: ""
}

/** A plugin that owns the credentials of a provider and lists their models. */
const provider = (id: string, key: string, forAuth: () => unknown, priority = 0): Scripted => ({
  id,
  priority,
  capabilities: { auth_provider: true, model_provider: true },
  answers: {
    "model.static": () => ({}),
    "auth.identifier": () => ({ identifier: key }),
    "model.for_auth": forAuth
  }
})

/** Rounds over one credential, and what it serves after each. */
const credentialRounds = (world: ReturnType<typeof scriptedPlugins>, updates: Array<unknown> = []) => {
  const rounds = makePluginModelRounds({
    plugins: world.plugins,
    scopes: world.scopes,
    deadlineMs: 1000,
    onUpdate: (credential, update) => Effect.sync(() => updates.push([credential.candidate.id, update]))
  })
  return Effect.map(rounds.run(HOST, NO_BUILTIN, [jane]), ({ credentials }) =>
    credentials[0]?.models?.map(({ name }) => name)
  )
}

describe("the models of a credential", () => {
  it.effect("come from the plugin that owns its provider, in a scope that ends with the call (86)", () =>
    Effect.gen(function* () {
      const world = scriptedPlugins(
        provider("a", "other", () => listing("", "no"), 2),
        provider("b", "LAB", () => listing("", "m"), 1),
        provider("c", "lab", () => listing("", "no"))
      )
      assert.deepStrictEqual(yield* credentialRounds(world), ["m"])
      assert.deepStrictEqual(world.asked("model.for_auth"), ["b"])
      assert.deepInclude(world.requests("model.for_auth")[0], {
        AuthID: "lab-jane",
        AuthProvider: "lab",
        StorageJSON: Buffer.from('{"token":"t"}').toString("base64"),
        Metadata: { token: "t" },
        Attributes: { note: "n" },
        host_callback_id: "1"
      })
      assert.strictEqual(world.scopes.size(), 0)
    })
  )

  it.effect("come from the next plugin when the answer is for another provider (87)", () =>
    Effect.gen(function* () {
      const world = scriptedPlugins(
        provider("a", "lab", () => listing("else", "no"), 1),
        provider("b", "lab", () => listing(" Lab", "m"))
      )
      assert.deepStrictEqual(yield* credentialRounds(world), ["m"])
      assert.deepStrictEqual(world.asked("model.for_auth"), ["a", "b"])
    })
  )

  it.effect("are gone with an empty list, and stay as they were after an error (88)", () =>
    Effect.gen(function* () {
      const answers: Array<unknown> = [listing("", "m"), refusal("busy"), listing(""), refusal("busy")]
      const world = scriptedPlugins(
        provider("a", "lab", () => answers.shift(), 1),
        provider("b", "lab", () => listing("", "never asked"))
      )
      const round = credentialRounds(world)
      const seen = [yield* round, yield* round, yield* round, yield* round]
      assert.deepStrictEqual(seen, [["m"], ["m"], [], []])
      assert.deepStrictEqual(new Set(world.asked("model.for_auth")), new Set(["a"]))
    })
  )

  it.effect("may bring a new state of the credential, with its ID whatever the plugin says (89)", () =>
    Effect.gen(function* () {
      const answers: Array<unknown> = [
        { ...listing("", "m"), AuthUpdate: { ID: "other", Metadata: { plan: "team" } } },
        { ...listing("", "m"), AuthUpdate: {} }
      ]
      const world = scriptedPlugins(provider("a", "lab", () => answers.shift()))
      const updates: Array<unknown> = []
      const round = credentialRounds(world, updates)
      yield* round
      yield* round
      assert.strictEqual(updates.length, 1)
      assert.deepInclude((updates[0] as [string, object])[1], { ID: "lab-jane", Metadata: { plan: "team" } })
    })
  )

  it.effect("are those listed for its provider when nobody lists them by credential", () =>
    Effect.gen(function* () {
      const world = scriptedPlugins(provider("a", "other", () => listing("", "no")))
      assert.strictEqual(yield* credentialRounds(world), undefined)
    })
  )

  it.effect("follow the operator's aliases and exclusions", () =>
    Effect.gen(function* () {
      const world = scriptedPlugins(provider("a", "lab", () => listing("", "m", "hidden", "n")))
      const rounds = makePluginModelRounds({ plugins: world.plugins, scopes: world.scopes, deadlineMs: 1000 })
      const { credentials } = yield* rounds.run(
        { ...HOST, ExcludedModels: { lab: ["hidden"] }, OAuthModelAlias: { lab: [{ Name: "m", Alias: "fast" }] } },
        NO_BUILTIN,
        [jane]
      )
      assert.deepStrictEqual(
        credentials[0]?.models?.map(({ info, name }) => [name, info.ID]),
        [
          ["fast", "m"],
          ["n", "n"]
        ]
      )
    })
  )
})
