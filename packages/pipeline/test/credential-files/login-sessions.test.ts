import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { mkdirSync, readdirSync } from "node:fs"
import { join } from "node:path"

import { makeCredentialStore } from "../../src/credential-files/credential-store.ts"
import { makeLoginSessions } from "../../src/credential-files/login-sessions.ts"
import { makeCallbackScopes } from "../../src/plugin-host/callback-scopes.ts"
import { refused } from "../plugin-double.ts"
import { authPlugins, credentialDirectory, hostOf, inBase64, owning } from "./auth-plugin-double.ts"

type Answer = (request: Record<string, unknown>) => unknown

const open = Effect.fnUntraced(function* (start: Answer, poll: Answer = () => ({})) {
  const directory = yield* credentialDirectory
  const doubles = authPlugins({ lab: owning("lab", { "auth.login.start": start, "auth.login.poll": poll }) })
  const scopes = makeCallbackScopes()
  const store = yield* makeCredentialStore(doubles.plugins)
  yield* store.load({ dir: directory.dir, host: hostOf(directory.dir) })
  const login = makeLoginSessions({ store, scopes, plugins: doubles.plugins })
  return { directory, doubles, login, scopes, store }
})

const CALLBACK = "http://127.0.0.1:8317/v0/management/oauth-callback"
const started = () => ({ URL: "https://login.example.invalid/", State: "dev-AB12", Metadata: { device_code: "AB12" } })

describe("auth.login.start", () => {
  it.live("gives the address and the state of the owner's log-in", () =>
    Effect.gen(function* () {
      const { doubles, login, scopes } = yield* open(started)
      assert.deepStrictEqual(yield* login.start(" LAB ", CALLBACK), {
        url: "https://login.example.invalid/",
        state: "dev-AB12"
      })
      const { Host: _, host_callback_id, ...request } = doubles.callsOf("auth.login.start").at(0)!.request
      assert.deepStrictEqual(request, { Provider: "lab", BaseURL: CALLBACK, Metadata: null })
      assert.match(String(host_callback_id), /^\d+$/)
      assert.strictEqual(scopes.size(), 0)
    })
  )

  it.live("cannot begin for a provider without an owner, after an error, and with a state that is none", () =>
    Effect.gen(function* () {
      let answer: unknown = refused("x", "no network")
      const { login } = yield* open(() => answer)
      const fails = (provider: string) =>
        Effect.map(Effect.flip(login.start(provider, CALLBACK)), ({ message, status }) => [status, message])
      assert.deepStrictEqual(yield* fails("other"), [404, "no plugin logs in to other"])
      assert.deepStrictEqual(yield* fails("lab"), [500, "no network"])
      for (const State of ["", "a b", "a/b", "a..b", "é", "x".repeat(129)]) {
        answer = { URL: "u", State }
        assert.strictEqual((yield* fails("lab")).at(0), 502)
      }
      answer = { URL: "u", State: "x".repeat(128) }
      assert.deepInclude(yield* login.start("lab", CALLBACK), { url: "u" })
    })
  )
})

