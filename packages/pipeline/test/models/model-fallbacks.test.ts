import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Result } from "effect"
import { randomUUID } from "node:crypto"

import { Gateway } from "../../src/gateway.ts"
import { layerGatewayWith } from "../../src/gateway-live.ts"
import { fallbackChain } from "../../src/models/model-fallbacks.ts"
import type { GatewaySettings } from "../../src/settings.ts"
import { provider, settings } from "../gateway-settings.ts"
import { pluginDoubles } from "../plugin-double.ts"
import { recordingSink } from "../recording-sink.ts"
import { eventStream, failing, hang, startProvider, streaming } from "../scripted-provider.ts"

const chain = (lists: Record<string, ReadonlyArray<string>>, model: string) =>
  fallbackChain(new Map(Object.entries(lists)), model).join()

describe("the models that stand in for a model", () => {
  it("come in the order of its list, each followed by its own", () => {
    assert.strictEqual(chain({ a: ["b", "c"], b: ["d"], d: ["e"] }, "a"), "b,d,e,c")
    assert.strictEqual(chain({ a: ["b", "c"], b: ["c"] }, "a"), "b,c")
    assert.strictEqual(chain({ a: ["b"] }, "b"), "")
  })

  it("never go round in circles", () => {
    assert.strictEqual(chain({ a: ["b"], b: ["c"], c: ["a", "b"] }, "a"), "b,c")
    assert.strictEqual(chain({ a: ["a"] }, "a"), "")
  })
})

/** Models a, b and c, each with a key of that name. */
const start = Effect.fnUntraced(function* (
  fallbacks: Record<string, ReadonlyArray<string>>,
  more?: Partial<GatewaySettings>
) {
  const server = yield* startProvider
  const gateway = Context.get(yield* Layer.build(layerGatewayWith(pluginDoubles())), Gateway)
  const providers = ["a", "b", "c"].map((name) =>
    provider(server.baseUrl, [name], { name: `p${name}`, models: [{ name: `upstream-${name}`, alias: name }] })
  )
  yield* gateway.configure(settings(providers, { fallbacks: new Map(Object.entries(fallbacks)), ...more }))
  const ask = (json: Record<string, unknown>, sink = recordingSink()) => {
    const body = Buffer.from(JSON.stringify(json))
    return Effect.as(
      gateway.generate({ id: randomUUID(), path: "/v1/chat/completions", headers: {}, body, json }, sink),
      sink
    )
  }
  const models = () => server.received.map(({ body }) => (JSON.parse(body) as { model: string }).model)
  return { server, ask, models, providers, gateway }
})

