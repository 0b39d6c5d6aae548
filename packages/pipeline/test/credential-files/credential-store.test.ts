import { AuthData, ModelInfo, zeroValue } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { chmodSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"

import { makeCredentialStore } from "../../src/credential-files/credential-store.ts"
import { pluginCredentialOf, storageBytes, storedJson } from "../../src/credential-files/stored-credential.ts"
import { refused } from "../plugin-double.ts"
import { until } from "../host-http/loopback-server.ts"
import {
  type AuthPluginDoubles,
  authPlugins,
  credentialDirectory,
  fromBase64,
  hostOf,
  inBase64,
  owning
} from "./auth-plugin-double.ts"

const open = Effect.fnUntraced(function* (doubles: AuthPluginDoubles = authPlugins({})) {
  const directory = yield* credentialDirectory
  const store = yield* makeCredentialStore(doubles.plugins)
  const load = store.load({ dir: directory.dir, host: hostOf(directory.dir) })
  return { directory, store, load }
})

const auth = (fields: Partial<AuthData>): AuthData => ({ ...zeroValue(AuthData), ...fields })

describe("a credential file", () => {
  it.live("is a credential of its type when no plugin reads it", () =>
    Effect.gen(function* () {
      const { directory, load, store } = yield* open()
      directory.put("jane.json", {
        type: " Lab ",
        email: "jane@example.invalid",
        token: "t-1",
        prefix: "team",
        "proxy-url": "http://proxy.invalid",
        priority: 5,
        note: "hers",
        weight: "2",
        websockets: true,
        headers: { "X-Team": "a" }
      })
      directory.put("untyped.json", { token: "t" })
      directory.put("ignored.txt", { type: "lab" })
      yield* load
      const [jane, untyped] = store.credentials()
      assert.deepInclude(jane, {
        id: "jane.json",
        provider: "lab",
        label: "jane@example.invalid",
        prefix: "team",
        proxyUrl: "http://proxy.invalid",
        disabled: false,
        virtual: false
      })
      assert.match(jane?.index ?? "", /^[0-9a-f]{16}$/)
      const path = join(directory.dir, "jane.json")
      assert.deepStrictEqual(jane?.attributes, {
        priority: "5",
        note: "hers",
        websockets: "true",
        weight: "2",
        "header:X-Team": "a",
        path,
        source: path,
        source_backend: "file"
      })
      assert.strictEqual(untyped?.provider, "unknown")
      assert.strictEqual(store.credentials().length, 2)
    })
  )

  it.live("is what executors of plugins get: priority, attributes, proxy and its whole JSON", () =>
    Effect.gen(function* () {
      const { directory, load, store } = yield* open()
      const json = { type: "lab", token: "t-1", priority: 3, proxy_url: "http://proxy.invalid", disabled: true }
      directory.put("a.json", json)
      yield* load
      const credential = pluginCredentialOf(store.credentials().at(0)!)
      assert.deepInclude(credential.candidate, { id: "a.json", provider: "lab", priority: 3, disabled: true })
      assert.deepStrictEqual(JSON.parse(Buffer.from(credential.storageJson).toString()), json)
      assert.strictEqual(credential.proxyUrl, "http://proxy.invalid")
      assert.notProperty(credential.candidate, "weight")
      assert.notProperty(credential.candidate, "account")
      const { fingerprint } = credential
      directory.put("a.json", { ...json, token: "t-2" })
      yield* load
      assert.notStrictEqual(pluginCredentialOf(store.credentials().at(0)!).fingerprint, fingerprint)
    })
  )

  it.live("says what part of the traffic it takes, whether it rests, and which models clients may call", () =>
    Effect.gen(function* () {
      const two = { Handled: true, Auths: [{ ID: "one" }, { ID: "two" }] }
      const { directory, load, store } = yield* open(authPlugins({ lab: owning("lab", { "auth.parse": () => two }) }))
      directory.put("a.json", { type: "lab", weight: 3, "disable-cooling": true, "excluded-models": ["old-*"] })
      yield* load
      const [one, other] = store.credentials().map(pluginCredentialOf)
      assert.deepInclude(one?.candidate, { id: "one", weight: 3, disableCooling: true, account: "a.json" })
      assert.deepInclude(other?.candidate, { id: "two", account: "a.json" })
      const models = ["old-1", "new-1"].map((name) => ({ name, info: { ...zeroValue(ModelInfo), ID: name } }))
      assert.deepStrictEqual(
        one?.exposes?.(models).map(({ name }) => name),
        ["new-1"]
      )
    })
  )

  it.live("that cannot be read is left out, named in the log without its content", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make<unknown, void>(({ message }) => void lines.push(String(message)))
      yield* Effect.gen(function* () {
        const { directory, load, store } = yield* open()
        directory.put("broken.json", '{"type":"lab","token":"sk-secret-1"')
        directory.put("list.json", '["sk-secret-2"]')
        directory.put("weight.json", { type: "lab", token: "sk-secret-3", weight: "much" })
        directory.put("good.json", { type: "lab" })
        yield* load
        assert.deepStrictEqual(
          store.credentials().map(({ id }) => id),
          ["good.json"]
        )
        assert.strictEqual(lines.length, 3)
      }).pipe(Effect.provide(Logger.layer([logger])))
      assert.deepStrictEqual(
        new Set(lines.map((line) => /file (\S+) cannot/.exec(line)?.[1])),
        new Set(["broken.json", "list.json", "weight.json"])
      )
      assert.notInclude(lines.join(), "sk-secret")
    })
  )

  it.live("is noticed when it comes, changes and goes", () =>
    Effect.gen(function* () {
      const { directory, load, store } = yield* open()
      yield* load
      let changes = 0
      store.onChange(() => changes++)
      directory.put("a.json", { type: "lab", note: "one" })
      yield* until(() => store.find("a.json")?.attributes["note"] === "one")
      const created = store.find("a.json")?.createdAt
      directory.put("a.json", { type: "lab", note: "two, longer" })
      yield* until(() => store.find("a.json")?.attributes["note"] === "two, longer")
      assert.deepStrictEqual(store.find("a.json")?.createdAt, created)
      rmSync(join(directory.dir, "a.json"))
      yield* until(() => store.credentials().length === 0)
      yield* until(() => changes >= 3)
    })
  )
})

