import { PluginCrashed } from "@cliproxy/abi"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { Gateway } from "../../src/gateway.ts"
import { layerGatewayWith } from "../../src/gateway-live.ts"
import { provider, settings } from "../gateway-settings.ts"
import { file, pluginDoubles, refused, registration } from "../plugin-double.ts"
import { recordingSink } from "../recording-sink.ts"
import { completionBody, startProvider } from "../scripted-provider.ts"
import { base64, type Script, type Seen } from "./scripted-plugins.ts"

const EXECUTOR = { executor: true, executor_input_formats: ["openai"], executor_output_formats: ["openai"] }

interface Described {
  readonly capabilities: Record<string, unknown>
  readonly answers: Script
}

/** A gateway with these plugins, the first of the highest priority, before provider `p`, whose model is `m`. */
const gatewayWith = Effect.fnUntraced(function* (
  plugins: Record<string, Described>,
  files: Record<string, object> = {}
) {
  const authDir = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "cliproxy-executor-"))),
    (dir) => Effect.sync(() => rmSync(dir, { recursive: true, force: true }))
  )
  for (const [name, content] of Object.entries(files)) writeFileSync(join(authDir, name), JSON.stringify(content))
  const ids = Object.keys(plugins)
  const doubles = pluginDoubles(...ids.map((id) => file(id)))
  for (const [id, { answers, capabilities }] of Object.entries(plugins)) {
    const registered = () => ({ ...registration(id), capabilities })
    doubles.answers.set(`/plugins/${id}.so`, {
      "plugin.register": registered,
      "plugin.reconfigure": registered,
      ...answers
    })
  }
  const upstream = yield* startProvider
  const gateway = Context.get(yield* Layer.build(layerGatewayWith(doubles)), Gateway)
  const configs = new Map(
    ids.map((id, index) => [
      id,
      { enabled: true, isolation: "process" as const, priority: -index, version: undefined, yaml: "enabled: true\n" }
    ])
  )
  const configured = settings([provider(upstream.baseUrl, ["a", "b"])], {
    authDir,
    plugins: { enabled: true, dir: "/plugins", allowNewerSchema: false, configs }
  })
  yield* gateway.configure(configured)
  let requests = 0
  return {
    gateway,
    upstream,
    configured,
    ask: (json: Seen, sink = recordingSink()) =>
      Effect.suspend(() => {
        const body = Buffer.from(JSON.stringify(json))
        const id = `r-${++requests}`
        return gateway.generate({ id, path: "/v1/chat/completions", headers: {}, body, json }, sink)
      }).pipe(Effect.as(sink)),
    asked: (method: string) => doubles.calls.filter((call) => call.method === method),
    methods: () =>
      doubles.calls.filter(({ method }) => !/^plugin\.|identifier$/.test(method)).map(({ method }) => method),
    host: (id: string, method: string, request: object) =>
      Effect.suspend(() => doubles.hostCalls.get(id)!(method, Buffer.from(JSON.stringify(request)))).pipe(
        Effect.map(
          (bytes) => JSON.parse(Buffer.from(bytes).toString()) as { readonly result?: Seen; readonly error?: Seen }
        )
      )
  }
})

const answer = (content: string) => ({ Payload: base64(completionBody(content)) })

/** A plugin that executes for the credentials of `lab` in the auth directory, as the function says. */
const lab = (execute: (request: Seen) => unknown): Described => ({
  capabilities: { ...EXECUTOR, model_provider: true, executor_model_scope: "oauth" },
  answers: {
    "executor.identifier": () => ({ identifier: "lab" }),
    "model.for_auth": () => ({ Models: [{ ID: "lab-large" }, { ID: "lab-late" }] }),
    "executor.execute": execute,
    "executor.execute_stream": execute
  }
})

const TWO = { "a.json": { type: "lab", priority: 9 }, "b.json": { type: "lab" } }

type World = Effect.Success<ReturnType<typeof gatewayWith>>

