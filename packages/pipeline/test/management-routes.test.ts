import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"

import { escapeJsonTexts } from "../src/management-routes/escape-json-texts.ts"
import { makeManagementRoutes } from "../src/management-routes/management-routes.ts"
import { makeCallbackScopes } from "../src/plugin-host/callback-scopes.ts"
import { makePluginHost } from "../src/plugin-host/plugin-host.ts"
import { file, pluginDoubles, registration } from "./plugin-double.ts"

const A = file("a")

const settings = (enabled: boolean) => ({
  enabled: true,
  dir: "/plugins",
  allowNewerSchema: false,
  configs: new Map([["a", { enabled, isolation: "process" as const, priority: 0, version: undefined, yaml: "" }]])
})

const call = {
  id: "r-1",
  method: "GET",
  path: "/v0/management/x",
  headers: {},
  query: {},
  body: new Uint8Array()
}

const register = () => registration("a", { management_api: true })

describe("management routes", () => {
  it.effect("go with their plugin: gone when it is switched off, back with it, gone when it is fused", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(A)
      const scopes = makeCallbackScopes()
      let seen = 0
      const answers: Record<string, (request: Record<string, unknown>) => unknown> = {
        "plugin.register": register,
        "plugin.reconfigure": register,
        "management.register": () => ({ Routes: [{ Path: "x" }], Resources: [{ Path: "page" }] }),
        "management.handle": ({ host_callback_id: id }) => {
          seen = scopes.size()
          assert.deepInclude(scopes.find(String(id)), { plugin: "a" })
          return { Body: "aGk=" }
        }
      }
      doubles.answers.set(A.path, answers)
      const host = yield* makePluginHost(doubles)
      const routes = makeManagementRoutes(host, scopes)
      const pass = (enabled: boolean) => Effect.andThen(host.pass(settings(enabled)), routes.collect)
      const found = () => routes.list().map(({ method, path }) => `${method} ${path}`)
      yield* pass(true)
      assert.deepStrictEqual(found(), ["GET /v0/management/x", "GET /v0/resource/plugins/a/page"])
      assert.deepInclude(doubles.calls.find(({ method }) => method === "management.register")?.request, {
        BasePath: "/v0/management",
        ResourceBasePath: "/v0/resource/plugins/a"
      })
      const answer = yield* routes.find("GET", call.path)?.handle(call) ?? Effect.die("no route")
      assert.deepInclude(answer, { status: 200 })
      assert.deepStrictEqual([seen, scopes.size()], [1, 0])

      yield* host.pass(settings(false))
      assert.deepStrictEqual([found(), routes.find("GET", call.path)], [[], undefined])
      yield* pass(true)
      assert.strictEqual(found().length, 2)
      answers["management.handle"] = () => {
        throw new Error("the host breaks")
      }
      const failed = yield* Effect.flip(routes.find("GET", call.path)?.handle(call) ?? Effect.die("no route"))
      assert.strictEqual(failed._tag, "ManagementHandlerFailed")
      assert.deepStrictEqual([found(), scopes.size()], [[], 0])
    })
  )
})

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const escape = (body: string, type = "") => text(escapeJsonTexts(type, Buffer.from(body)))

describe("escaping the texts of a JSON document", () => {
  it("escapes values and neither keys nor numbers", () => {
    assert.strictEqual(
      escape(`{ "<a>" : "<b>", "n": 1.50e400, "l": ["'", "\\"&"], "t": true }`),
      `{ "<a>" : "&lt;b&gt;", "n": 1.50e400, "l": ["&#39;", "&#34;&amp;"], "t": true }`
    )
  })

  it("leaves what is not JSON as it is, and what is not said to be and does not look like it", () => {
    for (const body of ["<b>", `"<b>"`, "{<b>}", `{"a":"<b>"} <i>`, ""]) assert.strictEqual(escape(body), body)
    assert.strictEqual(escape(`"<b>"`, "application/vnd.lab+json; q=1"), `"&lt;b&gt;"`)
    assert.strictEqual(escape(`"<b>"`, "text/html"), `"<b>"`)
  })

  it("changes every text to its escaped form and nothing else, whatever the document", () => {
    const escaped = (value: unknown): unknown => {
      if (typeof value === "string") {
        const entities: Record<string, string> = { "<": "&lt;", ">": "&gt;", "&": "&amp;", "'": "&#39;", '"': "&#34;" }
        return value
          .split("")
          .map((character) => entities[character] ?? character)
          .join("")
      }
      if (Array.isArray(value)) return value.map(escaped)
      if (typeof value !== "object" || value === null) return value
      return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, escaped(field)]))
    }
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
        const written = escape(JSON.stringify(value, undefined, indent), "application/json")
        assert.deepStrictEqual(JSON.parse(written), escaped(JSON.parse(JSON.stringify(value))))
      })
    )
  })

  it("takes long texts and deep documents", () => {
    const long = "\\\\<".repeat(1_000_000)
    assert.strictEqual(escape(`["${long}"]`).length, 4 + 5 * 1_000_000 + 1_000_000)
    const deep = `${"[".repeat(5000)}"<"${"]".repeat(5000)}`
    assert.include(escape(deep), `["&lt;"]`)
  })
})
