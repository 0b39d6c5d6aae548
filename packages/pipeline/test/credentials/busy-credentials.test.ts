import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import { randomUUID } from "node:crypto"
import type { ServerResponse } from "node:http"

import { Gateway } from "../../src/gateway.ts"
import { layerGatewayWith } from "../../src/gateway-live.ts"
import type { GatewaySettings, ProviderSettings } from "../../src/settings.ts"
import { provider, settings } from "../gateway-settings.ts"
import { pluginDoubles } from "../plugin-double.ts"
import { recordingSink } from "../recording-sink.ts"
import { type Behaviour, completionBody, failing, startProvider } from "../scripted-provider.ts"

/** A provider that answers when it is told, and a gateway in front of it. */
const start = Effect.fnUntraced(function* (
  keys: ReadonlyArray<string>,
  key: Partial<ProviderSettings["keys"][number]>,
  more: Partial<GatewaySettings> = {}
) {
  const server = yield* startProvider
  const open: Array<ServerResponse> = []
  let most = 0
  const arrivals: Array<() => void> = []
  const holds: Behaviour = (response) => {
    open.push(response)
    most = Math.max(most, open.length)
    arrivals.shift()?.()
  }
  for (const name of keys) server.script.set(`key-${name}`, [holds])
  const limited = provider(server.baseUrl, keys)
  const configured = settings([{ ...limited, keys: limited.keys.map((one) => ({ ...one, ...key })) }], more)
  const gateway = Context.get(yield* Layer.build(layerGatewayWith(pluginDoubles())), Gateway)
  yield* gateway.configure(configured)
  const ask = (model = "m") => {
    const json = { model }
    const request = {
      id: randomUUID(),
      path: "/v1/chat/completions",
      headers: {},
      body: Buffer.from(JSON.stringify(json)),
      json
    }
    return gateway.generate(request, recordingSink())
  }
  /** Asks, and waits until the request is with the provider. */
  const arrives = Effect.fnUntraced(function* (model?: string) {
    const arrived = Promise.withResolvers<void>()
    arrivals.push(arrived.resolve)
    const fiber = yield* Effect.forkScoped(ask(model))
    yield* Effect.promise(() => arrived.promise)
    return fiber
  })
  const answerOne = Effect.sync(() => {
    open.shift()?.writeHead(200, { "content-type": "application/json" }).end(completionBody("done"))
  })
  return { server, gateway, ask, arrives, answerOne, configured, most: () => most }
})

describe("max-in-flight", () => {
  it.live("keeps requests waiting until there is room, and then serves each", () =>
    Effect.gen(function* () {
      const queue = { limit: 10, waitMs: 10_000 }
      const { answerOne, arrives, most, server } = yield* start(["a"], { maxInFlight: 1 }, { queue })
      let waiting = yield* arrives()
      for (let i = 0; i < 5; i++) {
        const next = yield* Effect.forkChild(arrives())
        yield* Effect.yieldNow
        yield* answerOne
        yield* Fiber.join(waiting)
        waiting = yield* Fiber.join(next)
      }
      yield* answerOne
      yield* Fiber.join(waiting)
      assert.strictEqual(server.received.length, 6)
      assert.strictEqual(most(), 1, "never two at once")
    })
  )

  it.live("goes on to another credential with room before anybody waits", () =>
    Effect.gen(function* () {
      const { answerOne, arrives, server } = yield* start(["a", "b"], { maxInFlight: 1 })
      const first = yield* arrives()
      const second = yield* arrives()
      assert.deepStrictEqual(server.received.map(({ key }) => key).toSorted(), ["key-a", "key-b"])
      yield* answerOne
      yield* answerOne
      yield* Fiber.join(first)
      yield* Fiber.join(second)
    })
  )

  it.live("gives up a request that has waited too long, with 429 and what keeps it back", () =>
    Effect.gen(function* () {
      const { arrives, ask } = yield* start(["a"], { maxInFlight: 1 }, { queue: { limit: 10, waitMs: 50 } })
      const first = yield* arrives()
      const error = yield* Effect.flip(ask())
      assert.deepInclude(error, { _tag: "NoCredential", status: 429, code: "concurrency_limit", retryAfterMs: 1000 })
      assert.match(
        error.message,
        /1 at capacity\. The request waited for 0 s\..*p\/a: at its limit of 1 requests at once/
      )
      yield* Fiber.interrupt(first)
    })
  )

  it.live("refuses at once what finds the queue full, or when nobody may wait", () =>
    Effect.gen(function* () {
      const { arrives, ask, configured, gateway } = yield* start(
        ["a"],
        { maxInFlight: 1 },
        { queue: { limit: 1, waitMs: 10_000 } }
      )
      const first = yield* arrives()
      const waiting = yield* Effect.forkChild(ask())
      yield* Effect.yieldNow
      assert.match((yield* Effect.flip(ask())).message, /As many requests as may \(1\) wait already/)
      yield* Fiber.interrupt(waiting)
      yield* gateway.configure({ ...configured, queue: { limit: 10, waitMs: 0 } })
      assert.deepInclude(yield* Effect.flip(ask()), { status: 429, code: "concurrency_limit" })
      yield* Fiber.interrupt(first)
    })
  )

  it.live("frees the room of a client that hangs up", () =>
    Effect.gen(function* () {
      const { arrives, ask, server } = yield* start(["a"], { maxInFlight: 1 }, { queue: { limit: 1, waitMs: 10_000 } })
      const first = yield* arrives()
      const second = yield* Effect.forkChild(ask())
      server.script.delete("key-a")
      yield* Fiber.interrupt(first)
      yield* Fiber.join(second)
    })
  )

  it.live("counts for a model alone when it says so", () =>
    Effect.gen(function* () {
      const { answerOne, arrives, ask, configured, gateway } = yield* start(["a"], { maxInFlightPerModel: 1 })
      const [one] = configured.providers
      const models = ["m", "n"].map((alias) => ({ name: alias, alias }))
      yield* gateway.configure({ ...configured, providers: one === undefined ? [] : [{ ...one, models }] })
      const first = yield* arrives("m")
      assert.match((yield* Effect.flip(ask("m"))).message, /at its limit of 1 requests at once for this model/)
      const second = yield* arrives("n")
      yield* answerOne
      yield* answerOne
      yield* Fiber.join(first)
      yield* Fiber.join(second)
    })
  )
})