describe("the credentials of a plugin's provider", () => {
  it.live("take over from each other, and rest by the status of the plugin's error (148)", () =>
    Effect.gen(function* () {
      const { ask, asked } = yield* gatewayWith(
        { lab: lab(({ AuthID }) => (AuthID === "a.json" ? refused("limit", "slow down", 429) : answer("by b"))) },
        TWO
      )
      for (let i = 0; i < 3; i++) {
        assert.strictEqual((yield* ask({ model: "lab-large" })).text(), completionBody("by b"))
      }
      assert.deepStrictEqual(
        asked("executor.execute").map(({ request }) => request["AuthID"]),
        ["a.json", "b.json", "b.json", "b.json"]
      )
    })
  )

  it.live("rest when the plugin says 401, which the client is told once, and as trouble of the pool from then on", () =>
    Effect.gen(function* () {
      const { ask, asked } = yield* gatewayWith({ lab: lab(() => refused("key", "the token was revoked", 401)) }, TWO)
      assert.deepInclude(yield* Effect.flip(ask({ model: "lab-large" })), {
        _tag: "UpstreamFailed",
        status: 401,
        message: "the token was revoked"
      })
      assert.strictEqual(asked("executor.execute").length, 2)
      const later = yield* Effect.flip(ask({ model: "lab-large" }))
      assert.strictEqual(later._tag, "NoCredential")
      assert.match(later.message, /a\.json/)
      assert.strictEqual(asked("executor.execute").length, 2)
    })
  )

  it.live("are not tried one after the other with a request that is wrong in itself", () =>
    Effect.gen(function* () {
      const { ask, asked } = yield* gatewayWith({ lab: lab(() => refused("bad", "no such tool", 400)) }, TWO)
      assert.deepInclude(yield* Effect.flip(ask({ model: "lab-large" })), {
        _tag: "UpstreamFailed",
        status: 400,
        message: "no such tool"
      })
      assert.strictEqual(asked("executor.execute").length, 1)
    })
  )

  it.live("take over when the plugin crashes again and again with one of them", () =>
    Effect.gen(function* () {
      const crash = Effect.fail(new PluginCrashed({ plugin: "lab", method: "m", ending: "signal SIGSEGV" }))
      const { ask, asked } = yield* gatewayWith(
        { lab: lab(({ AuthID }) => (AuthID === "a.json" ? crash : answer("by b"))) },
        TWO
      )
      assert.strictEqual((yield* ask({ model: "lab-large" })).text(), completionBody("by b"))
      assert.strictEqual(asked("executor.execute").length, 3)
    })
  )

  it.live("take over a stream before its first chunk, and never after it", () =>
    Effect.gen(function* () {
      const world: World = yield* gatewayWith(
        {
          lab: lab(({ AuthID, Model, stream_id }) => {
            const emit = (request: object) => world.host("lab", "host.stream.emit", { stream_id, ...request })
            const fail = world.host("lab", "host.stream.close", { stream_id, error: "it broke" })
            if (AuthID === "b.json") return { chunks: [{ Payload: base64('{"by":"b"}') }] }
            const begun = Model === "lab-late" ? emit({ payload: base64('{"by":"a"}') }) : Effect.void
            return Effect.as(Effect.andThen(begun, fail), {})
          })
        },
        TWO
      )
      const { ask, asked } = world
      const late = recordingSink()
      assert.deepInclude(yield* Effect.flip(ask({ model: "lab-late", stream: true }, late)), {
        _tag: "UpstreamUnreachable",
        midStream: true,
        message: "it broke"
      })
      assert.strictEqual(late.text(), 'data: {"by":"a"}\n\n')
      const sink = yield* ask({ model: "lab-large", stream: true })
      assert.strictEqual(sink.text(), 'data: {"by":"b"}\n\ndata: [DONE]\n\n')
      assert.deepStrictEqual(
        asked("executor.execute_stream").map(({ request }) => request["AuthID"]),
        ["a.json", "a.json", "b.json"]
      )
    })
  )
})

/** A plugin that takes every request for `auto` itself and serves it so; what else it can do comes on top. */
const self = (execute: (request: Seen) => unknown, more: Partial<Described> = {}): Described => ({
  capabilities: { ...EXECUTOR, model_router: true, ...more.capabilities },
  answers: {
    "executor.identifier": () => ({ identifier: "self" }),
    "model.route": ({ RequestedModel }) => ({ Handled: String(RequestedModel).startsWith("auto"), TargetKind: "self" }),
    "executor.execute": execute,
    ...more.answers
  }
})

