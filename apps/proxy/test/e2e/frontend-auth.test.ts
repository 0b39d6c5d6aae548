import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import type { PluginIsolation } from "@cliproxy/pipeline"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { chat, startProxy, temporaryFolder, textOf } from "../run-proxy.ts"
import { named, scriptedPlugin } from "../scripted-plugin.ts"

const asked = "frontend_auth.authenticate"

/** What a guard is to be like. */
interface Guard {
  readonly id: string
  readonly priority?: number
  readonly capabilities?: Readonly<Record<string, boolean>>
  readonly schema?: number
}

/** A proxy whose door these plugins guard; each is called after its ID. */
const guardedBy = Effect.fnUntraced(function* (
  guards: ReadonlyArray<Guard>,
  config = "",
  isolation: PluginIsolation = "process"
) {
  const cwd = yield* temporaryFolder
  const dir = join(cwd, "plugins")
  mkdirSync(dir)
  const plugins = new Map(
    guards.map(({ id, capabilities = {}, schema = 1 }) => {
      const plugin = scriptedPlugin(dir, id, { frontend_auth_provider: true, ...capabilities }, schema)
      plugin.answer("frontend_auth.identifier", { identifier: ` ${id}-badge ` })
      plugin.answer(asked, { Authenticated: false })
      return [id, plugin]
    })
  )
  const configs = guards.map(({ id, priority = 0 }) => `    ${id}: {enabled: true, priority: ${priority}}\n`).join("")
  const text = `demo: true\n${config}plugins:\n  enabled: true\n  isolation: ${isolation}\n  dir: plugins\n  configs:\n${configs}`
  writeFileSync(join(cwd, "c.yaml"), text)
  const proxy = yield* startProxy(["--config", "c.yaml"], { cwd })
  const plugin = named(plugins)
  /** How often each was asked, in the order in which the test names them. */
  const timesAsked = () => guards.map(({ id }) => plugin(id).calls(asked).length)
  return { proxy, plugin, timesAsked }
})

const statusWith = (proxy: { readonly url: string }, headers: Readonly<Record<string, string>> = {}) =>
  Effect.map(chat(proxy, {}, headers), ({ status }) => status)

/** What a client with the key `k` is told by a proxy whose plugin `gate` has no library. */
const absent = (host: string, settings: string, more = "") =>
  Effect.gen(function* () {
    const cwd = yield* temporaryFolder
    const text = `host: ${host}\ndemo: true\n${more}plugins:\n  enabled: true\n  dir: .\n  configs:\n    gate: {${settings}}\n`
    writeFileSync(join(cwd, "c.yaml"), text)
    const proxy = yield* startProxy(["--config", "c.yaml"], { cwd })
    const response = yield* chat(proxy, {}, { authorization: "Bearer k" })
    return { status: response.status, text: yield* textOf(response), proxy }
  })

const isolations: ReadonlyArray<PluginIsolation> = ["process", "in-process"]