describe("auth.parse", () => {
  it.live("asks only the owner of the file's type, with the file and the host's settings", () =>
    Effect.gen(function* () {
      const parsed = { Handled: true, Auth: { Provider: "LAB ", Label: "Jane" } }
      const doubles = authPlugins({
        first: owning("other", { "auth.parse": () => parsed }),
        second: owning(" Lab", { "auth.parse": () => parsed }),
        third: owning("lab", { "auth.parse": () => parsed })
      })
      const { directory, load, store } = yield* open(doubles)
      const json = { type: "LAB", token: "t-1" }
      directory.put("jane.json", json)
      yield* load
      const calls = doubles.callsOf("auth.parse")
      assert.deepStrictEqual(
        calls.map(({ plugin }) => plugin),
        ["second"]
      )
      const { RawJSON, ...request } = calls.at(0)!.request
      assert.deepStrictEqual(fromBase64(RawJSON), json)
      assert.deepStrictEqual(request, {
        Provider: "lab",
        Path: join(directory.dir, "jane.json"),
        FileName: "jane.json",
        Host: {
          AuthDir: directory.dir,
          ProxyURL: "",
          ForceModelPrefix: false,
          OAuthModelAlias: null,
          ExcludedModels: null
        }
      })
      assert.deepInclude(store.credentials().at(0), { id: "jane.json", provider: "lab", label: "Jane" })
    })
  )

  it.live("asks everybody in order about a file without a type, until one handles it or fails", () =>
    Effect.gen(function* () {
      const doubles = authPlugins({
        silent: owning("", {}),
        first: owning("one", { "auth.parse": () => ({ Handled: false }) }),
        second: owning("two", { "auth.parse": () => ({ Handled: true, Auth: {} }) }),
        third: owning("three", { "auth.parse": () => ({ Handled: true, Auth: {} }) })
      })
      const { directory, load, store } = yield* open(doubles)
      directory.put("a.json", { token: "t" })
      yield* load
      assert.deepStrictEqual(
        doubles.callsOf("auth.parse").map(({ plugin, request }) => [plugin, request["Provider"]]),
        [
          ["first", "one"],
          ["second", "two"]
        ]
      )
      assert.strictEqual(store.credentials().at(0)?.provider, "two")

      const failing = authPlugins({
        first: owning("one", { "auth.parse": () => refused("x", "broken") }),
        second: owning("two", { "auth.parse": () => ({ Handled: true, Auth: {} }) })
      })
      const other = yield* open(failing)
      other.directory.put("a.json", { token: "t" })
      yield* other.load
      assert.strictEqual(other.store.credentials().at(0)?.provider, "unknown")
      assert.strictEqual(failing.callsOf("auth.parse").length, 1)
    })
  )

  it.live(
    "leaves the file to the host after an error, an answer that is not handled, and a record that is not valid",
    () =>
      Effect.gen(function* () {
        const answers: Array<unknown> = [
          refused("x", "no", 500),
          { Handled: false, Auth: { Label: "unused" } },
          { Handled: true, Auth: { StorageJSON: Buffer.from("[]").toString("base64") } },
          { Handled: "yes" }
        ]
        for (const answer of answers) {
          const { directory, load, store } = yield* open(
            authPlugins({ lab: owning("lab", { "auth.parse": () => answer }) })
          )
          directory.put("a.json", { type: "lab", email: "kept@example.invalid" })
          yield* load
          assert.deepInclude(store.credentials().at(0), {
            id: "a.json",
            provider: "lab",
            label: "kept@example.invalid",
            storage: undefined
          })
        }
      })
  )

  it.live("may find several credentials in a file, which then win over the single one", () =>
    Effect.gen(function* () {
      const answer = {
        Handled: true,
        Auth: { ID: "unused" },
        Auths: [{ Label: "one" }, { ID: "two", Provider: "Other" }, { Label: "three" }]
      }
      const { directory, load, store } = yield* open(
        authPlugins({ lab: owning("lab", { "auth.parse": () => answer }) })
      )
      directory.put("a.json", { type: "lab", disabled: true })
      yield* load
      assert.deepStrictEqual(
        store.credentials().map(({ disabled, id, provider, virtual }) => [id, provider, disabled, virtual]),
        [
          ["a.json", "lab", true, true],
          ["two", "other", true, true],
          ["a.json#3", "lab", true, true]
        ]
      )
      assert.strictEqual(new Set(store.credentials().map(({ index }) => index)).size, 3)
    })
  )

  it.live("describes a credential, with the operator's own settings on top", () =>
    Effect.gen(function* () {
      const answer = {
        Handled: true,
        Auth: {
          ID: "jane",
          Prefix: "p",
          ProxyURL: "http://own.invalid",
          StorageJSON: inBase64({ token: "stored", email: "stored" }),
          Metadata: { email: "from metadata", type: "ignored" },
          Attributes: { priority: "7", note: "plugin", weight: "9", path: "/elsewhere" },
          NextRefreshAfter: "2030-01-01T00:00:00Z"
        }
      }
      const { directory, load, store } = yield* open(
        authPlugins({ lab: owning("lab", { "auth.parse": () => answer }) })
      )
      directory.put("a.json", { type: "lab", priority: 1, note: "file", weight: 3, disabled: true })
      yield* load
      const credential = store.credentials().at(0)!
      const path = join(directory.dir, "a.json")
      assert.deepInclude(credential, { id: "jane", prefix: "p", proxyUrl: "http://own.invalid", disabled: true })
      assert.deepStrictEqual(credential.attributes, {
        priority: "7",
        note: "plugin",
        weight: "3",
        path,
        source: path,
        source_backend: "file"
      })
      assert.deepStrictEqual(credential.metadata, { email: "from metadata", type: "lab" })
      assert.deepStrictEqual(JSON.parse(Buffer.from(storageBytes(credential)).toString()), {
        token: "stored",
        email: "from metadata",
        type: "lab"
      })
      assert.strictEqual(credential.nextRefreshAfter?.toISOString(), "2030-01-01T00:00:00.000Z")
    })
  )

  it.live("may save another credential meanwhile", () =>
    Effect.gen(function* () {
      let save: Effect.Effect<unknown> = Effect.void
      const doubles = authPlugins({
        lab: owning("lab", {
          "auth.parse": (request) =>
            request["FileName"] === "a.json"
              ? Effect.as(save, { Handled: true, Auth: { Label: "parsed" } })
              : { Handled: true, Auth: { Label: "saved" } }
        })
      })
      const { directory, load, store } = yield* open(doubles)
      save = Effect.orDie(store.write("b.json", Buffer.from('{"type":"lab"}')))
      directory.put("a.json", { type: "lab" })
      yield* load
      yield* until(() => store.find("b.json")?.label === "saved")
      assert.strictEqual(store.find("a.json")?.label, "parsed")
    })
  )
})

