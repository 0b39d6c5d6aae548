import { mkdirSync, writeFileSync } from "node:fs"
import { networkInterfaces } from "node:os"
import { join } from "node:path"

import type { PluginIsolation } from "@cliproxy/pipeline"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { ask, startProxy, temporaryFolder, until } from "../run-proxy.ts"
import { named, scriptedPlugin } from "../scripted-plugin.ts"

const key = "operators-only"
const keyed = `remote-management: {secret-key: ${key}}\n`
const isolations: ReadonlyArray<PluginIsolation> = ["process", "in-process"]
const withKey = { authorization: `Bearer ${key}` }

/** A plugin with these routes and pages; the ID says which. */
interface Routes {
  readonly id: string
  readonly routes?: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly resources?: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly priority?: number
  readonly schema?: number
}

const proxyWith = Effect.fnUntraced(function* (
  declared: ReadonlyArray<Routes>,
  management = keyed,
  args: ReadonlyArray<string> = [],
  isolation: PluginIsolation = "process"
) {
  const cwd = yield* temporaryFolder
  const dir = join(cwd, "plugins")
  mkdirSync(dir)
  const plugins = new Map(
    declared.map(({ id, resources = [], routes = [], schema = 1 }) => {
      const plugin = scriptedPlugin(dir, id, { management_api: true }, schema)
      plugin.answer("management.register", { routes, resources })
      return [id, plugin]
    })
  )
  const configs = declared.map(({ id, priority = 0 }) => `    ${id}: {enabled: true, priority: ${priority}}\n`).join("")
  const text = `demo: true\n${management}plugins:\n  enabled: true\n  isolation: ${isolation}\n  dir: plugins\n  configs:\n${configs}`
  writeFileSync(join(cwd, "c.yaml"), text)
  const proxy = yield* startProxy(["--config", "c.yaml", ...args], { cwd })
  const call = (method: string, path: string, init: RequestInit = {}) =>
    Effect.promise(async () => {
      const response = await fetch(`${proxy.url}${path}`, { method, headers: withKey, ...init })
      return { status: response.status, headers: response.headers, text: await response.text() }
    })
  return { proxy, plugin: named(plugins), call, text, path: join(cwd, "c.yaml") }
})

const body = (text: string) => Buffer.from(text).toString("base64")

const json = (value: unknown, type = "application/json") => ({
  Headers: { "Content-Type": [type] },
  Body: body(JSON.stringify(value))
})

const handle = "management.handle"

describe("the management key", () => {
  it.live("guards the API, and without one there is none", () =>
    Effect.gen(function* () {
      const { call, proxy } = yield* proxyWith([])
      assert.include(proxy.stdout(), "/v0/management")
      const bare = yield* call("GET", "/v0/management/plugins", { headers: {} })
      assert.strictEqual(bare.status, 401)
      assert.include(bare.text, "X-Management-Key")
      assert.strictEqual((yield* call("GET", "/v0/management/plugins")).status, 200)
      assert.strictEqual(
        (yield* call("GET", "/v0/management/plugins", { headers: { "x-management-key": key } })).status,
        200
      )
      const off = yield* proxyWith([{ id: "p", routes: [{ Path: "/p" }] }], "")
      for (const path of ["/v0/management/plugins", "/v0/management/p"]) {
        assert.strictEqual((yield* off.call("GET", path)).status, 404)
      }
    })
  )

  it.live("may come from the environment, and wins over the file's", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      writeFileSync(join(cwd, "c.yaml"), `demo: true\n${keyed}`)
      const proxy = yield* startProxy(["--config", "c.yaml"], { cwd, env: { MANAGEMENT_PASSWORD: "from-outside" } })
      const statusWith = (secret: string) =>
        Effect.promise(async () => {
          const headers = { "x-management-key": secret }
          return (await fetch(`${proxy.url}/v0/management/plugins`, { headers })).status
        })
      assert.strictEqual(yield* statusWith(key), 401)
      assert.strictEqual(yield* statusWith("from-outside"), 200)
      assert.notInclude(proxy.stdout() + proxy.stderr(), "from-outside")
    })
  )

  it.live("wrong five times in a row shuts the address out, with the right key too", () =>
    Effect.gen(function* () {
      const { call } = yield* proxyWith([])
      const wrong = { headers: { authorization: "Bearer operators-onlz" } }
      const status = (init?: RequestInit) =>
        Effect.map(call("GET", "/v0/management/plugins", init), (response) => response.status)
      for (let time = 0; time < 4; time++) assert.strictEqual(yield* status(wrong), 401)
      assert.strictEqual(yield* status(), 200)
      for (let time = 0; time < 5; time++) assert.strictEqual(yield* status(wrong), 401)
      assert.strictEqual(yield* status(wrong), 403)
      assert.strictEqual(yield* status(), 403)
    })
  )

  it.live("counts on this machine only, unless it may be used from others", ({ skip }) =>
    Effect.gen(function* () {
      const address = Object.values(networkInterfaces())
        .flat()
        .find((one) => one?.family === "IPv4" && !one.internal)?.address
      if (address === undefined) return skip("this machine has no address but loopback")
      for (const [management, expected] of [
        [keyed, 403],
        [`remote-management: {secret-key: ${key}, allow-remote: true}\n`, 200]
      ] as const) {
        const { proxy } = yield* proxyWith([], management, ["--host", "0.0.0.0"])
        const url = `http://${address}:${new URL(proxy.url).port}/v0/management/plugins`
        const forged = { ...withKey, "x-forwarded-for": "127.0.0.1" }
        const response = yield* Effect.promise(() => fetch(url, { headers: forged }))
        assert.strictEqual(response.status, expected)
      }
    })
  )
})