/** A plugin that watches everything and changes nothing. */
const watcher: Described = {
  capabilities: { request_interceptor: true, request_lifecycle_plugin: true, usage_plugin: true, model_router: true },
  answers: {
    "model.route": () => ({ Handled: false }),
    "request.intercept_before": () => ({}),
    "request.intercept_after": () => ({}),
    "request.complete": () => ({}),
    "usage.handle": () => ({})
  }
}

describe("a request that a plugin has taken itself", () => {
  it.live("goes through the interceptors, after the routers, and is reported under the plugin's name (130, 133)", () =>
    Effect.gen(function* () {
      const { ask, asked, methods } = yield* gatewayWith({ own: self(() => answer("mine")), watcher })
      assert.strictEqual((yield* ask({ model: "auto" })).text(), completionBody("mine"))
      while (asked("usage.handle").length === 0 || asked("request.complete").length === 0) yield* Effect.sleep(2)
      assert.deepStrictEqual(methods().slice(0, 4), [
        "model.route",
        "request.intercept_before",
        "request.intercept_after",
        "executor.execute"
      ])
      assert.deepInclude(asked("executor.execute")[0]?.request, { AuthID: "", AuthProvider: "", Model: "auto" })
      assert.deepInclude(asked("usage.handle")[0]?.request, { Provider: "own", ExecutorType: "", Model: "auto" })
    })
  )

  it.live("may be served with other models: without its plugin's own hooks, and counted once (156)", () =>
    Effect.gen(function* () {
      const nested = { entry_protocol: "openai", model: "m", stream: false, body: base64('{"model":"m"}') }
      const world: World = yield* gatewayWith({
        own: self(
          ({ host_callback_id }) =>
            Effect.map(world.host("own", "host.model.execute", { ...nested, host_callback_id }), ({ result }) => ({
              Payload: result?.["body"]
            })),
          {
            capabilities: { request_interceptor: true, request_lifecycle_plugin: true },
            answers: {
              "request.intercept_before": () => ({}),
              "request.intercept_after": () => ({}),
              "request.complete": () => ({})
            }
          }
        ),
        watcher
      })
      const { ask, asked } = world
      assert.strictEqual((yield* ask({ model: "auto" })).text(), completionBody("served by a"))
      while (asked("request.complete").length < 3) yield* Effect.sleep(2)
      const by = (method: string) => asked(method).map(({ path }) => path.slice("/plugins/".length, -".so".length))
      // The plugin takes the client's request before the watcher is asked; of the nested one it hears nothing.
      assert.deepStrictEqual(by("model.route"), ["own", "watcher"])
      assert.deepStrictEqual(by("request.intercept_before"), ["own", "watcher", "watcher"])
      assert.deepStrictEqual(by("request.complete").toSorted(), ["own", "watcher", "watcher"])
      const [, inner] = asked("request.intercept_before").filter(({ path }) => path.includes("watcher"))
      assert.deepInclude(inner?.request["Metadata"], { source: "plugin_host_model_callback" })
      assert.strictEqual(inner?.request["TraceID"], "r-1")
      yield* Effect.sleep(20)
      assert.deepStrictEqual(
        asked("usage.handle").map(({ request }) => request["Provider"]),
        ["p"]
      )
    })
  )

  it.live("may be served by a credential that the plugin names", () =>
    Effect.gen(function* () {
      const nested = { entry_protocol: "openai", model: "m", body: base64('{"model":"m"}'), forced_provider: "p" }
      const world: World = yield* gatewayWith({
        own: self(({ host_callback_id, Model }) => {
          const auth_id = Model === "auto" ? "p/b" : "p/c"
          return Effect.map(
            world.host("own", "host.model.execute", { ...nested, auth_id, host_callback_id }),
            ({ error, result }) => ({ Payload: result?.["body"] ?? base64(JSON.stringify(error)) })
          )
        })
      })
      for (let i = 0; i < 3; i++) {
        assert.strictEqual((yield* world.ask({ model: "auto" })).text(), completionBody("served by b"))
      }
      assert.include((yield* world.ask({ model: "auto(high)" })).text(), "`p/c` does not serve the model `m`")
      assert.strictEqual(world.upstream.received.length, 3)
    })
  )

  it.live("fails with the plugin's error and is not tried again", () =>
    Effect.gen(function* () {
      const { ask, asked } = yield* gatewayWith({ own: self(() => refused("x", "not today", 503)) })
      assert.deepInclude(yield* Effect.flip(ask({ model: "auto" })), {
        _tag: "UpstreamFailed",
        status: 503,
        message: "not today"
      })
      assert.strictEqual(asked("executor.execute").length, 1)
    })
  )
})

