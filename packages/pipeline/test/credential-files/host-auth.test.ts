import { authIndex } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync, rmSync } from "node:fs"
import { join } from "node:path"

import type { CredentialRest } from "../../src/credential-files/credential-rest.ts"
import { makeCredentialStore } from "../../src/credential-files/credential-store.ts"
import { hostAuthMethods } from "../../src/credential-files/host-auth.ts"
import { makeCallbackScopes } from "../../src/plugin-host/callback-scopes.ts"
import { makeHostCalls } from "../../src/plugin-host/host-calls.ts"
import { until } from "../host-http/loopback-server.ts"
import { envelope } from "../plugin-double.ts"
import { authPlugins, credentialDirectory, hostOf, owning } from "./auth-plugin-double.ts"

const CONFIGURED = "00000000000000aa"

const open = Effect.fnUntraced(function* (
  files: Record<string, unknown>,
  doubles = authPlugins({}),
  restsUntil?: CredentialRest
) {
  const directory = yield* credentialDirectory
  for (const [name, content] of Object.entries(files)) directory.put(name, content)
  const store = yield* makeCredentialStore(doubles.plugins)
  yield* store.load({ dir: directory.dir, host: hostOf(directory.dir) })
  const methods = hostAuthMethods(
    () => store,
    (index) => index === CONFIGURED,
    restsUntil
  )
  const { handler } = makeHostCalls(makeCallbackScopes(), [methods]).connect("geo")
  /** The result, or the error's message. */
  const call = (method: string, request: string) =>
    Effect.map(handler(method, Buffer.from(request)), (bytes) => {
      const answer = envelope(bytes)
      if (answer._tag === "Success") return answer.result as object
      return answer._tag === "Failure" ? answer.error.message : answer.detail
    })
  const message = (method: string, request: string) =>
    Effect.map(call(method, request), (answer) => (typeof answer === "string" ? answer : "it did not fail"))
  const indexOf = (name: string, type = "lab") =>
    authIndex({ id: name, file: { type, absolutePath: join(directory.dir, name) } })
  const bytesOf = (method: string, request: string) => handler(method, Buffer.from(request))
  return { directory, store, call, message, indexOf, bytesOf }
})

