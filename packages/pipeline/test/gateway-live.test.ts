import { PluginDeadlineExceeded } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Logger, References } from "effect"
import { randomUUID } from "node:crypto"

import { Gateway } from "../src/gateway.ts"
import { layerGatewayWith } from "../src/gateway-live.ts"
import type { GatewayOptions } from "../src/gateway-options.ts"
import type { PluginSource } from "../src/plugin-host/plugin-source.ts"
import type { GatewaySettings } from "../src/settings.ts"
import { provider, settings } from "./gateway-settings.ts"
import { file, pluginDoubles, refused } from "./plugin-double.ts"
import { recordingSink } from "./recording-sink.ts"
import {
  completion,
  completionBody,
  eventStream,
  failing,
  hang,
  resetBeforeHeaders,
  startProvider,
  streaming
} from "./scripted-provider.ts"

/** A gateway, configured, and a way to ask it. */
const start = Effect.fnUntraced(function* (
  first: GatewaySettings,
  plugins: PluginSource = pluginDoubles(),
  options?: GatewayOptions
) {
  const context = yield* Layer.build(layerGatewayWith(plugins, options))
  const gateway = Context.get(context, Gateway)
  const problems = yield* gateway.configure(first)
  const ask = (
    json: Record<string, unknown>,
    sink = recordingSink(),
    headers: Record<string, ReadonlyArray<string>> = {}
  ) =>
    gateway
      .generate(
        { id: randomUUID(), path: "/v1/chat/completions", headers, body: Buffer.from(JSON.stringify(json)), json },
        sink
      )
      .pipe(Effect.as(sink))
  return { gateway, ask, problems }
})

const content = (text: string) =>
  (JSON.parse(text) as { choices: [{ message: { content: string } }] }).choices[0].message.content

const pluginSettings = (...ids: ReadonlyArray<string>): GatewaySettings["plugins"] => ({
  enabled: true,
  dir: "/plugins",
  allowNewerSchema: false,
  configs: new Map(
    ids.map((id, i) => [
      id,
      {
        enabled: true,
        isolation: "process" as const,
        priority: -i,
        version: undefined,
        yaml: "enabled: true\n"
      }
    ])
  )
})