describe("a model's limit over all credentials", () => {
  const modelLimits = [
    { model: "m", maxInFlight: 2 },
    { model: "*", maxInFlight: 3 }
  ]

  it.live("keeps requests waiting, whichever credentials are free, and then serves each in turn", () =>
    Effect.gen(function* () {
      const queue = { limit: 10, waitMs: 10_000 }
      const { answerOne, arrives, gateway, most, server } = yield* start(["a", "b", "c"], {}, { queue, modelLimits })
      const served = [yield* arrives(), yield* arrives()]
      const waiting = yield* Effect.forkChild(Effect.all([arrives(), arrives()], { concurrency: 2 }))
      yield* Effect.yieldNow
      const metrics = (yield* gateway.insight?.metrics ?? Effect.succeed([])).find(
        ({ name }) => name === "cliproxy_model_in_flight"
      )
      assert.deepStrictEqual(metrics?.samples, [{ labels: [["model", "m"]], value: 2 }])
      yield* answerOne
      yield* answerOne
      served.push(...(yield* Fiber.join(waiting)))
      yield* answerOne
      yield* answerOne
      for (const fiber of served) yield* Fiber.join(fiber)
      assert.strictEqual(server.received.length, 4)
      assert.strictEqual(most(), 2)
    })
  )

  it.live("is told as what it is, with 429, also when some credentials rest, and in explanations", () =>
    Effect.gen(function* () {
      const { arrives, ask, gateway, server } = yield* start(
        ["a", "b", "c"],
        {},
        { modelLimits, strategy: "fill-first" }
      )
      const holds = server.script.get("key-a") ?? []
      server.script.set("key-a", [failing(401), ...holds])
      const running = [yield* arrives(), yield* arrives()]
      const error = yield* Effect.flip(ask())
      assert.deepInclude(error, { _tag: "NoCredential", status: 429, code: "concurrency_limit", retryAfterMs: 1000 })
      assert.match(error.message, /p\/b: the model is at its limit of 2 requests at once over all credentials/)
      const explained = yield* gateway.insight?.explain("m", {}) ?? Effect.die("no insight")
      assert.isUndefined(explained.decision.chosen)
      assert.deepInclude(explained.decision.candidates[1]?.exclusion, { _tag: "AtCapacity", cap: "route", limit: 2 })
      for (const fiber of running) yield* Fiber.interrupt(fiber)
      server.script.delete("key-b")
      yield* ask()
    })
  )

  it.live("counts for each model that fits, and is taken over by a reload", () =>
    Effect.gen(function* () {
      const { arrives, ask, configured, gateway } = yield* start(["a"], {}, { modelLimits })
      const [one] = configured.providers
      const models = ["m", "n", "o"].map((alias) => ({ name: alias, alias }))
      const providers = one === undefined ? [] : [{ ...one, models }]
      yield* gateway.configure({ ...configured, providers })
      const running = []
      for (const model of ["m", "m", "n", "n", "n", "o"]) running.push(yield* arrives(model))
      for (const model of ["m", "n", "n(high)"]) assert.deepInclude(yield* Effect.flip(ask(model)), { status: 429 })
      yield* gateway.configure({ ...configured, providers, modelLimits: [{ model: "M", maxInFlight: 3 }] })
      for (const model of ["m", "n", "n"]) running.push(yield* arrives(model))
      assert.deepInclude(yield* Effect.flip(ask("m")), { status: 429 })
      for (const fiber of running) yield* Fiber.interrupt(fiber)
    })
  )
})

describe("a credential that another request finds out about", () => {
  const queues = {
    "as long as a request may wait": { limit: 10, waitMs: 10_000 },
    "though nobody may queue": { limit: 0, waitMs: 0 }
  }
  for (const [how, queue] of Object.entries(queues))
    it.live(`is waited for, when nobody else can serve, ${how}`, () =>
      Effect.gen(function* () {
        const { answerOne, arrives, ask, most, server } = yield* start(["a"], {}, { queue })
        const holds = server.script.get("key-a") ?? []
        server.script.set("key-a", [failing(500), ...holds])
        yield* Effect.flip(ask())
        const probe = yield* arrives()
        const next = yield* Effect.forkChild(arrives())
        yield* Effect.yieldNow
        yield* answerOne
        yield* Fiber.join(probe)
        const second = yield* Fiber.join(next)
        yield* answerOne
        yield* Fiber.join(second)
        assert.strictEqual(server.received.length, 3)
        assert.strictEqual(most(), 1)
      })
    )
})