describe("a model that cannot be served", () => {
  for (const status of [401, 403, 404, 429, 500, 529]) {
    it.live(`because its provider says ${status} gives way to the next, and the answer says which`, () =>
      Effect.gen(function* () {
        const { ask, models, server } = yield* start({ a: ["b", "c"] })
        server.script.set("key-a", [failing(status)])
        server.script.set("key-b", [failing(status)])
        const sink = yield* ask({ model: "a" })
        assert.include(sink.text(), "served by c")
        assert.strictEqual(sink.headers()?.["x-cliproxy-model"], "c")
        assert.deepStrictEqual(models(), ["upstream-a", "upstream-b", "upstream-c"])
        // It rests now, and is not even asked.
        yield* ask({ model: "a" })
        assert.strictEqual(models().at(-1), "upstream-c")
      })
    )
  }

  it.live("gives way to one whose name no header can hold, which is told percent-encoded", () =>
    Effect.gen(function* () {
      const { ask, gateway, providers } = yield* start({})
      const [first] = providers.map((one) => ({ ...one, models: [{ name: "upstream", alias: "模型" }] }))
      const fallbacks = new Map([["gone", ["模型"]]])
      yield* gateway.configure(settings(first === undefined ? [] : [first], { fallbacks }))
      const told = { 模型: "%E6%A8%A1%E5%9E%8B", "模型(\ud800)": "%E6%A8%A1%E5%9E%8B(%EF%BF%BD)" }
      for (const [name, expected] of Object.entries(told)) {
        const sink = yield* ask({ model: name.replace("模型", "gone") })
        assert.strictEqual(sink.headers()?.["x-cliproxy-model"], expected)
      }
    })
  )

  it.live("is asked again as soon as it can be, and its own answer needs no header", () =>
    Effect.gen(function* () {
      const { ask } = yield* start({ a: ["b"] })
      const sink = yield* ask({ model: "a" })
      assert.include(sink.text(), "served by a")
      assert.isUndefined(sink.headers()?.["x-cliproxy-model"])
    })
  )

  it.live("gives way before anything of a stream was promised, and not after", () =>
    Effect.gen(function* () {
      const { ask, server } = yield* start({ a: ["b"] })
      server.script.set("key-a", [streaming([": waiting\n\n"], "reset")])
      server.script.set("key-b", [streaming([eventStream(["from b"])])])
      const sink = yield* ask({ model: "a", stream: true })
      assert.include(sink.text(), "from b")
      server.script.set("key-a", [streaming([eventStream(["from a"]).split("\n\n")[0] + "\n\n"], "reset")])
      const cut = recordingSink()
      assert.deepInclude(yield* Effect.flip(ask({ model: "a", stream: true }, cut)), { midStream: true })
      assert.include(cut.text(), "from a")
    })
  )

  it.live("does not give way when the request itself is at fault, or the operator says stop", () =>
    Effect.gen(function* () {
      const errorRules = [{ status: 503, action: "stop" as const }]
      const { ask, models, server } = yield* start({ a: ["b"] }, { errorRules })
      for (const status of [400, 503]) {
        server.script.set("key-a", [failing(status)])
        assert.deepInclude(yield* Effect.flip(ask({ model: "a" })), { _tag: "UpstreamFailed", status })
      }
      assert.deepStrictEqual(models(), ["upstream-a", "upstream-a"])
    })
  )

  it.live("tells of its own failure when nobody could stand in", () =>
    Effect.gen(function* () {
      const { ask, models, server } = yield* start({ a: ["gone", "b"] })
      server.script.set("key-a", [failing(503, "a is down")])
      server.script.set("key-b", [failing(429, "b is busy")])
      assert.deepInclude(yield* Effect.flip(ask({ model: "a" })), { status: 503, message: "a is down" })
      assert.deepStrictEqual(models(), ["upstream-a", "upstream-b"])
    })
  )

  it.live("may be one that nobody serves, or only disabled credentials do", () =>
    Effect.gen(function* () {
      const { ask, gateway, providers } = yield* start({ "gpt-9": ["b"] })
      const sink = yield* ask({ model: "gpt-9(high)" })
      assert.include(sink.text(), "served by b")
      assert.strictEqual(sink.headers()?.["x-cliproxy-model"], "b(high)")
      const disabled = providers.map((one) => (one.name === "pa" ? { ...one, disabled: true } : one))
      yield* gateway.configure(settings(disabled, { fallbacks: new Map([["a", ["c"]]]) }))
      assert.include((yield* ask({ model: "a" })).text(), "served by c")
    })
  )

  const lists = {
    "each followed by its own": { a: ["b"], b: ["c"] },
    "one that nobody has among them": { a: ["gone", "c"], gone: ["b"] },
    "in circles": { a: ["b"], b: ["a"] },
    "in place of a name that nobody has": { gone: ["b", "a"], b: ["c"] },
    "of a name with parentheses": { "a(high)": ["c"], a: ["b"] }
  }
  for (const [how, fallbacks] of Object.entries(lists)) {
    it.live(`is explained as requests are served: ${how}`, () =>
      Effect.gen(function* () {
        const { ask, gateway, models, server } = yield* start(fallbacks)
        for (const model of ["a", "a(high)", "b(8192)", "gone", "gone(low)"]) {
          for (const name of ["a", "b", "c"]) server.script.set(`key-${name}`, [failing(503)])
          for (const name of ["a", "b", "c"]) yield* gateway.insight?.clear(`p${name}/${name}`) ?? Effect.void
          server.received.length = 0
          yield* Effect.flip(ask({ model }))
          const explained = yield* Effect.result(gateway.insight?.explain(model, {}) ?? Effect.die("no insight"))
          const order = Result.isFailure(explained)
            ? []
            : [explained.success.model, ...explained.success.fallbacks].map((name) => name.replace(/\(.*/, ""))
          assert.deepStrictEqual(
            order.map((name) => `upstream-${name}`),
            models()
          )
          const stoodIn = Result.isSuccess(explained) ? explained.success.inPlaceOf : undefined
          assert.strictEqual(stoodIn, model.startsWith("gone") && order.length > 0 ? model : undefined)
        }
      })
    )
  }

  it.live("is given up with the client, whoever stands in", () =>
    Effect.gen(function* () {
      const { ask, server } = yield* start({ a: ["b"] })
      server.script.set("key-a", [failing(500)])
      server.script.set("key-b", [hang])
      assert.deepStrictEqual(
        yield* Effect.timeoutOption(ask({ model: "a" }), "200 millis").pipe(Effect.map((o) => o._tag)),
        "None"
      )
      yield* Effect.promise(() => server.received.at(-1)!.hungUp)
    })
  )
})