/** A plugin that stores everything that is in a file. */
const labPlugin = () =>
  authPlugins({
    lab: owning("lab", {
      "auth.parse": ({ RawJSON }) => ({
        Handled: true,
        Auth: {
          StorageJSON: RawJSON,
          Metadata: { email: "jane" },
          Label: "Jane",
          Attributes: { plan: "free", note: "n" }
        }
      })
    })
  })

describe("a new state of a credential", () => {
  it.live("keeps what is blank, replaces maps as a whole, and is written to the file, metadata winning", () =>
    Effect.gen(function* () {
      const { directory, load, store } = yield* open(labPlugin())
      directory.put("a.json", { type: "lab", token: "t-1" })
      chmodSync(join(directory.dir, "a.json"), 0o644)
      yield* load
      const created = store.find("a.json")?.createdAt
      yield* store.update(
        "a.json",
        auth({
          StorageJSON: Buffer.from(JSON.stringify({ token: "t-2", refresh_token: "r-2", type: "wrong" })),
          Metadata: { token: "t-3" },
          Attributes: { plan: "team" }
        }),
        { maps: "replace" }
      )
      const credential = store.find("a.json")!
      assert.deepInclude(credential, { label: "Jane", provider: "lab" })
      assert.deepStrictEqual(credential.createdAt, created)
      assert.deepStrictEqual(credential.metadata, { token: "t-3", type: "lab" })
      assert.notProperty(credential.attributes, "note")
      assert.strictEqual(credential.attributes["plan"], "team")
      assert.deepStrictEqual(directory.get("a.json"), { type: "lab", token: "t-3", refresh_token: "r-2" })
      assert.strictEqual(directory.mode("a.json"), "600")
      assert.deepStrictEqual(readdirSync(directory.dir), ["a.json"])
    })
  )

  it.live("merges maps key by key where that is asked for", () =>
    Effect.gen(function* () {
      const { directory, load, store } = yield* open(labPlugin())
      directory.put("a.json", { type: "lab" })
      yield* load
      yield* store.update("a.json", auth({ Metadata: { plan: "team" }, Attributes: { plan: "team" } }), {
        maps: "merge"
      })
      assert.deepStrictEqual(store.find("a.json")?.metadata, { email: "jane", plan: "team", type: "lab" })
      assert.deepInclude(store.find("a.json")?.attributes, { plan: "team", note: "n" })
    })
  )

  it.live("leaves a file alone that holds the same already", () =>
    Effect.gen(function* () {
      const { directory, load, store } = yield* open(labPlugin())
      directory.put("a.json", '{"token":"t-1",\n "email":"jane","type":"lab"}')
      yield* load
      const before = [directory.text("a.json"), directory.inode("a.json")]
      yield* store.update("a.json", auth({ Metadata: { email: "jane" } }), { maps: "replace" })
      assert.deepStrictEqual([directory.text("a.json"), directory.inode("a.json")], before)
    })
  )

  it.live("does not undo what somebody else has written meanwhile", () =>
    Effect.gen(function* () {
      const { directory, load, store } = yield* open(labPlugin())
      directory.put("a.json", { type: "lab", token: "t-1", note: "old" })
      yield* load
      directory.put("a.json", { type: "lab", token: "t-1", note: "new", priority: 4 })
      yield* store.update("a.json", auth({ Metadata: { token: "t-2" } }), { maps: "replace" })
      assert.deepStrictEqual(directory.get("a.json"), { type: "lab", token: "t-2", note: "new", priority: 4 })
    })
  )

  it.live("is in use though it cannot be stored", () =>
    Effect.gen(function* () {
      const { directory, load, store } = yield* open(labPlugin())
      directory.put("a.json", { type: "lab", token: "t-1" })
      yield* load
      let told = 0
      store.onChange(() => told++)
      rmSync(directory.dir, { recursive: true })
      yield* Effect.flip(store.update("a.json", auth({ Metadata: { token: "t-2" } }), { maps: "replace" }))
      assert.strictEqual(store.find("a.json")?.metadata["token"], "t-2")
      assert.strictEqual(told, 1)
    })
  )

  it.live("wins over what a plugin was reading from the file meanwhile", () =>
    Effect.gen(function* () {
      let meanwhile: Effect.Effect<unknown> = Effect.void
      const doubles = authPlugins({
        lab: owning("lab", {
          "auth.parse": ({ RawJSON }) => Effect.as(meanwhile, { Handled: true, Auth: { StorageJSON: RawJSON } })
        })
      })
      const { directory, load, store } = yield* open(doubles)
      directory.put("a.json", { type: "lab", token: "t-1" })
      yield* load
      const renew = Effect.orDie(store.update("a.json", auth({ Metadata: { token: "t-2" } }), { maps: "replace" }))
      meanwhile = Effect.suspend(() => {
        meanwhile = Effect.void
        return renew
      })
      yield* load
      assert.strictEqual(storedJson(store.find("a.json")!)["token"], "t-2")
      assert.deepStrictEqual(directory.get("a.json"), { type: "lab", token: "t-2" })
    })
  )

  it.live("is not written into a file that holds several credentials", () =>
    Effect.gen(function* () {
      const two = { Handled: true, Auths: [{ ID: "one" }, { ID: "two" }] }
      const { directory, load, store } = yield* open(authPlugins({ lab: owning("lab", { "auth.parse": () => two }) }))
      directory.put("a.json", { type: "lab" })
      yield* load
      const before = directory.text("a.json")
      yield* store.update("two", auth({ Metadata: { token: "t-2" } }), { maps: "replace" })
      assert.strictEqual(store.find("two")?.metadata["token"], "t-2")
      assert.notProperty(store.find("one")?.metadata, "token")
      assert.strictEqual(directory.text("a.json"), before)
    })
  )

  it.live("is refused whole when its storage is no JSON object", () =>
    Effect.gen(function* () {
      const { directory, load, store } = yield* open(labPlugin())
      directory.put("a.json", { type: "lab", token: "t-1" })
      yield* load
      const error = yield* Effect.flip(
        store.update("a.json", auth({ StorageJSON: Buffer.from('"text"'), Metadata: { token: "t-2" } }), {
          maps: "replace"
        })
      )
      assert.strictEqual(error.message, "StorageJSON: it is not a JSON object")
      assert.deepStrictEqual(directory.get("a.json"), { type: "lab", token: "t-1" })
      assert.notProperty(store.find("a.json")?.metadata, "token")
    })
  )
})