describe("a chat completion", () => {
  it.live("reaches the provider with its own bytes, only the model name changed", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const { gateway } = yield* start(settings([provider(server.baseUrl, ["a"])]))
      const text = '{ "seed":12345678901234567890, "model" : "m(high)","messages":[{"model":"m"}] }'
      const sink = recordingSink()
      yield* gateway.generate(
        {
          id: "r",
          path: "/v1/chat/completions",
          headers: { Cookie: ["c"], "X-Api-Key": ["client-key"] },
          body: Buffer.from(text),
          json: JSON.parse(text) as Record<string, unknown>
        },
        sink
      )
      const [request] = server.received
      assert.strictEqual(
        request?.body,
        text.replace('"m(high)"', '"upstream-model"').replace(" }", ',"reasoning_effort":"high" }')
      )
      assert.notInclude(JSON.stringify(request?.headers), "client-key")
      assert.strictEqual(request?.headers.cookie, undefined)
      assert.strictEqual(sink.text(), completionBody("served by a"))
    })
  )

  it.live("rotates over the keys", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const { ask } = yield* start(settings([provider(server.baseUrl, ["a", "b", "c"])]))
      const served: Array<string> = []
      for (let i = 0; i < 6; i++) served.push(content((yield* ask({ model: "m" })).text()).slice(-1))
      assert.deepStrictEqual(served, ["a", "b", "c", "a", "b", "c"])
    })
  )

  for (const [name, json, error] of [
    ["has no model", {}, { status: 400, param: "model" }],
    ["has a model that is no text", { model: 7 }, { status: 400, param: "model" }],
    ["has a blank model", { model: " " }, { status: 400, param: "model" }],
    ["has a stream that is no boolean", { model: "m", stream: "yes" }, { status: 400, param: "stream" }],
    ["has an unknown model", { model: "gpt-0" }, { status: 404, param: "model", code: "model_not_found" }]
  ] as const) {
    it.live(`that ${name} is refused, and nothing is sent`, () =>
      Effect.gen(function* () {
        const server = yield* startProvider
        const { ask } = yield* start(settings([provider(server.baseUrl, ["a"])]))
        assert.deepInclude(yield* Effect.flip(ask(json)), { _tag: "InvalidRequest", ...error })
        assert.strictEqual(server.received.length, 0)
      })
    )
  }

  it.live("of a model on disabled credentials only says so", () =>
    Effect.gen(function* () {
      const { ask, gateway } = yield* start(settings([provider("http://127.0.0.1:1", ["a"], { disabled: true })]))
      const error = yield* Effect.flip(ask({ model: "m" }))
      assert.deepInclude(error, { _tag: "NoCredential", status: 503 })
      assert.match(error.message, /only by disabled credentials/)
      assert.deepStrictEqual(yield* gateway.models, [])
    })
  )

  it.live("that finds out whether a credential still has to rest lets others in once its answer begins", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const { ask } = yield* start(settings([provider(server.baseUrl, ["a"])]))
      server.script.set("key-a", [failing(500), streaming([eventStream(["hello"])], "hang"), completion("in")])
      yield* Effect.flip(ask({ model: "m" }))
      const sink = recordingSink()
      const began = Promise.withResolvers<void>()
      const probe = yield* Effect.forkChild(
        ask({ model: "m", stream: true }, { ...sink, write: (bytes) => (began.resolve(), sink.write(bytes)) })
      )
      yield* Effect.promise(() => began.promise)
      assert.strictEqual(content((yield* ask({ model: "m" })).text()), "in")
      yield* Fiber.interrupt(probe)
    })
  )

  for (const [name, behaviour] of [
    ["401", failing(401)],
    ["403", failing(403)],
    ["408", failing(408)],
    ["429", failing(429)],
    ["429 with Retry-After", failing(429, "slow", { "retry-after": "60" })],
    ["500", failing(500)],
    ["529", failing(529)],
    ["a reset connection", resetBeforeHeaders],
    ["an empty stream", streaming([""])],
    ["a stream that is reset before its first event", streaming([": hi\n\n"], "reset")],
    ["a silent provider", hang]
  ] as const) {
    it.live(`fails over after ${name}, and leaves that credential alone for a while`, () =>
      Effect.gen(function* () {
        const server = yield* startProvider
        server.script.set("key-a", [behaviour])
        server.script.set("key-b", [streaming([eventStream(["from b"])])])
        const impatient = provider(server.baseUrl, ["a"], { deadlines: { firstByteMs: 400 } })
        const { ask } = yield* start(settings([impatient, provider(server.baseUrl, ["b"])]))
        assert.strictEqual((yield* ask({ model: "m", stream: true })).text(), eventStream(["from b"]))
        assert.strictEqual((yield* ask({ model: "m", stream: true })).text(), eventStream(["from b"]))
        assert.deepStrictEqual(
          server.received.map(({ key }) => key),
          ["key-a", "key-b", "key-b"]
        )
      })
    )
  }

  it.live("that breaks after its first byte is not tried again, and its credential rests", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const part = eventStream(["a", "b"]).slice(0, 120)
      server.script.set("key-a", [streaming([part])])
      const { ask } = yield* start(settings([provider(server.baseUrl, ["a", "b"])]))
      const sink = recordingSink()
      assert.deepInclude(yield* Effect.flip(ask({ model: "m", stream: true }, sink)), {
        _tag: "UpstreamUnreachable",
        midStream: true
      })
      assert.strictEqual(sink.text(), part)
      assert.isFalse(sink.ended())
      yield* ask({ model: "m" })
      yield* ask({ model: "m" })
      assert.deepStrictEqual(
        server.received.map(({ key }) => key),
        ["key-a", "key-b", "key-b"]
      )
    })
  )

  it.live(
    "whose every credential is rate-limited ends with the provider's own 429, and then with a model_cooldown",
    () =>
      Effect.gen(function* () {
        const server = yield* startProvider
        for (const key of ["key-a", "key-b"])
          server.script.set(key, [failing(429, "slow down", { "retry-after": "20" })])
        const { ask } = yield* start(settings([provider(server.baseUrl, ["a", "b"])]))
        assert.deepInclude(yield* Effect.flip(ask({ model: "m" })), {
          _tag: "UpstreamFailed",
          status: 429,
          message: "slow down",
          retryAfterMs: 20_000
        })
        const error = yield* Effect.flip(ask({ model: "m" }))
        assert.deepInclude(error, { _tag: "NoCredential", status: 429, code: "model_cooldown" })
        assert.match(error.message, /`m` now \(providers: p\): of 2, 2 rate-limited\. The first is back in (19|20) s\./)
        assert.strictEqual(server.received.length, 2)
      })
  )

  it.live("goes to a lower tier only when the higher one has nobody", () =>
    Effect.gen(function* () {
      const [cheap, paid] = [yield* startProvider, yield* startProvider]
      cheap.script.set("key-a", [completion("cheap"), failing(500)])
      paid.script.set("key-z", [completion("paid")])
      const { ask } = yield* start(
        settings([
          provider(paid.baseUrl, ["z"], { name: "paid" }),
          provider(cheap.baseUrl, ["a"], { name: "cheap", priority: 10 })
        ])
      )
      assert.strictEqual(content((yield* ask({ model: "m" })).text()), "cheap")
      assert.strictEqual(content((yield* ask({ model: "m" })).text()), "paid")
    })
  )

  it.live("that the client gives up aborts the provider's request", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      server.script.set("key-a", [hang])
      const { ask } = yield* start(settings([provider(server.baseUrl, ["a"])]))
      const fiber = yield* Effect.forkChild(ask({ model: "m" }))
      while (server.received.length === 0) yield* Effect.sleep("2 millis")
      const at = performance.now()
      yield* Fiber.interrupt(fiber)
      assert.isAtLeast(yield* Effect.promise(() => server.received.at(0)!.hungUp), at)
      // Nobody is to blame: the credential does not rest.
      server.script.delete("key-a")
      yield* ask({ model: "m" })
    })
  )

  it.live("leaves no key in the log or in an error, whatever goes wrong", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      server.script.set("key-a", [failing(401, "Incorrect API key provided: key-a")])
      server.script.set("key-b", [failing(500, "key-b has failed")])
      const lines: Array<string> = []
      const logger = Logger.make<unknown, void>(({ fiber, message }) => {
        lines.push(JSON.stringify([message, fiber.getRef(References.CurrentLogAnnotations)]))
      })
      yield* Effect.gen(function* () {
        const { ask } = yield* start(settings([provider(server.baseUrl, ["a", "b"])]))
        lines.push(JSON.stringify(yield* Effect.flip(ask({ model: "m" }))))
      }).pipe(Effect.provide(Logger.layer([logger])), Effect.provideService(References.MinimumLogLevel, "All"))
      const all = lines.join("\n")
      assert.include(all, "p/a")
      assert.include(all, "[redacted]")
      assert.notInclude(all, "key-a")
      assert.notInclude(all, "key-b")
    })
  )
})