describe("management routes of plugins", () => {
  for (const isolation of isolations) {
    it.live(`are matched by method and path, and get the request without the management key (${isolation})`, () =>
      Effect.gen(function* () {
        const routes = [{ Method: "post", Path: "lab/reset/" }, { Path: "/v0/management/lab/state" }]
        const { call, plugin } = yield* proxyWith([{ id: "lab", routes }], keyed, [], isolation)
        const lab = plugin("lab")
        lab.answer(handle, { StatusCode: 201, Headers: { "X-Lab": ["a", "b"] }, Body: body("done") })
        const reset = yield* call("POST", "/v0/management/lab/reset?deep=1", { body: "all of it" })
        assert.deepInclude(reset, { status: 201, text: "done" })
        assert.strictEqual(reset.headers.get("x-lab"), "a, b")
        const request = lab.lastRequest(handle)
        assert.deepInclude(request, {
          Method: "POST",
          Path: "/v0/management/lab/reset",
          Query: { deep: ["1"] },
          Body: body("all of it")
        })
        assert.match(String(request["host_callback_id"]), /^\d+$/)
        assert.notInclude(JSON.stringify(request), key)
        plugin("lab").answer(handle, { Body: body("state") })
        assert.deepInclude(yield* call("GET", "/v0/management/lab/state"), { status: 200, text: "state" })
        for (const [method, path] of [
          ["GET", "/v0/management/lab/reset"],
          ["POST", "/v0/management/lab/Reset"],
          ["POST", "/v0/management/lab/reset/"],
          ["POST", "/v0/management/lab/reset/now"]
        ] as const) {
          assert.strictEqual((yield* call(method, path)).status, 404, `${method} ${path}`)
        }
      })
    )
  }

  it.live("cannot take the place of the gateway's own, or of a plugin before them", () =>
    Effect.gen(function* () {
      const { call, plugin, proxy } = yield* proxyWith([
        { id: "late", routes: [{ Path: "/plugins" }, { Path: "/shared" }, { Path: "/late" }] },
        { id: "early", routes: [{ Path: "/shared" }], priority: 5 }
      ])
      for (const id of ["late", "early"]) plugin(id).answer(handle, { Body: body("a plugin") })
      const own = yield* call("GET", "/v0/management/plugins")
      assert.include(own.text, `"id":"late"`)
      yield* call("GET", "/v0/management/shared")
      yield* call("GET", "/v0/management/late")
      const paths = ["late", "early"].map((id) =>
        plugin(id)
          .calls(handle)
          .map(({ request }) => request["Path"])
      )
      assert.deepStrictEqual(paths, [["/v0/management/late"], ["/v0/management/shared"]])
      assert.include(proxy.stderr(), "early has it already")
    })
  )

  it.live("that are not valid are left out one by one", () =>
    Effect.gen(function* () {
      const { call, plugin, proxy } = yield* proxyWith([
        {
          id: "p",
          routes: [{ Path: "/a/:id" }, { Path: "/b/*" }, { Path: "/c d" }, { Path: " " }, { Path: "/ok" }],
          resources: [{ Path: "/../other/page" }, { Path: "/page" }]
        }
      ])
      plugin("p").answer(handle, { Body: body("fine") })
      assert.strictEqual((yield* call("GET", "/v0/management/ok")).status, 200)
      assert.strictEqual((yield* call("GET", "/v0/resource/plugins/p/page")).status, 200)
      assert.strictEqual(proxy.stderr().split(" is left out: ").length - 1, 5)
    })
  )

  it.live("answer JSON with its texts escaped for HTML, and from schema 6 on as it is", () =>
    Effect.gen(function* () {
      const { call, plugin } = yield* proxyWith([
        { id: "old", routes: [{ Path: "/old" }], schema: 5 },
        { id: "new", routes: [{ Path: "/new" }], schema: 6 }
      ])
      const document = `{"<k>":"<b>\\"&'\\u003c","n":12345678901234567890.50,"l":["<"]}`
      for (const id of ["old", "new"]) plugin(id).answer(handle, { Body: body(document) })
      const escaped = yield* call("GET", "/v0/management/old")
      assert.strictEqual(
        escaped.text,
        `{"<k>":"&lt;b&gt;&#34;&amp;&#39;&lt;","n":12345678901234567890.50,"l":["&lt;"]}`
      )
      assert.strictEqual((yield* call("GET", "/v0/management/new")).text, document)
      plugin("old").answer(handle, json("<i>", "application/problem+json; charset=utf-8"))
      assert.strictEqual((yield* call("GET", "/v0/management/old")).text, `"&lt;i&gt;"`)
      plugin("old").answer(handle, { Headers: { "Content-Type": ["text/html"] }, Body: body("<i>") })
      assert.strictEqual((yield* call("GET", "/v0/management/old")).text, "<i>")
    })
  )

  it.live("answer 502 when the plugin fails, crashes, or answers what cannot be sent", () =>
    Effect.gen(function* () {
      const { call, plugin, proxy } = yield* proxyWith([
        { id: "p", routes: [{ Path: "/x" }], resources: [{ Path: "/y" }] }
      ])
      const failed = { status: 502, text: "plugin management handler failed" }
      plugin("p").refuse(handle, "the secret place is /etc/shadow")
      assert.deepInclude(yield* call("GET", "/v0/management/x"), failed)
      assert.deepInclude(yield* call("GET", "/v0/resource/plugins/p/y"), {
        status: 502,
        text: "plugin resource handler failed"
      })
      assert.include(proxy.stderr(), "the secret place")
      for (const answer of [{ StatusCode: 42 }, { StatusCode: 1000 }, { Headers: { "X-Bad": ["a\nb"] } }]) {
        plugin("p").answer(handle, answer)
        assert.deepInclude(yield* call("GET", "/v0/management/x"), failed)
      }
      plugin("p").crash(handle)
      assert.deepInclude(yield* call("GET", "/v0/management/x"), failed)
      assert.strictEqual((yield* ask(proxy))[0], 200)
    })
  )
})