describe("auth.login.poll", () => {
  it.live("gets the start's metadata back, and means wait for every status but success and error", () =>
    Effect.gen(function* () {
      let Status: string | null = null
      const { doubles, login } = yield* open(started, () => ({ Status, Auth: { Provider: "lab", FileName: "a.json" } }))
      yield* login.start("lab", CALLBACK)
      for (Status of [null, "", "pending", "Success", "unknown"]) {
        assert.deepStrictEqual(yield* login.poll("dev-AB12"), { status: "wait" })
      }
      const { Host: _, host_callback_id: __, ...request } = doubles.callsOf("auth.login.poll").at(0)!.request
      assert.deepStrictEqual(request, {
        Provider: "lab",
        State: "dev-AB12",
        Metadata: { device_code: "AB12" }
      })
    })
  )

  it.live("ends with success, and every credential is saved and loaded", () =>
    Effect.gen(function* () {
      const Auths = [
        { FileName: "one.json", StorageJSON: inBase64({ token: "t-1", type: "x" }), Metadata: { email: "a" } },
        { Provider: "Other", ID: "two", Disabled: true }
      ]
      const { directory, doubles, login, store } = yield* open(started, () => ({ Status: "success", Auths }))
      yield* login.start("lab", CALLBACK)
      assert.deepStrictEqual(yield* login.poll("dev-AB12"), { status: "ok" })
      assert.deepStrictEqual(directory.get("one.json"), { token: "t-1", email: "a", type: "lab" })
      assert.deepStrictEqual(directory.get("two.json"), { type: "other", disabled: true })
      assert.strictEqual(directory.mode("one.json"), "600")
      assert.deepStrictEqual(
        store.credentials().map(({ disabled, id, provider }) => [id, provider, disabled]),
        [
          ["one.json", "lab", false],
          ["two.json", "other", true]
        ]
      )
      assert.deepStrictEqual(yield* login.poll("dev-AB12"), { status: "ok" })
      assert.strictEqual(doubles.callsOf("auth.login.poll").length, 1)
    })
  )

  it.live("renews a credential that is there already", () =>
    Effect.gen(function* () {
      const answer = { Status: "success", Auth: { FileName: "a.json", Metadata: { token: "t-2" } } }
      const { directory, login, store } = yield* open(started, () => answer)
      directory.put("a.json", { type: "lab", token: "t-1", note: "kept" })
      yield* store.load(store.source())
      yield* login.start("lab", CALLBACK)
      assert.deepStrictEqual(yield* login.poll("dev-AB12"), { status: "ok" })
      assert.deepStrictEqual(directory.get("a.json"), { type: "lab", token: "t-2", note: "kept" })
      assert.strictEqual(store.find("a.json")?.metadata["token"], "t-2")
    })
  )

  it.live("fails as a whole when one credential is not valid", () =>
    Effect.gen(function* () {
      const good = { FileName: "good.json" }
      for (const bad of [
        { FileName: "../evil.json" },
        { FileName: "evil.txt" },
        { FileName: "" },
        { FileName: "a.json", StorageJSON: Buffer.from("[1]").toString("base64") },
        { FileName: "good.json" }
      ]) {
        const { directory, login } = yield* open(started, () => ({ Status: "success", Auths: [good, bad] }))
        yield* login.start("lab", CALLBACK)
        assert.strictEqual((yield* login.poll("dev-AB12")).status, "error")
        assert.deepStrictEqual(readdirSync(directory.dir), [])
      }
    })
  )

  it.live("leaves everything as it was when one credential cannot be saved", () =>
    Effect.gen(function* () {
      const Auths = [
        { FileName: "new.json" },
        { FileName: "old.json", Metadata: { token: "t-2" } },
        { FileName: "dir.json" }
      ]
      const { directory, login } = yield* open(started, () => ({ Status: "success", Auths }))
      directory.put("old.json", { type: "lab", token: "t-1" })
      mkdirSync(join(directory.dir, "dir.json"))
      yield* login.start("lab", CALLBACK)
      assert.strictEqual((yield* login.poll("dev-AB12")).status, "error")
      assert.deepStrictEqual(directory.get("old.json"), { type: "lab", token: "t-1" })
      assert.deepStrictEqual(readdirSync(directory.dir).toSorted(), ["dir.json", "old.json"])
    })
  )

  it.live("ends with the plugin's message, or with what to say without one", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [unknown, string]> = [
        [{ Status: "error", Message: " denied by the person " }, "denied by the person"],
        [{ Status: "error" }, "Authentication failed"],
        [refused("x", "device code expired"), "device code expired"]
      ]
      for (const [answer, error] of cases) {
        const { doubles, login } = yield* open(started, () => answer)
        yield* login.start("lab", CALLBACK)
        for (const _ of [1, 2]) assert.deepStrictEqual(yield* login.poll("dev-AB12"), { status: "error", error })
        assert.strictEqual(doubles.callsOf("auth.login.poll").length, 1)
      }
    })
  )

  it.effect("knows a log-in for half an hour", () =>
    Effect.gen(function* () {
      const { login } = yield* open(started)
      yield* login.start("lab", CALLBACK)
      yield* TestClock.adjust("29 minutes")
      assert.deepStrictEqual(yield* login.poll("dev-AB12"), { status: "wait" })
      yield* TestClock.adjust("1 minute")
      for (const state of ["dev-AB12", "never"]) {
        assert.deepStrictEqual(yield* login.poll(state), { status: "error", error: "unknown or expired state" })
      }
    })
  )
})

describe("the callback of a log-in", () => {
  const callback = { provider: "", state: "dev-AB12", code: "c-1", error: "" }
  const file = ".oauth-lab-dev-AB12.oauth"

  it.live("reaches the plugin at its next poll, and is gone with the log-in", () =>
    Effect.gen(function* () {
      let Status = "pending"
      const auth = { Provider: "lab", FileName: "a.json" }
      const { directory, doubles, login } = yield* open(started, () => ({ Status, Auth: auth }))
      yield* login.start("lab", CALLBACK)
      yield* login.receive({ ...callback, provider: " LAB " })
      assert.deepStrictEqual(directory.get(file), { code: "c-1", state: "dev-AB12", error: "" })
      assert.strictEqual(directory.mode(file), "600")
      yield* login.poll("dev-AB12")
      assert.deepStrictEqual(doubles.callsOf("auth.login.poll").at(-1)!.request["Metadata"], {
        device_code: "AB12",
        oauth_callback: { code: "c-1", state: "dev-AB12", error: "" }
      })
      Status = "success"
      assert.deepStrictEqual(yield* login.poll("dev-AB12"), { status: "ok" })
      assert.deepStrictEqual(readdirSync(directory.dir), ["a.json"])
    })
  )

  it.live("is refused when no log-in waits for it", () =>
    Effect.gen(function* () {
      const { directory, login } = yield* open(started, () => ({ Status: "error", Message: "too slow" }))
      yield* login.start("lab", CALLBACK)
      const refusal = (changes: Partial<typeof callback>) =>
        Effect.map(Effect.flip(login.receive({ ...callback, ...changes })), ({ message, status }) => [status, message])
      assert.deepStrictEqual(yield* refusal({ state: "" }), [400, "state is required"])
      assert.deepStrictEqual(yield* refusal({ state: "../x" }), [400, "invalid state"])
      assert.deepStrictEqual(yield* refusal({ code: "" }), [400, "code or error is required"])
      assert.deepStrictEqual(yield* refusal({ state: "dev-2" }), [404, "unknown or expired state"])
      assert.deepStrictEqual(yield* refusal({ provider: "other" }), [400, "provider does not match state"])
      yield* login.poll("dev-AB12")
      assert.deepStrictEqual(yield* refusal({}), [409, "too slow"])
      assert.deepStrictEqual(readdirSync(directory.dir), [])
    })
  )

  it.effect("is refused when the log-in has expired, and one that came before is removed then", () =>
    Effect.gen(function* () {
      const { directory, login } = yield* open(started)
      yield* login.start("lab", CALLBACK)
      yield* login.receive({ ...callback, code: "", error: "access_denied" })
      assert.deepStrictEqual(readdirSync(directory.dir), [file])
      yield* TestClock.adjust("30 minutes")
      assert.strictEqual((yield* Effect.flip(login.receive(callback))).status, 404)
      yield* login.poll("dev-AB12")
      assert.deepStrictEqual(readdirSync(directory.dir), [])
    })
  )
})
