import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { performance } from "node:perf_hooks"

import type { Gateway } from "../../src/gateway.ts"
import { recordingSink } from "../recording-sink.ts"
import { hookedGateway } from "../request-life/hooked-gateway.ts"
import { type Behaviour, completion, failing } from "../scripted-provider.ts"

/** What the gateway says that it took for all requests so far, in milliseconds. */
const told = ({ insight }: Gateway["Service"]) =>
  Effect.map(insight?.metrics ?? Effect.succeed([]), (families) => {
    const samples = families.find(({ name }) => name === "cliproxy_overhead_seconds")?.samples ?? []
    const value = (wanted: string) => samples.find(({ suffix }) => suffix === wanted)?.value ?? Number.NaN
    return { ms: value("_sum") * 1_000, count: value("_count") }
  })

/** A behaviour after some time, which `spend` is told. */
const after =
  (ms: number, then: Behaviour, spend: (ms: number) => void): Behaviour =>
  (response, request) => {
    const since = performance.now()
    setTimeout(() => {
      spend(performance.now() - since)
      then(response, request)
    }, ms)
  }

/** What a plugin answers after some time. */
const slowly = (ms: number, answer: Record<string, unknown>) => () => Effect.as(Effect.sleep(ms), answer)

describe("cliproxy_overhead_seconds", () => {
  it.live(
    "adds up to what clients wait, without what providers take",
    () =>
      Effect.gen(function* () {
        const slow = {
          capabilities: { scheduler: true, request_interceptor: true, response_interceptor: true },
          answers: {
            "request.intercept_before": slowly(100, {}),
            "scheduler.pick": slowly(100, { Handled: false }),
            "request.intercept_after": slowly(50, {}),
            "response.intercept_after": slowly(100, {})
          }
        }
        const { ask, gateway, upstream } = yield* hookedGateway({ slow }, ["a", "b"], {
          strategy: "fill-first",
          disableCooling: true
        })
        let providerMs = 0
        const spend = (ms: number): void => {
          providerMs += ms
        }
        upstream.script.set("key-a", [after(60, failing(500), spend)])
        upstream.script.set("key-b", [after(120, completion("late"), spend)])
        let clientMs = 0
        const one = Effect.suspend(() => {
          const since = performance.now()
          const sink = recordingSink()
          const start = (status: number, headers: Readonly<Record<string, string>>): void => {
            clientMs += performance.now() - since
            sink.start(status, headers)
          }
          return ask({ model: "m" }, {}, { ...sink, start })
        })
        yield* Effect.all(
          Array.from({ length: 24 }, () => one),
          { concurrency: 6 }
        )
        assert.lengthOf(upstream.received, 48)
        const { count, ms } = yield* told(gateway)
        assert.strictEqual(count, 24)
        // Half a second of plugins for each request; timers may be early by a millisecond.
        assert.isAtLeast(ms, 24 * 490)
        // Whatever the machine does besides, a provider's time from its own clock is less than the gateway waits for it.
        assert.isAtMost(ms, clientMs - providerMs)
      }),
    30_000
  )

  it.live(
    "leaves out the wait for a credential with room, which Server-Timing names",
    () =>
      Effect.gen(function* () {
        const { configured, gateway, upstream } = yield* hookedGateway({}, ["a"])
        const providers = configured.providers.map((one) => ({
          ...one,
          keys: one.keys.map((key) => ({ ...key, maxInFlight: 1 }))
        }))
        yield* gateway.configure({ ...configured, providers, queue: { limit: 10, waitMs: 20_000 } })
        const arrived = Promise.withResolvers<() => void>()
        upstream.script.set("key-a", [
          (response, request) => arrived.resolve(() => completion("first")(response, request)),
          completion("second")
        ])
        const json = { model: "m" }
        const body = Buffer.from(JSON.stringify(json))
        const ask = (id: string) =>
          Effect.forkChild(
            gateway.generate({ id, path: "/v1/chat/completions", headers: {}, body, json }, recordingSink())
          )
        const first = yield* ask("first")
        const answerFirst = yield* Effect.promise(() => arrived.promise)
        const second = yield* ask("second")
        yield* Effect.yieldNow
        const since = performance.now()
        yield* Effect.sleep(400)
        const waited = performance.now() - since
        answerFirst()
        yield* Fiber.join(first)
        yield* Fiber.join(second)
        const timing = new Map(gateway.insight?.headers("second")).get("server-timing") ?? ""
        assert.isAtLeast(Number(/queue;dur=([\d.]+)/.exec(timing)?.[1]), waited)
        const { count, ms } = yield* told(gateway)
        assert.strictEqual(count, 2)
        assert.isBelow(ms, waited)
      }),
    30_000
  )
})
