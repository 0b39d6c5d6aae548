import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Scope } from "effect"

import { Gateway } from "../../src/gateway.ts"
import { layerGatewayWith } from "../../src/gateway-live.ts"
import { provider, settings } from "../gateway-settings.ts"
import { file, pluginDoubles, refused, registration } from "../plugin-double.ts"
import { recordingSink } from "../recording-sink.ts"
import { eventStream, failing, hang, startProvider, streaming } from "../scripted-provider.ts"
import { base64, type HookedGateway, hookedGateway } from "./hooked-gateway.ts"

const listener = (answers: Record<string, (request: Record<string, unknown>) => unknown> = {}) => ({
  capabilities: { request_lifecycle_plugin: true },
  answers: { "request.complete": () => ({}), ...answers }
})

const hello = { model: "m", messages: [] }

/** Waits until as many completions have come, and a moment longer for one too many. */
const completions = Effect.fnUntraced(function* ({ calls }: HookedGateway, count: number) {
  while (calls("request.complete").length < count) yield* Effect.sleep(2)
  yield* Effect.sleep(20)
  return calls("request.complete").map(({ request }) => request)
})

describe("request.complete", () => {
  it.live("is sent once with the interceptor's request ID when the request succeeded (157, 158)", () =>
    Effect.gen(function* () {
      const hooked = yield* hookedGateway({
        both: {
          capabilities: { request_lifecycle_plugin: true, request_interceptor: true },
          answers: {
            "request.complete": () => ({}),
            "request.intercept_before": () => ({}),
            "request.intercept_after": () => ({})
          }
        },
        other: listener()
      })
      yield* hooked.ask(hello)
      const [one, two, ...more] = yield* completions(hooked, 2)
      assert.deepStrictEqual(more, [])
      assert.deepInclude(one, {
        RequestID: hooked.calls("request.intercept_before")[0]?.request["RequestID"],
        SourceFormat: "openai",
        Model: "m",
        RequestedModel: "m",
        Stream: false,
        Outcome: "succeeded",
        StatusCode: 200,
        Error: ""
      })
      assert.strictEqual(two?.["RequestID"], one?.["RequestID"])
      const started = Date.parse(String(one?.["StartedAt"]))
      const completed = Date.parse(String(one?.["CompletedAt"]))
      assert.isTrue(started <= completed && Date.now() - started < 60_000)
    })
  )

  for (const [name, json, script, outcome] of [
    ["a failed request with the upstream's status", hello, [failing(500)], ["failed", 500]],
    ["a bad request with the upstream's status", hello, [failing(422)], ["failed", 422]],
    [
      "a stream that broke off, whose answer had begun",
      { ...hello, stream: true },
      [streaming([eventStream(["a"]).slice(0, 80)], "reset")],
      ["failed", 502]
    ],
    ["a whole stream", { ...hello, stream: true }, [streaming([eventStream(["a"])])], ["succeeded", 200]]
  ] as const) {
    it.live(`tells of ${name} (158)`, () =>
      Effect.gen(function* () {
        const hooked = yield* hookedGateway({ one: listener() })
        hooked.upstream.script.set("key-a", [...script])
        yield* Effect.exit(hooked.ask(json))
        const sent = yield* completions(hooked, 1)
        assert.deepStrictEqual(
          sent.map(({ Outcome, StatusCode }) => [Outcome, StatusCode]),
          [[...outcome]]
        )
      })
    )
  }

  it.live("tells of a request that an interceptor ended (158)", () =>
    Effect.gen(function* () {
      const hooked = yield* hookedGateway({
        one: {
          capabilities: { request_lifecycle_plugin: true, request_interceptor: true },
          answers: {
            "request.complete": () => ({}),
            "request.intercept_before": () => ({ Terminate: true, StatusCode: 429, ResponseBody: base64("later") })
          }
        }
      })
      yield* hooked.ask(hello)
      const [sent] = yield* completions(hooked, 1)
      assert.deepInclude(sent, { Outcome: "rejected", StatusCode: 429 })
    })
  )

  it.live("is delivered when the client has gone, and says so (158, 159)", () =>
    Effect.gen(function* () {
      const hooked = yield* hookedGateway({ one: listener() })
      hooked.upstream.script.set("key-a", [hang])
      const fiber = yield* Effect.forkChild(hooked.ask(hello))
      while (hooked.upstream.received.length === 0) yield* Effect.sleep(2)
      yield* Fiber.interrupt(fiber)
      const [sent] = yield* completions(hooked, 1)
      assert.deepInclude(sent, { Outcome: "canceled", StatusCode: 0 })
    })
  )

  it.live("keeps no client waiting, and no other plugin (159)", () =>
    Effect.gen(function* () {
      const release = Deferred.makeUnsafe<void>()
      const hooked = yield* hookedGateway({
        slow: listener({ "request.complete": () => Effect.as(Deferred.await(release), {}) }),
        failing: listener({ "request.complete": () => refused("x", "no") }),
        quick: listener()
      })
      const sink = yield* hooked.ask(hello)
      assert.isTrue(sink.ended())
      yield* completions(hooked, 3)
      yield* Deferred.succeed(release, undefined)
    })
  )

  it.live("is not sent for a model that nobody serves, nor for a request that cannot be read (160)", () =>
    Effect.gen(function* () {
      const hooked = yield* hookedGateway({ one: listener() })
      yield* Effect.flip(hooked.ask({ model: "unknown" }))
      yield* Effect.flip(hooked.ask({}))
      yield* Effect.flip(hooked.ask({ model: "m", stream: "yes" }))
      yield* hooked.ask(hello)
      const sent = yield* completions(hooked, 1)
      assert.deepStrictEqual(
        sent.map(({ Outcome }) => Outcome),
        ["succeeded"]
      )
    })
  )

  it.live("still reaches its plugin when the gateway closes right after the request", () =>
    Effect.gen(function* () {
      const upstream = yield* startProvider
      const doubles = pluginDoubles(file("one"))
      let told = false
      doubles.answers.set("/plugins/one.so", {
        "plugin.register": () => registration("one", { request_lifecycle_plugin: true }),
        "plugin.reconfigure": () => registration("one", { request_lifecycle_plugin: true }),
        "request.complete": () =>
          Effect.as(
            Effect.andThen(
              Effect.sleep(30),
              Effect.sync(() => (told = true))
            ),
            {}
          )
      })
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layerGatewayWith(doubles), scope)
      const gateway = yield* Effect.provide(Gateway, context)
      const one = { enabled: true, isolation: "process", priority: 0, version: undefined, yaml: "" } as const
      const plugins = { enabled: true, dir: "/plugins", allowNewerSchema: false, configs: new Map([["one", one]]) }
      yield* gateway.configure(settings([provider(upstream.baseUrl, ["a"])], { plugins }))
      const body = Buffer.from(JSON.stringify(hello))
      yield* gateway.generate({ id: "r", path: "/", headers: {}, body, json: hello }, recordingSink())
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(told)
      assert.deepStrictEqual(doubles.events, ["open /plugins/one.so", "shutdown /plugins/one.so"])
    })
  )
})