describe("host.auth.list", () => {
  it.live("takes no bytes, any object, and nothing else", () =>
    Effect.gen(function* () {
      const { call, message } = yield* open({})
      for (const request of ["", "{}", '{"unknown":1}']) {
        assert.deepStrictEqual(yield* call("host.auth.list", request), { files: null })
      }
      for (const request of ["[]", '"x"', "nonsense"]) {
        assert.match(yield* message("host.auth.list", request), /^decode host\.auth\.list request: /)
      }
    })
  )

  it.live("is sorted by lower-case name, and always has the name and the five times", () =>
    Effect.gen(function* () {
      const { call, indexOf } = yield* open({
        "b.json": { type: "lab", email: "jane@example.invalid", project_id: "p-1", priority: 2, note: "n" },
        "C.json": {},
        "a.json": { type: "lab", disabled: true }
      })
      const { files } = (yield* call("host.auth.list", "{}")) as { files: ReadonlyArray<Record<string, unknown>> }
      assert.deepStrictEqual(
        files.map(({ name, status, type }) => [name, type, status]),
        [
          ["a.json", "lab", "disabled"],
          ["b.json", "lab", "active"],
          ["C.json", "unknown", "active"]
        ]
      )
      for (const file of files) {
        for (const key of ["modtime", "updated_at", "created_at", "last_refresh", "next_retry_after"]) {
          assert.match(String(file[key]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
        }
      }
      const b = files.at(1)!
      assert.deepInclude(b, {
        id: "b.json",
        auth_index: indexOf("b.json"),
        source: "file",
        label: "jane@example.invalid",
        email: "jane@example.invalid",
        project_id: "p-1",
        priority: 2,
        note: "n",
        last_refresh: "0001-01-01T00:00:00Z"
      })
      assert.notProperty(b, "disabled")
      assert.isAbove(Number(b["size"]), 0)
    })
  )

  it.live("counts requests, shows the last error of a refresh, and leaves out what is disabled and has no file", () =>
    Effect.gen(function* () {
      const { call, directory, store } = yield* open({
        "a.json": { type: "lab" },
        "b.json": { type: "lab", disabled: true }
      })
      const now = Date.now()
      store.requests.count("a.json", true, now)
      store.requests.count("a.json", true, now - 25 * 60_000)
      store.requests.count("a.json", false, now)
      store.note("a.json", { refreshError: "revoked", unauthorized: true })
      rmSync(join(directory.dir, "b.json"))
      const { files } = (yield* call("host.auth.list", "{}")) as { files: ReadonlyArray<Record<string, unknown>> }
      assert.strictEqual(files.length, 1)
      assert.deepInclude(files.at(0), {
        success: 2,
        failed: 1,
        status: "error",
        status_message: "unauthorized",
        unavailable: true
      })
      const spans = files.at(0)!["recent_requests"] as ReadonlyArray<{ time: string; success: number; failed: number }>
      assert.strictEqual(spans.length, 20)
      assert.match(spans.at(0)!.time, /^\d\d:\d0-\d\d:\d0$/)
      assert.deepInclude(spans.at(-1), { success: 1, failed: 1 })
      assert.strictEqual(
        spans.reduce((sum, { success }) => sum + success, 0),
        2
      )
    })
  )
})

describe("host.auth.get", () => {
  it.live("gives the file's JSON inline, as it is now", () =>
    Effect.gen(function* () {
      const { call, directory, indexOf } = yield* open({ "a.json": { type: "lab", token: "t-1" } })
      directory.put("a.json", { type: "lab", token: "t-2", nested: { n: [1, null] } })
      assert.deepStrictEqual(yield* call("host.auth.get", JSON.stringify({ auth_index: ` ${indexOf("a.json")} ` })), {
        auth_index: indexOf("a.json"),
        name: "a.json",
        path: join(directory.dir, "a.json"),
        json: { type: "lab", token: "t-2", nested: { n: [1, null] } }
      })
    })
  )

  it.live("gives numbers as they stand in the file, also those that JavaScript cannot hold", () =>
    Effect.gen(function* () {
      const { bytesOf, directory, indexOf } = yield* open({ "a.json": { type: "lab" } })
      const text = '{ "type": "lab", "id": 9007199254740993, "rate": 1.50 }'
      directory.put("a.json", text)
      const index = indexOf("a.json")
      const answer = Buffer.from(yield* bytesOf("host.auth.get", JSON.stringify({ auth_index: index }))).toString()
      const path = JSON.stringify(join(directory.dir, "a.json"))
      assert.strictEqual(
        answer,
        `{"ok":true,"result":{"auth_index":"${index}","name":"a.json","path":${path},"json":${text}}}`
      )
    })
  )

  it.live("says what is missing", () =>
    Effect.gen(function* () {
      const { call, directory, indexOf } = yield* open({ "a.json": { type: "lab" } })
      const index = indexOf("a.json")
      const get = (auth_index: string) => call("host.auth.get", JSON.stringify({ auth_index }))
      assert.strictEqual(yield* get(" "), "auth_index is required")
      assert.strictEqual(yield* call("host.auth.get", "{}"), "auth_index is required")
      assert.strictEqual(yield* get("ffff"), "auth not found for auth_index ffff")
      assert.strictEqual(yield* get(CONFIGURED), `auth file path not found for auth_index ${CONFIGURED}`)
      directory.put("a.json", " \n")
      assert.strictEqual(yield* get(index), `auth file is empty for auth_index ${index}`)
      directory.put("a.json", '{"token":"sk-secret"')
      assert.strictEqual(
        yield* get(index),
        `invalid auth file for auth_index ${index}: it is not JSON: line 1, column 21`
      )
      rmSync(join(directory.dir, "a.json"))
      assert.strictEqual(yield* get(index), `auth file not found for auth_index ${index}`)
    })
  )
})

describe("host.auth.get_runtime", () => {
  it.live("gives what the list says of one credential", () =>
    Effect.gen(function* () {
      const { call, indexOf } = yield* open({ "a.json": { type: "lab" }, "b.json": { type: "lab" } })
      const listed = (yield* call("host.auth.list", "{}")) as { files: ReadonlyArray<unknown> }
      const got = yield* call("host.auth.get_runtime", JSON.stringify({ auth_index: indexOf("b.json") }))
      assert.deepStrictEqual(got, { auth: listed.files.at(1) })
    })
  )

  it.live("says what is not there or not shown", () =>
    Effect.gen(function* () {
      const { call, directory, indexOf } = yield* open({ "a.json": { type: "lab", disabled: true } })
      const get = (auth_index: string) => call("host.auth.get_runtime", JSON.stringify({ auth_index }))
      rmSync(join(directory.dir, "a.json"))
      for (const index of [indexOf("a.json"), CONFIGURED]) {
        assert.strictEqual(yield* get(index), `auth runtime info not found for auth_index ${index}`)
      }
      assert.strictEqual(yield* get(""), "auth_index is required")
      assert.strictEqual(yield* get("ffff"), "auth not found for auth_index ffff")
    })
  )
})

describe("the time after which a credential is tried again", () => {
  it.live("is that of the gateway's pools, while it rests", () =>
    Effect.gen(function* () {
      const rests: Record<string, number | undefined> = { "a.json": Date.UTC(2030, 0, 1), "c.json": Infinity }
      const files = { "a.json": { type: "lab" }, "b.json": { type: "lab" }, "c.json": { type: "lab" } }
      const { call } = yield* open(files, authPlugins({}), (id) => rests[id])
      const { files: listed } = (yield* call("host.auth.list", "{}")) as {
        files: ReadonlyArray<Record<string, unknown>>
      }
      assert.deepStrictEqual(
        listed.map(({ next_retry_after, unavailable }) => [next_retry_after, unavailable]),
        [
          ["2030-01-01T00:00:00Z", true],
          ["0001-01-01T00:00:00Z", undefined],
          // No time is known.
          ["0001-01-01T00:00:00Z", true]
        ]
      )
    })
  )
})

describe("host.auth.save", () => {
  it.live("stores what it got as it got it, without the space around it", () =>
    Effect.gen(function* () {
      const { call, directory } = yield* open({})
      const text = '{"id":9007199254740993, "rate":1.50,\n "quoted":"json\\":{}"}'
      yield* call("host.auth.save", `{"json": {"old":1}, "name":"a.json", "JSON": ${text} }`)
      assert.strictEqual(directory.text("a.json"), text)
    })
  )

  it.live("writes the object for the owner alone, and the credential is there at once", () =>
    Effect.gen(function* () {
      const doubles = authPlugins({
        lab: owning("lab", { "auth.parse": () => ({ Handled: true, Auth: { Label: "Jane" } }) })
      })
      const { call, directory, indexOf, store } = yield* open({}, doubles)
      const path = join(directory.dir, "a.json")
      assert.deepStrictEqual(yield* call("host.auth.save", '{"name":" a.json ","json":{"type":"LAB","token":"t"}}'), {
        name: "a.json",
        path
      })
      assert.strictEqual(directory.text("a.json"), '{"type":"LAB","token":"t"}')
      assert.strictEqual(directory.mode("a.json"), "600")
      assert.deepInclude(store.find("a.json"), { provider: "lab", index: indexOf("a.json") })
      // Its plugin reads it soon.
      yield* until(() => store.find("a.json")?.label === "Jane")
    })
  )

  it.live("updates a credential, which keeps the time since when it is there and what is known of it", () =>
    Effect.gen(function* () {
      const { call, store } = yield* open({ "a.json": { type: "lab", token: "t-1" } })
      const created = store.find("a.json")!.createdAt
      store.note("a.json", { lastRefresh: new Date(5000) })
      store.requests.count("a.json", true, 0)
      yield* Effect.sleep(20)
      yield* call("host.auth.save", '{"name":"a.json","json":{"type":"lab","token":"t-2"}}')
      const credential = store.find("a.json")!
      assert.strictEqual(credential.metadata["token"], "t-2")
      assert.deepStrictEqual(credential.createdAt, created)
      assert.isAbove(credential.updatedAt.getTime(), created.getTime())
      assert.deepStrictEqual(credential.lastRefresh, new Date(5000))
      assert.deepStrictEqual(store.requests.total("a.json"), { success: 1, failed: 0 })
    })
  )

  it.live("writes nothing when something is wrong", () =>
    Effect.gen(function* () {
      const { directory, message } = yield* open({})
      const cases: ReadonlyArray<readonly [string, string | RegExp]> = [
        ['{"name":"","json":{}}', "invalid auth file name"],
        ['{"name":"../a.json","json":{}}', "invalid auth file name"],
        ['{"name":"a\\\\b.json","json":{}}', "invalid auth file name"],
        ['{"name":"C:a.json","json":{}}', "invalid auth file name"],
        ['{"name":"a.txt","json":{}}', "auth file name must end with .json"],
        ['{"name":"a.json"}', "json is required"],
        ['{"name":"a.json","json":null}', "json is required"],
        ['{"name":"a.json","json":[1]}', /^invalid auth json: /],
        ['{"name":"a.json","json":"text"}', /^invalid auth json: /],
        ['{"name":"a.json","json":{"weight":"much"}}', /^invalid auth weight: /],
        ['{"name":"a.json","json":{"weight":1.5}}', /^invalid auth weight: /],
        ['{"name":"a.json","json":{"weight":1000001}}', /^invalid auth weight: /]
      ]
      for (const [request, expected] of cases) {
        const said = yield* message("host.auth.save", request)
        if (typeof expected === "string") assert.strictEqual(said, expected)
        else assert.match(said, expected)
      }
      assert.deepStrictEqual(readdirSync(directory.dir), [])
    })
  )

  it.live("needs a directory that can be written", () =>
    Effect.gen(function* () {
      const { directory, message, store } = yield* open({})
      const save = message("host.auth.save", '{"name":"a.json","json":{}}')
      rmSync(directory.dir, { recursive: true })
      assert.match(yield* save, /^failed to write auth file: /)
      yield* store.load({ dir: undefined, host: hostOf("") })
      assert.strictEqual(yield* save, "auth directory is unavailable")
    })
  )
})