describe("models", () => {
  it.live("are those that an enabled credential serves, with and without prefix, sorted", () =>
    Effect.gen(function* () {
      const models = [
        { name: "x-1", alias: "x" },
        { name: "a-1", alias: "a" }
      ]
      const { gateway } = yield* start(
        settings([
          provider("http://h/v1", ["a"], { name: "one", models, prefix: "team" }),
          provider("http://h/v1", ["a"], { name: "two", models: models.slice(0, 1) }),
          provider("http://h/v1", ["a"], { name: "off", models: [{ name: "o", alias: "o" }], disabled: true })
        ])
      )
      const listed = yield* gateway.models
      assert.deepStrictEqual(
        listed.map(({ id, ownedBy }) => `${id} ${ownedBy}`),
        ["a one", "team/a one", "team/x one", "x one"]
      )
    })
  )
})

describe("configure", () => {
  it.live("replaces credentials, goes on with the rotation, and remembers who rests", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const { ask, gateway } = yield* start(settings([provider(server.baseUrl, ["a", "b", "c"])]))
      const ids = () => server.received.map(({ key }) => key.slice(-1)).join("")
      yield* ask({ model: "m" })
      server.script.set("key-b", [failing(401)])
      yield* ask({ model: "m" })
      assert.strictEqual(ids(), "abc")
      yield* gateway.configure(settings([provider(server.baseUrl, ["b", "d", "c", "a"])]))
      yield* ask({ model: "m" })
      yield* ask({ model: "m" })
      yield* ask({ model: "m" })
      assert.strictEqual(ids(), "abcdac", "d follows c, and b still rests")
    })
  )

  it.live("gives a named credential a new start when its key is replaced", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      server.script.set("bad", [failing(401)])
      const withKey = (apiKey: string) => settings([provider(server.baseUrl, [], { keys: [{ apiKey, name: "main" }] })])
      const { ask, gateway } = yield* start(withKey("bad"))
      assert.deepInclude(yield* Effect.flip(ask({ model: "m" })), { code: "upstream_auth_failed" })
      assert.deepInclude(yield* Effect.flip(ask({ model: "m" })), { _tag: "NoCredential" })
      yield* gateway.configure(withKey("good"))
      yield* ask({ model: "m" })
      assert.deepStrictEqual(
        server.received.map(({ key }) => key),
        ["bad", "good"]
      )
    })
  )

  it.live("lets requests under way finish with what they have", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const words = ["one", "two", "three", "four"]
      server.script.set("key-a", [streaming(eventStream(words).split(/(?<=\n\n)/), "end", 30)])
      const { ask, gateway } = yield* start(settings([provider(server.baseUrl, ["a"])]))
      const sink = recordingSink()
      const fiber = yield* Effect.forkChild(ask({ model: "m", stream: true }, sink))
      while (!sink.started()) yield* Effect.sleep("2 millis")
      yield* gateway.configure(settings([]))
      assert.deepInclude(yield* Effect.flip(ask({ model: "m" })), { code: "model_not_found" })
      yield* Fiber.join(fiber)
      assert.strictEqual(sink.text(), eventStream(words))
    })
  )
})