describe("pages of plugins", () => {
  it.live("open without a key, by GET only, without a body, and unchanged", () =>
    Effect.gen(function* () {
      const { call, plugin } = yield* proxyWith([
        {
          id: "lab",
          routes: [{ Method: "GET", Path: "/old-page", Menu: "Old" }],
          resources: [{ Path: "status", Menu: "Lab", Description: "How it is" }]
        }
      ])
      plugin("lab").answer(handle, json({ html: "<h1>" }))
      const page = "/v0/resource/plugins/lab/status"
      const opened = yield* call("GET", `${page}?tab=models`, { headers: {} })
      assert.deepInclude(opened, { status: 200, text: `{"html":"<h1>"}` })
      assert.deepInclude(plugin("lab").lastRequest(handle), {
        Method: "GET",
        Path: page,
        Query: { tab: ["models"] },
        Body: null
      })
      for (const method of ["POST", "PUT", "DELETE"]) {
        assert.strictEqual((yield* call(method, page, { headers: {} })).status, 404)
      }
      assert.strictEqual((yield* call("GET", "/v0/resource/plugins/lab/old-page", { headers: {} })).status, 200)
      assert.strictEqual((yield* call("GET", "/v0/management/old-page")).status, 404)
    })
  )
})

describe("the operator's routes", () => {
  it.live("tell how each plugin is", () =>
    Effect.gen(function* () {
      const { call, plugin } = yield* proxyWith([
        { id: "lab", resources: [{ Path: "/status", Menu: "Lab" }], priority: 3 }
      ])
      const { text } = yield* call("GET", "/v0/management/plugins")
      const [lab] = (JSON.parse(text) as { plugins: ReadonlyArray<Record<string, unknown>> }).plugins
      const { pid, ...rest } = lab ?? {}
      assert.isTrue(typeof pid === "number" && pid > 0)
      assert.deepStrictEqual(rest, {
        id: "lab",
        state: "active",
        problem: null,
        priority: 3,
        isolation: "process",
        path: plugin("lab").path,
        file_version: "",
        metadata: {
          name: "scripted lab",
          version: "1.0.0",
          author: "tests",
          repository: "none",
          github_repository: "none",
          logo: "",
          config_fields: []
        },
        schema_version: 1,
        capabilities: ["management_api"],
        in_flight: 0,
        abandoned: 0,
        routes: [
          { kind: "page", method: "GET", path: "/v0/resource/plugins/lab/status", menu: "Lab", description: "" }
        ],
        configured: true,
        registered: true,
        enabled: true,
        effective_enabled: true,
        supports_oauth: false,
        logo: "",
        config_fields: [],
        menus: [{ path: "/v0/resource/plugins/lab/status", menu: "Lab", description: "" }]
      })
    })
  )

  it.live("switch a plugin off and on, until the configuration is read anew", () =>
    Effect.gen(function* () {
      const { call, path, plugin, proxy, text } = yield* proxyWith([{ id: "p", routes: [{ Path: "/x" }] }])
      plugin("p").answer(handle, { Body: body("x") })
      const status = Effect.map(call("GET", "/v0/management/x"), (response) => response.status)
      const put = (value: unknown) =>
        call("PATCH", "/v0/management/plugins/p/enabled", { body: JSON.stringify({ value }) })
      const off = yield* put(false)
      assert.deepInclude(JSON.parse(off.text), { id: "p", state: "disabled", pid: null })
      assert.strictEqual(yield* status, 404)
      assert.deepInclude(JSON.parse((yield* put(true)).text), { state: "active" })
      assert.strictEqual(yield* status, 200)
      yield* put(false)
      writeFileSync(path, `${text}# again\n`)
      yield* until(() => proxy.stderr().includes("the new configuration is in use"))
      assert.strictEqual(yield* status, 200)
      assert.strictEqual((yield* put("yes")).status, 400)
      const unknown = yield* call("PATCH", "/v0/management/plugins/q/enabled", { body: `{"value":true}` })
      assert.strictEqual(unknown.status, 404)
      assert.include(unknown.text, "the configuration has no plugin q.")
    })
  )

  it.live("start a plugin anew in another process, also one that stays off after crashes", () =>
    Effect.gen(function* () {
      const { call, plugin, proxy } = yield* proxyWith([{ id: "p", routes: [{ Path: "/x" }] }])
      plugin("p").answer(handle, { Body: body("x") })
      const pid = Effect.map(call("GET", "/v0/management/plugins"), ({ text }): unknown => {
        const { plugins: listed } = JSON.parse(text) as { plugins: ReadonlyArray<Record<string, unknown>> }
        return listed[0]?.["pid"]
      })
      const before = yield* pid
      const reloaded = yield* call("POST", "/v0/management/plugins/p/reload")
      assert.strictEqual(reloaded.status, 200)
      const after = yield* pid
      assert.isNumber(after)
      assert.notStrictEqual(after, before)
      assert.strictEqual((yield* call("GET", "/v0/management/x")).status, 200)
      plugin("p").crash("plugin.register")
      const refused = yield* call("POST", "/v0/management/plugins/p/reload")
      assert.strictEqual(refused.status, 409)
      assert.strictEqual((yield* call("GET", "/v0/management/x")).status, 200)
      plugin("p").recover("plugin.register")

      plugin("p").crash(handle)
      while (!proxy.stderr().includes("stays off")) yield* call("GET", "/v0/management/x")
      plugin("p").recover(handle)
      assert.strictEqual((yield* call("GET", "/v0/management/x")).status, 502)
      assert.strictEqual((yield* call("POST", "/v0/management/plugins/p/reload")).status, 200)
      assert.strictEqual((yield* call("GET", "/v0/management/x")).status, 200)
    })
  )
})
