import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"

import { tracedGateway } from "../decision-trace/traced-gateway.ts"
import { provider, settings } from "../gateway-settings.ts"
import { type Behaviour, completion, failing, hang, startProvider } from "../scripted-provider.ts"

const modelOf = (body: string): "large" | "small" => (JSON.parse(body).model === "large" ? "large" : "small")

/** A gateway with two models of key `a` under one name, and what the provider does for each of them. */
const start = Effect.fnUntraced(function* (
  behaviours: Readonly<Record<"large" | "small", Behaviour>>,
  key: { readonly maxInFlight?: number } = {}
) {
  const server = yield* startProvider
  server.script.set("key-a", [(response, request) => behaviours[modelOf(request.body)](response, request)])
  const one = provider(server.baseUrl, ["a"], {
    models: [
      { name: "large", alias: "any" },
      { name: "small", alias: "any" },
      { name: "small", alias: "little" }
    ]
  })
  const keys = one.keys.map((own) => ({ ...own, ...key }))
  const traced = yield* tracedGateway(settings([{ ...one, keys }]))
  const models = () => server.received.map(({ body }) => modelOf(body))
  const credential = Effect.map(traced.insight.credentials, ([only, ...others]) => {
    assert.deepStrictEqual(others, [], "one key is one credential")
    if (only === undefined) throw new Error("there is no credential")
    return only
  })
  return { ...traced, models, credential }
})

const tried = (steps: ReadonlyArray<{ readonly credential: string; readonly status?: number }>) =>
  steps.map(({ credential, status }) => [credential, status])

describe("two models of one key under one name", () => {
  it.live("are tried one after the other, and the one that the provider does not know rests alone", () =>
    Effect.gen(function* () {
      const { credential, insight, models, trace } = yield* start({ large: failing(404), small: completion("here") })
      const { attemptsMade } = yield* trace("any")
      assert.deepStrictEqual(tried(attemptsMade), [
        ["p/a", 404],
        ["p/a#small", undefined]
      ])
      yield* trace("any")
      assert.deepStrictEqual(models(), ["large", "small", "small"])
      const found = ["p/a", "p/a#small", "p/b"].map((id) => insight.requests({ credential: id, limit: 10 }).length)
      assert.deepStrictEqual(found, [2, 2, 0], "who asks for a credential sees the requests with all its models")
      const { attempts: counts, id, models: known } = yield* credential
      assert.strictEqual(id, "p/a")
      assert.deepStrictEqual(
        known.map(({ model, state }) => [model, state]),
        [
          ["large", "Resting"],
          ["small", "Available"]
        ]
      )
      assert.deepInclude(counts, { succeeded: 2, failed: 1 }, "the credential's attempts with both models")
    })
  )

  it.live("are both left out once the key is refused", () =>
    Effect.gen(function* () {
      const { credential, models, trace } = yield* start({ large: failing(401), small: completion("here") })
      const { attemptsMade, outcome } = yield* trace("any")
      assert.deepStrictEqual([tried(attemptsMade), outcome?.status], [[["p/a", 401]], 503])
      assert.strictEqual((yield* trace("any")).outcome?.status, 503)
      assert.deepStrictEqual(models(), ["large"])
      assert.deepInclude((yield* credential).rest, { reason: "rejected", scope: "credential" })
    })
  )

  it.live("share the key's cap, also with another name", () =>
    Effect.gen(function* () {
      const { credential, send, trace } = yield* start({ large: hang, small: completion("here") }, { maxInFlight: 1 })
      const running = yield* send("any")
      yield* Effect.repeat(credential, { until: ({ inFlight }) => Effect.succeed(inFlight === 1) })
      for (const model of ["any", "little"]) assert.strictEqual((yield* trace(model)).outcome?.status, 429)
      yield* Fiber.interrupt(running.fiber)
      assert.strictEqual((yield* trace("little")).outcome?.status, 200)
    })
  )

  it.live("rest under every name of theirs, and are freed by any of their names", () =>
    Effect.gen(function* () {
      const behaviours = { large: completion("here"), small: failing(429, "slow down", { "retry-after": "60" }) }
      const { insight, models, trace } = yield* start(behaviours)
      assert.strictEqual((yield* trace("little")).outcome?.status, 429)
      yield* trace("any")
      yield* trace("any")
      assert.deepStrictEqual(models(), ["small", "large", "large"])
      assert.isTrue(yield* insight.clear("p/a", "little"))
      assert.strictEqual((yield* trace("little")).outcome?.status, 429)
      assert.deepStrictEqual(models().slice(3), ["small"])
    })
  )
})