describe("plugins that authenticate clients", () => {
  for (const isolation of isolations) {
    it.live(`let in whom they know, see the whole request, and leave the body to the gateway (${isolation})`, () =>
      Effect.gen(function* () {
        const { plugin, proxy } = yield* guardedBy([{ id: "gate" }], "", isolation)
        plugin("gate").answer(asked, { Authenticated: true, Principal: "jane", Metadata: { team: "blue" } })
        const response = yield* Effect.promise(() =>
          fetch(`${proxy.url}/v1/chat/completions?room=a&room=b%20c`, {
            method: "POST",
            headers: { "x-badge": "7", "content-type": "application/json" },
            body: JSON.stringify({ model: "demo", messages: [{ role: "user", content: "Hello" }] })
          })
        )
        assert.strictEqual(response.status, 200)
        assert.include(yield* textOf(response), "served by demo-key-")
        const request = plugin("gate").lastRequest(asked)
        assert.deepInclude(request, {
          Method: "POST",
          Path: "/v1/chat/completions",
          Query: { room: ["a", "b c"] }
        })
        assert.deepNestedInclude(request, { "Headers.X-Badge": ["7"] })
        assert.deepStrictEqual(JSON.parse(Buffer.from(String(request["Body"]), "base64").toString()), {
          model: "demo",
          messages: [{ role: "user", content: "Hello" }]
        })
      })
    )
  }

  it.live("close the door to everybody else, with a 401 in the shape of the API", () =>
    Effect.gen(function* () {
      const { proxy } = yield* guardedBy([{ id: "gate" }])
      const response = yield* chat(proxy)
      assert.strictEqual(response.status, 401)
      assert.deepStrictEqual(JSON.parse(yield* textOf(response)), {
        error: {
          message: "No API key was sent. Send one as `Authorization: Bearer KEY` or `X-Api-Key: KEY`.",
          type: "invalid_request_error",
          param: null,
          code: "invalid_api_key"
        }
      })
    })
  )

  it.live("are asked after the configured keys, in priority order, until one knows the client; an error is a no", () =>
    Effect.gen(function* () {
      const { plugin, proxy, timesAsked } = yield* guardedBy(
        [{ id: "a" }, { id: "b", priority: 5 }, { id: "c" }],
        "api-keys: [k-1]\n"
      )
      plugin("b").refuse(asked, "the badge service is down")
      plugin("c").answer(asked, { Authenticated: true, Principal: "p" })
      assert.strictEqual(yield* statusWith(proxy, { authorization: "Bearer k-1" }), 200)
      assert.deepStrictEqual(timesAsked(), [0, 0, 0])
      assert.strictEqual(yield* statusWith(proxy, { authorization: "Bearer k-2" }), 200)
      assert.deepStrictEqual(timesAsked(), [1, 1, 1])
      assert.include(proxy.stderr(), "the badge service is down")
      plugin("a").answer(asked, { Authenticated: true, Principal: "p" })
      assert.strictEqual(yield* statusWith(proxy), 200)
      assert.deepStrictEqual(timesAsked(), [2, 2, 1])
      plugin("a").answer(asked, { Authenticated: false })
      plugin("c").answer(asked, { Authenticated: false })
      const wrong = yield* chat(proxy, {}, { authorization: "Bearer k-2" })
      assert.strictEqual(wrong.status, 401)
      assert.include(yield* textOf(wrong), "The API key that was sent is not known to this gateway.")
    })
  )

  it.live("decide alone when they ask for it: the first in order, against other plugins and keys", () =>
    Effect.gen(function* () {
      const exclusive = { frontend_auth_provider_exclusive: true }
      const { plugin, proxy, timesAsked } = yield* guardedBy(
        [
          { id: "b", capabilities: exclusive },
          { id: "a", capabilities: exclusive },
          { id: "c", priority: 9 }
        ],
        "api-keys: [k-1]\n"
      )
      for (const id of ["b", "c"]) plugin(id).answer(asked, { Authenticated: true, Principal: "p" })
      assert.strictEqual(yield* statusWith(proxy, { authorization: "Bearer k-1" }), 401)
      plugin("a").answer(asked, { Authenticated: true, Principal: "p" })
      assert.strictEqual(yield* statusWith(proxy), 200)
      assert.deepStrictEqual(timesAsked(), [0, 2, 0])
    })
  )

  it.live("do without the body when they say so, from schema 7 on", () =>
    Effect.gen(function* () {
      const omit = { frontend_auth_provider_omit_body: true }
      const { plugin, proxy } = yield* guardedBy([
        { id: "new", capabilities: omit, schema: 7 },
        { id: "old", capabilities: omit, schema: 6 }
      ])
      assert.strictEqual(yield* statusWith(proxy), 401)
      assert.isNull(plugin("new").lastRequest(asked)["Body"])
      assert.isString(plugin("old").lastRequest(asked)["Body"])
    })
  )

  it.live("keep the door shut when they crash", () =>
    Effect.gen(function* () {
      const { plugin, proxy } = yield* guardedBy([{ id: "gate" }])
      plugin("gate").crash(asked)
      for (let time = 0; time < 7; time++) assert.strictEqual(yield* statusWith(proxy), 401)
    })
  )

  it.live("and guard the doors by the operator's word are waited for, whatever key a client has", () =>
    Effect.gen(function* () {
      const { proxy, status, text } = yield* absent("127.0.0.1", "enabled: true, guards: true", "api-keys: [k]\n")
      assert.strictEqual(status, 503)
      assert.match(text, /`gate`.*client_auth_unavailable/)
      assert.match(proxy.stderr(), /level=ERROR.*plugin gate guards the doors and does not serve/i)
      assert.strictEqual((yield* Effect.promise(() => fetch(`${proxy.url}/healthz`))).status, 200)
    })
  )

  it.live(
    "and may be guards keep doors to a network closed that have no keys, unless the operator says they are none",
    () =>
      Effect.gen(function* () {
        const { status, text } = yield* absent("0.0.0.0", "enabled: true")
        assert.strictEqual(status, 503)
        assert.match(text, /`gate`.*`guards: false`.*client_auth_unavailable/)
        for (const settings of ["enabled: true, guards: false", "enabled: false"]) {
          assert.strictEqual((yield* absent("0.0.0.0", settings)).status, 200, settings)
        }
        assert.strictEqual((yield* absent("0.0.0.0", "enabled: true", "api-keys: [k]\n")).status, 200)
        const loopback = yield* absent("127.0.0.1", "enabled: true")
        assert.strictEqual(loopback.status, 200)
        assert.match(loopback.proxy.stderr(), /level=ERROR.*plugin gate may be what knows the clients/i)
      })
  )

  it.live("that give no name do not count", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      const plugin = scriptedPlugin(cwd, "nameless", { frontend_auth_provider: true })
      plugin.answer("frontend_auth.identifier", { identifier: "  " })
      plugin.answer(asked, { Authenticated: false })
      writeFileSync(
        join(cwd, "c.yaml"),
        "demo: true\nplugins:\n  enabled: true\n  dir: .\n  configs:\n    nameless: {enabled: true}\n"
      )
      const proxy = yield* startProxy(["--config", "c.yaml"], { cwd })
      assert.strictEqual(yield* statusWith(proxy), 200)
      assert.deepStrictEqual(plugin.calls(asked), [])
    })
  )
})
