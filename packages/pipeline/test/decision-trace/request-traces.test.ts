import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"

import type { RequestTrace } from "../../src/decision-trace/request-trace.ts"
import { provider, settings } from "../gateway-settings.ts"
import { file, pluginDoubles, refused, registration } from "../plugin-double.ts"
import {
  completion,
  eventStream,
  failing,
  hang,
  resetBeforeHeaders,
  startProvider,
  streaming
} from "../scripted-provider.ts"
import { tracedGateway } from "./traced-gateway.ts"

/** A provider and its model, of the same name. */
const models = (name: string) => ({ name, models: [{ name: `upstream-${name}`, alias: name }] })

/** Round, credential and result of each attempt. */
const attemptsOf = ({ attemptsMade }: RequestTrace) =>
  attemptsMade.map(({ credential, result, round, status }) => [round, credential, status ?? result])

/** Each candidate of a pick, and why it was left out. */
const candidatesOf = (trace: RequestTrace, pick: number) =>
  Object.fromEntries(
    trace.picksMade[pick]?.decision.candidates.map(({ exclusion, id }) => [id, exclusion?._tag ?? "available"]) ?? []
  )

const scheduled = {
  enabled: true,
  dir: "/plugins",
  allowNewerSchema: false,
  configs: new Map([
    ["s", { enabled: true, isolation: "process" as const, priority: 0, version: undefined, yaml: "enabled: true\n" }]
  ])
}

const schedulerPlugin = (pick: () => unknown) => {
  const plugins = pluginDoubles(file("s"))
  plugins.answers.set("/plugins/s.so", { "plugin.register": () => registration("s"), "scheduler.pick": pick })
  return plugins
}