describe("a request that a plugin has routed to a provider", () => {
  it.live("goes there with the model that the plugin names, also one that nobody lists (129)", () =>
    Effect.gen(function* () {
      const { ask, upstream } = yield* gatewayWith({
        router: {
          capabilities: { model_router: true },
          answers: {
            "model.route": ({ RequestedModel }) => ({
              Handled: true,
              TargetKind: "provider",
              Target: "P",
              TargetModel: RequestedModel === "cheap" ? "m" : ""
            })
          }
        }
      })
      for (const model of ["cheap", "unlisted"]) yield* ask({ model })
      assert.deepStrictEqual(
        upstream.received.map(({ body }) => (JSON.parse(body) as Seen)["model"]),
        ["upstream-model", "unlisted"]
      )
    })
  )
})

describe("the models of plugins", () => {
  it.live("come and go with every configuration (85)", () =>
    Effect.gen(function* () {
      let ids = ["x", "y"]
      const { ask, configured, gateway } = yield* gatewayWith({
        lister: {
          capabilities: { ...EXECUTOR, model_registrar: true },
          answers: {
            "model.register": () => ({ Provider: "lab", Models: ids.map((ID) => ({ ID, Created: 7 })) }),
            "executor.execute": ({ Model }) => answer(String(Model))
          }
        }
      })
      const listed = Effect.map(gateway.models, (models) => models.map(({ created, id }) => (created === 7 ? id : "-")))
      assert.deepStrictEqual(yield* listed, ["-", "x", "y"])
      assert.strictEqual((yield* ask({ model: "x" })).text(), completionBody("x"))
      ids = ["y"]
      yield* gateway.configure(configured)
      assert.deepStrictEqual(yield* listed, ["-", "y"])
      assert.deepInclude(yield* Effect.flip(ask({ model: "x" })), { _tag: "InvalidRequest", status: 404 })
      yield* gateway.configure({ ...configured, plugins: { ...configured.plugins, enabled: false } })
      assert.deepStrictEqual(yield* listed, ["-"])
    })
  )

  it.live("that need no credential have nothing to rest from", () =>
    Effect.gen(function* () {
      const answers: Array<unknown> = [refused("limit", "slow down", 429), answer("again")]
      const { ask } = yield* gatewayWith({
        lister: {
          capabilities: { ...EXECUTOR, model_registrar: true },
          answers: {
            "model.register": () => ({ Provider: "lab", Models: [{ ID: "x" }] }),
            "executor.execute": () => answers.shift()
          }
        }
      })
      assert.deepInclude(yield* Effect.flip(ask({ model: "x" })), { _tag: "UpstreamFailed", status: 429 })
      assert.strictEqual((yield* ask({ model: "x" })).text(), completionBody("again"))
    })
  )

  it.live("of a configured provider are served by its credentials (84)", () =>
    Effect.gen(function* () {
      const { ask, asked, upstream } = yield* gatewayWith({
        lister: {
          capabilities: { ...EXECUTOR, model_registrar: true },
          answers: { "model.register": () => ({ Provider: "p", Models: [{ ID: "extra" }, { ID: "m" }] }) }
        }
      })
      yield* ask({ model: "extra" })
      yield* ask({ model: "m" })
      assert.deepStrictEqual(
        upstream.received.map(({ body }) => (JSON.parse(body) as Seen)["model"]),
        ["extra", "upstream-model"]
      )
      assert.deepStrictEqual(asked("executor.execute"), [])
    })
  )
})