describe("a scheduler plugin", () => {
  const withPlugins = Effect.fnUntraced(function* (...ids: ReadonlyArray<string>) {
    const server = yield* startProvider
    const doubles = pluginDoubles(...ids.map((id) => file(id)))
    const first = settings([provider(server.baseUrl, ["a", "b", "c"], { headers: { "X-Secret-Header": "s" } })], {
      plugins: pluginSettings(...ids)
    })
    const started = yield* start(first, doubles)
    assert.deepStrictEqual(started.problems, [])
    const answer = (id: string, pick: (request: Record<string, unknown>) => unknown) =>
      doubles.answers.set(file(id).path, { "scheduler.pick": pick })
    const picks = () => doubles.calls.filter(({ method }) => method === "scheduler.pick")
    const keys = () => server.received.map(({ key }) => key.slice(-1)).join("")
    return { ...started, server, doubles, answer, picks, keys, first }
  })

  it.live("is shown the request and the candidates, and no secret", () =>
    Effect.gen(function* () {
      const { ask, picks } = yield* withPlugins("s")
      yield* ask({ model: "m(8192)", stream: false }, recordingSink(), { "X-Region": ["eu"] })
      const { request } = picks().at(0)!
      const attributes = (name: string) => ({
        auth_kind: "apikey",
        base_url: (request["Candidates"] as [{ Attributes: { base_url: string } }])[0].Attributes.base_url,
        compat_name: "p",
        name,
        priority: "0",
        provider: "p",
        source: "config"
      })
      const candidate = (name: string) => ({
        ID: `p/${name}`,
        Provider: "p",
        Priority: 0,
        Status: "active",
        Attributes: attributes(name),
        Metadata: null
      })
      assert.deepInclude(request, {
        Provider: "",
        Providers: ["p"],
        Model: "m(8192)",
        Stream: false,
        Options: {
          Headers: { "X-Region": ["eu"] },
          Metadata: {
            request_path: "/v1/chat/completions",
            requested_model: "m(8192)",
            session_affinity_provider: "mixed"
          }
        },
        Candidates: ["a", "b", "c"].map(candidate)
      })
      assert.match(attributes("a").base_url, /^http:\/\/127\.0\.0\.1:\d+\/v1$/)
      assert.notInclude(JSON.stringify(request), "key-")
      assert.notInclude(JSON.stringify(request), "X-Secret-Header")
    })
  )

  it.live("chooses, and is asked again without the credential that failed", () =>
    Effect.gen(function* () {
      const { answer, ask, keys, picks, server } = yield* withPlugins("s")
      server.script.set("key-c", [failing(500)])
      answer("s", ({ Candidates }) => ({
        Handled: true,
        AuthID: ` ${(Candidates as ReadonlyArray<{ ID: string }>).at(-1)?.ID}\n`
      }))
      yield* ask({ model: "m" })
      assert.strictEqual(keys(), "cb")
      assert.deepStrictEqual(
        picks().map(({ request }) => (request["Candidates"] as ReadonlyArray<{ ID: string }>).map(({ ID }) => ID)),
        [
          ["p/a", "p/b", "p/c"],
          ["p/a", "p/b"]
        ]
      )
    })
  )

  for (const [name, answer] of [
    ["does not handle the pick", { Handled: false, AuthID: "p/c" }],
    ["names nobody", { Handled: true }],
    ["names somebody who was not offered", { Handled: true, AuthID: "p/x", DelegateBuiltin: "fill-first" }],
    ["delegates to a strategy that is none", { Handled: true, DelegateBuiltin: "Round-Robin" }]
  ] as const) {
    it.live(`that ${name} leaves it to the configured strategy, and nobody else is asked`, () =>
      Effect.gen(function* () {
        const { answer: answers, ask, keys, picks } = yield* withPlugins("s", "t")
        answers("s", () => answer)
        for (let i = 0; i < 3; i++) yield* ask({ model: "m" })
        assert.strictEqual(keys(), "abc")
        assert.deepStrictEqual(new Set(picks().map(({ path }) => path)), new Set([file("s").path]))
      })
    )
  }

  it.live("may delegate to fill-first", () =>
    Effect.gen(function* () {
      const { answer, ask, keys } = yield* withPlugins("s")
      answer("s", () => ({ Handled: true, DelegateBuiltin: " fill-first " }))
      for (let i = 0; i < 3; i++) yield* ask({ model: "m" })
      assert.strictEqual(keys(), "aaa")
    })
  )

  for (const [httpStatus, status] of [
    [undefined, 500],
    [402, 402],
    [200, 500],
    [9999, 500]
  ] as const) {
    it.live(`that refuses with http_status ${httpStatus} stops the request with ${status}`, () =>
      Effect.gen(function* () {
        const { answer, ask, server } = yield* withPlugins("s")
        answer("s", () => refused("scheduler_denied", "denied by policy", httpStatus))
        assert.deepInclude(yield* Effect.flip(ask({ model: "m" })), {
          _tag: "SchedulerRefused",
          status,
          code: "scheduler_denied",
          message: "denied by policy"
        })
        assert.strictEqual(server.received.length, 0)
      })
    )
  }

  it.live("that does not answer in time stops the request with 504", () =>
    Effect.gen(function* () {
      const { answer, ask } = yield* withPlugins("s")
      answer("s", () =>
        Effect.fail(new PluginDeadlineExceeded({ plugin: "s", method: "scheduler.pick", deadlineMs: 5000 }))
      )
      assert.deepInclude(yield* Effect.flip(ask({ model: "m" })), {
        _tag: "SchedulerRefused",
        status: 504,
        message: "plugin s did not answer scheduler.pick within 5000 ms"
      })
    })
  )

  it.live("that answers nonsense stops the request and is asked again", () =>
    Effect.gen(function* () {
      const { answer, ask, picks } = yield* withPlugins("s")
      answer("s", () => ({ Handled: "yes" }))
      for (let i = 0; i < 2; i++) {
        assert.deepInclude(yield* Effect.flip(ask({ model: "m" })), {
          _tag: "SchedulerRefused",
          status: 500,
          code: "plugin_failed"
        })
      }
      assert.strictEqual(picks().length, 2)
    })
  )

  it.live("that fails after a provider did, does not hide the provider's failure", () =>
    Effect.gen(function* () {
      const { answer, ask, picks, server } = yield* withPlugins("s")
      for (const key of ["key-a", "key-b", "key-c"]) server.script.set(key, [failing(503, "overloaded")])
      answer("s", () => (picks().length === 1 ? { Handled: false } : refused("scheduler_denied", "no more")))
      assert.deepInclude(yield* Effect.flip(ask({ model: "m" })), {
        _tag: "UpstreamFailed",
        status: 503,
        message: "overloaded"
      })
      assert.strictEqual(server.received.length, 1)
    })
  )

  it.live("is not asked when nobody is left", () =>
    Effect.gen(function* () {
      const { ask, picks, server } = yield* withPlugins("s")
      for (const key of ["key-a", "key-b", "key-c"]) server.script.set(key, [failing(401)])
      yield* Effect.flip(ask({ model: "m" }))
      assert.strictEqual(picks().length, 3)
      assert.deepInclude(yield* Effect.flip(ask({ model: "m" })), { _tag: "NoCredential", status: 503 })
      assert.strictEqual(picks().length, 3)
    })
  )

  it.live("is shown the one that may be tried although it rests, when everybody rests from a passing failure", () =>
    Effect.gen(function* () {
      const { ask, keys, picks, server } = yield* withPlugins("s")
      for (const key of ["key-a", "key-b", "key-c"]) server.script.set(key, [failing(500)])
      yield* Effect.flip(ask({ model: "m" }))
      for (const key of ["key-a", "key-b", "key-c"]) server.script.delete(key)
      yield* ask({ model: "m" })
      const offered = picks().map(({ request }) => (request["Candidates"] as ReadonlyArray<unknown>).length)
      assert.deepStrictEqual(offered, [3, 2, 1, 1])
      assert.strictEqual(keys().length, 4)
    })
  )

  it.live("is waited for in place only while no other request runs", () =>
    Effect.gen(function* () {
      const { answer, ask, picks } = yield* withPlugins("s")
      const allAsked = Effect.gen(function* () {
        while (picks().length < 3) yield* Effect.sleep("2 millis")
      })
      answer("s", () => Effect.as(allAsked, { Handled: false }))
      yield* Effect.all([ask({ model: "m" }), ask({ model: "m" }), ask({ model: "m" })], { concurrency: "unbounded" })
      assert.deepStrictEqual(
        picks().map(({ inPlaceMicros }) => inPlaceMicros),
        [200, 0, 0]
      )
    })
  )

  it.live("whose call breaks inside the host is taken out of service, and the request goes on", () =>
    Effect.gen(function* () {
      const { answer, ask, keys, picks, gateway, first } = yield* withPlugins("s", "t")
      answer("s", () => {
        throw new Error("a fault of the host")
      })
      for (let i = 0; i < 3; i++) yield* ask({ model: "m" })
      assert.strictEqual(keys(), "abc")
      assert.deepStrictEqual(
        picks().map(({ path }) => path),
        [file("s").path, file("t").path, file("t").path]
      )
      assert.deepStrictEqual(
        (yield* gateway.configure(first)).map(({ plugin }) => plugin),
        ["s"]
      )
    })
  )

  it.live("is reconfigured by every configure, and no longer asked once it is disabled", () =>
    Effect.gen(function* () {
      const { answer, ask, gateway, picks, doubles, first } = yield* withPlugins("s")
      answer("s", () => ({ Handled: true, AuthID: "p/b" }))
      yield* ask({ model: "m" })
      yield* gateway.configure(first)
      yield* gateway.configure({ ...first, plugins: { ...first.plugins, enabled: false } })
      yield* ask({ model: "m" })
      assert.strictEqual(picks().length, 1)
      assert.deepStrictEqual(
        doubles.calls.map(({ method }) => method),
        ["plugin.register", "plugin.reconfigure", "scheduler.pick", "plugin.reconfigure"]
      )
    })
  )
})
