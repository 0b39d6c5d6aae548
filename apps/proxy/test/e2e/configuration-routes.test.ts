import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { managedProxy, managementKey } from "../managed-proxy.ts"
import { startProxy, until } from "../run-proxy.ts"

const config = `# A file that somebody looks after.
demo: true

api-keys:
  - first-key-of-a-client   # the phone
  # for the laptop
  - second-key-of-a-client

claude-api-key:
  - api-key: sk-ant-0123456789abcdef   # a comment
    name: one
    proxy-url: http://me:hidden@10.0.0.1:8080
    headers: {x-secret: shh-in-a-header}

plugins:
  enabled: true
  isolation: in-process
  dir: plugins
  configs:
    lab:   # the lab
      enabled: true
      # how deep
      depth:   3   # metres
      token: 'plugin secret'
      list: [1,  2]

# the end
request-retry: 0
`

const settings = { enabled: true, depth: 3, token: "plugin secret", list: [1, 2] }

describe("a plugin's settings", () => {
  it.live("are read, merged and replaced in the file, whose every other byte stays, and the plugin is told", () =>
    Effect.gen(function* () {
      const { call, lab, path, text } = yield* managedProxy(config)
      const route = "plugins/lab/config"
      assert.deepStrictEqual((yield* call("GET", route)).json, settings)

      const merged = yield* call("PATCH", route, { depth: 4, token: null, mode: "on" })
      assert.deepStrictEqual([merged.status, merged.json], [200, { status: "ok" }])
      const afterMerge = text
        .replace("depth:   3", "depth:   4")
        .replace("      token: 'plugin secret'\n", "")
        .replace("      list: [1,  2]\n", `      list: [1,  2]\n      mode: "on"\n`)
      assert.strictEqual(readFileSync(path, "utf8"), afterMerge)
      const told = Buffer.from(String(lab.lastRequest("plugin.reconfigure")["config_yaml"]), "base64").toString()
      assert.include(told, "depth:   4   # metres")

      const next = { enabled: true, depth: 4, list: [1, 2, { a: "b" }] }
      assert.strictEqual((yield* call("PUT", route, next)).status, 200)
      assert.deepStrictEqual((yield* call("GET", route)).json, next)
      const afterPut = readFileSync(path, "utf8")
      for (const line of config.split("\n").filter((one) => one.includes("#"))) {
        assert.include(afterPut.split("\n"), line.replace("depth:   3", "depth:   4"))
      }
    })
  )

  it.live("are given to the plugin again by a change of nothing", () =>
    Effect.gen(function* () {
      const { call, lab, path, text } = yield* managedProxy(config)
      const before = lab.calls("plugin.reconfigure").length
      assert.strictEqual((yield* call("PATCH", "plugins/lab/config", {})).status, 200)
      assert.strictEqual(lab.calls("plugin.reconfigure").length, before + 1)
      assert.strictEqual(readFileSync(path, "utf8"), text)
    })
  )

  it.live("that would not be valid are refused, and the file is not touched", () =>
    Effect.gen(function* () {
      const { call, path, text } = yield* managedProxy(config)
      const route = "plugins/lab/config"
      const refused = yield* call("PATCH", route, { priority: "high" })
      assert.strictEqual(refused.status, 400)
      assert.include(refused.text, "invalid_config")
      assert.include(refused.text, "plugins.configs.lab.priority: expected a whole number, found text")
      for (const [method, where, body, status] of [
        ["PUT", route, "[1]", 400],
        ["PUT", route, "{", 400],
        ["PUT", "plugins/a%20b/config", {}, 400],
        ["GET", "plugins/other/config", undefined, 404],
        ["POST", route, {}, 404],
        ["GET", "plugins/lab/config/more", undefined, 404]
      ] as const) {
        assert.strictEqual((yield* call(method, where, body)).status, status, `${method} ${where}`)
      }
      const nested = `{"deep": ${"[".repeat(5_000)}${"]".repeat(5_000)}}`
      assert.strictEqual((yield* call("PUT", route, nested)).status, 400)
      assert.strictEqual((yield* call("PUT", route, { text: "x".repeat(2 * 1024 * 1024) })).status, 413)
      assert.strictEqual(readFileSync(path, "utf8"), text)
    })
  )

  it.live("changed by many at once are all there, and nothing is left beside the file", () =>
    Effect.gen(function* () {
      const { call, cwd, path } = yield* managedProxy(config)
      const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`)
      const answers = yield* Effect.forEach(keys, (key) => call("PATCH", "plugins/lab/config", { [key]: key }), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual([...new Set(answers.map(({ status }) => status))], [200])
      const expected = { ...settings, ...Object.fromEntries(keys.map((key) => [key, key])) }
      assert.deepStrictEqual((yield* call("GET", "plugins/lab/config")).json, expected)
      assert.include(readFileSync(path, "utf8"), "depth:   3   # metres")
      assert.deepStrictEqual(
        readdirSync(cwd).filter((name) => name.endsWith(".tmp")),
        []
      )
    })
  )

  it.live("of a plugin that the file does not name yet begin with the first change", () =>
    Effect.gen(function* () {
      const { call, path } = yield* managedProxy("demo: true\n# the end\n")
      assert.strictEqual((yield* call("PUT", "plugins/new.one/config", { a: 1 })).status, 200)
      assert.include(readFileSync(path, "utf8"), "plugins:\n  configs:\n    new.one:\n      a: 1\n")
    })
  )
})

describe("the configuration file", () => {
  it.live("keeps its mode, and a link to it stays one", () =>
    Effect.gen(function* () {
      const { call, cwd, path } = yield* managedProxy(config)
      renameSync(path, join(cwd, "real.yaml"))
      symlinkSync("real.yaml", path)
      chmodSync(path, 0o640)
      assert.strictEqual((yield* call("PUT", "request-retry", { value: 3 })).status, 200)
      assert.strictEqual(statSync(path).mode & 0o777, 0o640)
      assert.include(readFileSync(join(cwd, "real.yaml"), "utf8"), "request-retry: 3")
      assert.deepStrictEqual((yield* call("GET", "request-retry")).json, { "request-retry": 3 })
    })
  )

  it.live("that is read-only, broken, or built in is left alone", () =>
    Effect.gen(function* () {
      const { call, path, proxy, text } = yield* managedProxy(config)
      const refusal = Effect.map(call("PATCH", "debug", { value: true }), (answer) => [answer.status, answer.text])
      chmodSync(path, 0o444)
      const [status, why] = yield* refusal
      assert.strictEqual(status, 409)
      assert.include(String(why), "the configuration file is read-only")
      assert.strictEqual(readFileSync(path, "utf8"), text)
      chmodSync(path, 0o600)
      writeFileSync(path, `${text}wrong: 1\n`)
      yield* until(() => proxy.stderr().includes("the configuration stays as it was"))
      assert.include(String((yield* refusal)[1]), "not valid as it stands")
      assert.strictEqual(readFileSync(path, "utf8"), `${text}wrong: 1\n`)

      const builtIn = yield* startProxy([], { env: { MANAGEMENT_PASSWORD: managementKey } })
      const response = yield* Effect.promise(() =>
        fetch(`${builtIn.url}/v0/management/debug`, {
          method: "PUT",
          headers: { "x-management-key": managementKey },
          body: `{"value":true}`
        })
      )
      assert.strictEqual(response.status, 409)
    })
  )

  it.live("is shown without a secret, and no secret reaches the log", () =>
    Effect.gen(function* () {
      const { call, proxy } = yield* managedProxy(config)
      const shown = yield* call("GET", "config")
      const secrets = [managementKey, "first-key", "sk-ant", "hidden", "shh-in", "plugin secret"]
      for (const secret of secrets) assert.notInclude(shown.text, secret)
      assert.deepInclude(shown.json as object, {
        demo: true,
        "api-keys": ["***ient", "***ient"],
        "claude-api-key": [
          { "api-key": "***cdef", name: "one", "proxy-url": "http://10.0.0.1:8080", headers: { "x-secret": "***" } }
        ],
        plugins: { enabled: true, isolation: "in-process", dir: "plugins", configs: { lab: { enabled: true } } }
      })
      const list = yield* call("GET", "claude-api-key")
      assert.include(list.text, "***cdef")
      assert.deepStrictEqual((yield* call("GET", "gemini-api-key")).json, { "gemini-api-key": [] })
      yield* call("PUT", "api-keys", ["a-new-secret-key-of-a-client"])
      yield* call("PATCH", "plugins/lab/config", { token: "another plugin secret" })
      for (const secret of [...secrets, "a-new-secret", "another plugin"]) {
        assert.notInclude(proxy.stdout() + proxy.stderr(), secret)
      }
    })
  )

  it.live("needs the management key", () =>
    Effect.gen(function* () {
      const { call } = yield* managedProxy(config)
      for (const route of ["config", "api-keys", "plugins/lab/config", "debug", "auth-files"]) {
        assert.strictEqual((yield* call("GET", route, undefined, { authorization: "" })).status, 401)
      }
      assert.strictEqual((yield* call("GET", "unknown")).status, 404)
    })
  )
})

describe("clients' keys", () => {
  it.live("are listed, changed, added and removed, and count at once", () =>
    Effect.gen(function* () {
      const { call, path, proxy, text } = yield* managedProxy(config)
      const keys = Effect.map(
        call("GET", "api-keys"),
        ({ json }) => (json as { "api-keys": ReadonlyArray<string> })["api-keys"]
      )
      const statusWith = (key: string) =>
        Effect.promise(async () => (await fetch(`${proxy.url}/v1/models`, { headers: { "x-api-key": key } })).status)
      const [first, second] = ["first-key-of-a-client", "second-key-of-a-client"]
      assert.deepStrictEqual(yield* keys, [first, second])
      yield* call("PATCH", "api-keys", { old: second, new: "third" })
      assert.strictEqual(readFileSync(path, "utf8"), text.replace("- second-key-of-a-client", "- third"))
      assert.deepStrictEqual([yield* statusWith(second), yield* statusWith("third")], [401, 200])
      yield* call("PATCH", "api-keys", { index: 1, value: "fourth" })
      yield* call("PATCH", "api-keys", { old: "nobody", new: "fifth" })
      assert.deepStrictEqual(yield* keys, [first, "fourth", "fifth"])
      yield* call("DELETE", "api-keys?index=1")
      yield* call("DELETE", `api-keys?value=${first}`)
      assert.deepStrictEqual(yield* keys, ["fifth"])
      assert.include(readFileSync(path, "utf8"), "  # for the laptop\n")
      yield* call("PUT", "api-keys", { items: ["a", "b"] })
      yield* call("PUT", "api-keys", ["a", "c"])
      assert.deepStrictEqual(yield* keys, ["a", "c"])
      for (const [method, route, body, status] of [
        ["PUT", "api-keys", [], 409],
        ["PUT", "api-keys", ["a", ""], 400],
        ["PUT", "api-keys", ["a", 1], 400],
        ["PATCH", "api-keys", { index: 7, value: "x" }, 400],
        ["PATCH", "api-keys", { value: "x" }, 400],
        ["DELETE", "api-keys?value=x", undefined, 404],
        ["DELETE", "api-keys", undefined, 400]
      ] as const) {
        assert.strictEqual((yield* call(method, route, body)).status, status, `${method} ${route}`)
      }
      assert.deepStrictEqual(yield* keys, ["a", "c"])
    })
  )

  it.live("that are numbers in the file stay what they are when another one changes", () =>
    Effect.gen(function* () {
      const { call, path } = yield* managedProxy("demo: true\napi-keys: [0012345, 1e3, third]\n")
      assert.strictEqual((yield* call("PATCH", "api-keys", { index: 2, value: "fourth" })).status, 200)
      assert.include(readFileSync(path, "utf8"), "api-keys: [0012345, 1e3, fourth]\n")
    })
  )
})

describe("single settings", () => {
  it.live("are told, also when the file does not say them, and set", () =>
    Effect.gen(function* () {
      const { call, path } = yield* managedProxy(config)
      assert.deepStrictEqual((yield* call("GET", "routing/strategy")).json, { strategy: "round-robin" })
      assert.strictEqual((yield* call("PUT", "routing/strategy", { value: "fill-first" })).status, 200)
      assert.deepStrictEqual((yield* call("GET", "routing/strategy")).json, { strategy: "fill-first" })
      assert.strictEqual((yield* call("PUT", "routing/strategy", { value: "fastest" })).status, 400)
      assert.strictEqual((yield* call("PUT", "debug", { value: "yes" })).status, 400)
      assert.isTrue(readFileSync(path, "utf8").endsWith("request-retry: 0\nrouting:\n  strategy: fill-first\n"))
    })
  )

  it.live("switch a plugin off for good, as panels ask it", () =>
    Effect.gen(function* () {
      const { call, path, text } = yield* managedProxy(config)
      const answer = yield* call("PATCH", "plugins/lab/enabled", { enabled: false })
      assert.deepStrictEqual([answer.status, answer.json], [200, { status: "ok" }])
      assert.strictEqual(readFileSync(path, "utf8"), text.replace("      enabled: true", "      enabled: false"))
      const { plugins, ...all } = (yield* call("GET", "plugins")).json as { plugins: ReadonlyArray<object> }
      assert.include(all, { plugins_enabled: true })
      assert.deepInclude(plugins[0], { id: "lab", state: "disabled", enabled: false, effective_enabled: false })
    })
  )
})