describe("the trace of a request", () => {
  it.live("counts rounds, and shows what a credential rested for in the round before", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      server.script.set("key-a", [failing(429, "slow down", { "retry-after-ms": "30" })])
      server.script.set("key-b", [failing(500), failing(500), failing(500)])
      const { trace } = yield* tracedGateway(
        settings([provider(server.baseUrl, ["a", "b"])], { requestRetry: 1, maxRetryIntervalMs: 5_000 })
      )
      const found = yield* trace()
      assert.deepStrictEqual(found.attemptsMade.map(({ attempt, round }) => [attempt, round]).slice(0, 3), [
        [1, 1],
        [2, 1],
        [3, 2]
      ])
      assert.strictEqual(found.outcome?.result, "failed")
      assert.deepStrictEqual(candidatesOf(found, 0), { "p/a": "available", "p/b": "available" })
      assert.deepStrictEqual(candidatesOf(found, 1), { "p/a": "Tried", "p/b": "available" })
      assert.strictEqual(found.attemptsMade[0]?.cooldown?.reason, "rate-limited")
    })
  )

  it.live("tells a broken connection from a refusal", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      server.script.set("key-a", [resetBeforeHeaders])
      const { insight, trace } = yield* tracedGateway(settings([provider(server.baseUrl, ["a", "b"])]))
      const found = yield* trace()
      assert.deepStrictEqual(attemptsOf(found), [
        [1, "p/a", "broken"],
        [1, "p/b", "ok"]
      ])
      assert.strictEqual(found.attemptsMade[0]?.cooldown?.reason, "unreachable")
      const [a, b] = yield* insight.credentials
      assert.deepStrictEqual([...(a?.attempts.statuses ?? [])], [["broken", 1]])
      assert.deepInclude(b?.attempts, { succeeded: 1, failed: 0 })
    })
  )

  it.live("does not hold a request's own fault against the credential", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      server.script.set("key-a", [failing(400)])
      const { insight, trace } = yield* tracedGateway(settings([provider(server.baseUrl, ["a"])]))
      const found = yield* trace()
      assert.deepStrictEqual(attemptsOf(found), [[1, "p/a", 400]])
      assert.isUndefined(found.attemptsMade[0]?.cooldown)
      const [a] = yield* insight.credentials
      assert.deepInclude(a?.attempts, { succeeded: 0, failed: 0, requestFaults: 1 })
      assert.deepInclude(a?.models[0], { model: "upstream-model", state: "Available" })
    })
  )

  it.live("shows a client that went away, and a stream at its first event", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      server.script.set("key-a", [hang, streaming([eventStream(["one"])], "hang"), streaming([eventStream(["two"])])])
      const { insight, send, traceOf, trace } = yield* tracedGateway(settings([provider(server.baseUrl, ["a"])]))
      const silent = yield* send("m")
      while (server.received.length === 0) yield* Effect.sleep("5 millis")
      const running = yield* traceOf(silent.id)
      assert.deepInclude(running.attemptsMade[0], { result: "running", credential: "p/a" })
      assert.isUndefined(running.outcome)
      yield* Fiber.interrupt(silent.fiber)
      const gone = yield* traceOf(silent.id)
      assert.deepInclude(gone.outcome, { result: "canceled" })
      assert.deepStrictEqual(attemptsOf(gone), [[1, "p/a", "abandoned"]])
      assert.isUndefined(gone.attemptsMade[0]?.firstEventMs)

      const streamed = yield* send("m", { stream: true })
      while (!streamed.sink.started()) yield* Effect.sleep("5 millis")
      assert.isNumber((yield* traceOf(streamed.id)).attemptsMade[0]?.firstEventMs)
      yield* Fiber.interrupt(streamed.fiber)
      assert.strictEqual((yield* trace("m", { stream: true })).outcome?.result, "succeeded")
      const [a] = yield* insight.credentials
      assert.deepInclude(a?.attempts, { succeeded: 1, abandoned: 2, failed: 0 })
      assert.strictEqual(a?.inFlight, 0)
    })
  )

  it.live("says which plugin chose, and why its answer was not used", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      let answer: unknown = { Handled: true, AuthID: "p/b" }
      const { insight, trace } = yield* tracedGateway(
        settings([provider(server.baseUrl, ["a", "b"])], { plugins: scheduled }),
        schedulerPlugin(() => answer)
      )
      const chosen = yield* trace()
      assert.deepStrictEqual(chosen.picksMade[0]?.decision.chosen?.by, { _tag: "Plugin", plugin: "s" })
      answer = { Handled: true, AuthID: "p/nobody" }
      const unused = yield* trace()
      assert.deepStrictEqual(unused.picksMade[0]?.decision.unusedAnswer, { plugin: "s", why: "UnknownCandidate" })
      assert.strictEqual(unused.picksMade[0]?.decision.strategy, "round-robin")
      assert.strictEqual((yield* insight.explain("m", {})).schedulerPlugin, "s")
    })
  )

  it.live("shows a refusal with every candidate, and that nobody was tried", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      server.script.set("key-a", [failing(429, "slow", { "retry-after": "60" })])
      const { trace } = yield* tracedGateway(settings([provider(server.baseUrl, ["a"])]))
      yield* trace()
      const second = yield* trace()
      assert.deepInclude(second.outcome, { result: "failed", status: 429, error: "NoCredential" })
      assert.lengthOf(second.attemptsMade, 0)
      assert.deepStrictEqual(candidatesOf(second, 0), { "p/a": "Cooling" })
      assert.include(second.picksMade[0]?.refusal, "No credential can serve")
    })
  )

  it.live(
    "shows who was chosen as ready, though it is full with this very request, and how long the choice waited",
    () =>
      Effect.gen(function* () {
        const server = yield* startProvider
        const keys = ["a", "b"].map((name) => ({ apiKey: `key-${name}`, name, maxInFlight: 1 }))
        server.script.set("key-a", [failing(500)])
        const { trace } = yield* tracedGateway(settings([provider(server.baseUrl, [], { keys })]))
        const found = yield* trace()
        assert.deepStrictEqual(candidatesOf(found, 0), { "p/a": "available", "p/b": "available" })
        assert.deepStrictEqual(candidatesOf(found, 1), { "p/a": "Tried", "p/b": "available" })
        assert.isTrue(found.picksMade.every(({ waitedMs }) => waitedMs >= 0))
      })
  )

  it.live("shows that a request waited for a credential with room", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const keys = [{ apiKey: "key-a", name: "a", maxInFlight: 1 }]
      server.script.set("key-a", [hang, completion("done")])
      const { insight, send, traceOf } = yield* tracedGateway(
        settings([provider(server.baseUrl, [], { keys })], { queue: { limit: 1, waitMs: 30_000 } })
      )
      const before = yield* send("m")
      while (server.received.length === 0) yield* Effect.sleep("5 millis")
      const waiting = yield* send("m")
      while (insight.requests({ limit: 9 }).length < 2) yield* Effect.sleep("5 millis")
      // In short sleeps, so that it begins to wait in the first of them however slow the machine is.
      for (let turn = 0; turn < 5; turn++) yield* Effect.sleep("5 millis")
      yield* Fiber.interrupt(before.fiber)
      yield* Fiber.join(waiting.fiber)
      const found = yield* traceOf(waiting.id)
      assert.isAtLeast(found.picksMade[0]?.waitedMs ?? 0, 10)
    })
  )

  it.live("of a plugin's refusal chooses nobody, though there was somebody", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const { trace } = yield* tracedGateway(
        settings([provider(server.baseUrl, ["a"])], { plugins: scheduled }),
        schedulerPlugin(() => refused("denied", "not for you", 403))
      )
      const found = yield* trace()
      assert.deepInclude(found.outcome, { result: "failed", status: 403, error: "SchedulerRefused" })
      assert.strictEqual(found.picksMade[0]?.refusal, "not for you")
      assert.isUndefined(found.picksMade[0]?.decision.chosen)
      assert.deepStrictEqual(candidatesOf(found, 0), { "p/a": "available" })
    })
  )

  it.live("goes on from a model to the one that stands in for it", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      server.script.set("key-a", [failing(500)])
      const { insight, trace } = yield* tracedGateway(
        settings([provider(server.baseUrl, ["a"], models("big")), provider(server.baseUrl, ["b"], models("small"))], {
          fallbacks: new Map([["big", ["small"]]])
        })
      )
      const found = yield* trace("big")
      assert.deepInclude(found, { requestedModel: "big", model: "small", attempts: 2, credential: "small/b" })
      assert.deepStrictEqual(
        found.attemptsMade.map(({ attempt, model, upstreamModel }) => [attempt, model, upstreamModel]),
        [
          [1, "big", "upstream-big"],
          [2, "small", "upstream-small"]
        ]
      )
      assert.deepStrictEqual((yield* insight.explain("big", {})).fallbacks, ["small"])
      assert.lengthOf(insight.requests({ model: "big", limit: 9 }), 1)
      assert.lengthOf(insight.requests({ model: "small", limit: 9 }), 1)
    })
  )

  it.live("shows where a session kept its credential, and so does an explanation with its header", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const { insight, trace } = yield* tracedGateway(
        settings([provider(server.baseUrl, ["a", "b"])], { sessionAffinity: { ttlMs: 60_000 } })
      )
      const headers = { "X-Session-Id": ["s"] }
      assert.strictEqual((yield* trace("m", { headers })).credential, "p/a")
      const { decision } = yield* insight.explain("m", headers)
      assert.deepStrictEqual(decision.chosen, {
        id: "p/a",
        tier: 0,
        by: { _tag: "Builtin", strategy: "round-robin", affinity: true }
      })
      assert.strictEqual((yield* insight.explain("m", {})).decision.chosen?.id, "p/b")
      const kept = yield* trace("m", { headers })
      assert.deepInclude(kept.picksMade[0]?.decision.chosen?.by, { affinity: true })
      assert.deepInclude(insight.affinity(), { sessions: 1, bindings: 1, hits: 1 })
    })
  )

  it.live("holds neither keys nor what the client asked", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      server.script.set("key-a", [failing(401, "wrong key key-a, see sk-proj-0123456789abcdef or ?key=hidden-0123")])
      const { insight, trace } = yield* tracedGateway(settings([provider(server.baseUrl, ["a", "b"])]))
      const found = yield* trace("m", { headers: { Authorization: ["Bearer client-secret"] } })
      const all = JSON.stringify([found, yield* insight.credentials, yield* insight.explain("m", {})])
      for (const secret of ["key-a", "key-b", "sk-proj", "hidden-0123", "client-secret", "private question"]) {
        assert.notInclude(all, secret)
      }
      assert.strictEqual(found.caller, "key:0123")
    })
  )
})
