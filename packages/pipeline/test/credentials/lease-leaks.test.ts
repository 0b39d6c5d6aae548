import { decide } from "@cliproxy/scheduler"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, References, Result } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"

import { ProviderRefused } from "../../src/failover/attempt-failure.ts"
import { judge } from "../../src/failover/attempt-outcome.ts"
import { makeChooseCredential } from "../../src/credentials/choose-credential.ts"
import { makeCredentialPools } from "../../src/credentials/credential-pools.ts"
import type { CredentialUse } from "../../src/credentials/credential-use.ts"
import { beginTimeSpent } from "../../src/decision-trace/time-spent.ts"
import { makeFailOver } from "../../src/failover/failover.ts"
import { makeModelRegistry } from "../../src/models/model-registry.ts"
import { readyAtOf } from "../../src/request-life/attempt-terms.ts"
import { withPatience } from "../../src/request-life/probe-patience.ts"
import type { Schedule } from "../../src/credentials/schedule.ts"
import { provider } from "../gateway-settings.ts"

/** What a provider does with an attempt: it answers with a status after some milliseconds. */
interface Deed {
  readonly status: number
  readonly ms: number
}

/** How a world begins, and what providers do, one deed after the other. */
interface Beginning {
  readonly deeds: ReadonlyArray<Deed>
  /** Who rests when it begins, so that the first use is a probe. */
  readonly resting?: ReadonlyArray<string>
  /** Milliseconds that a scheduler plugin thinks. */
  readonly thinksMs?: number
  readonly maxInFlight?: number
  readonly modelLimit?: number
}

const keys = ["a", "b"]
const ids = keys.map((key) => `p/${key}`)

/** Two credentials, requests that use them through the stages of a real one, and whether anything is still in use. */
const world = ({ deeds, maxInFlight, modelLimit, resting = [], thinksMs = 0 }: Beginning) => {
  const one = provider("http://p.test", keys)
  const capped = one.keys.map((key) => ({ ...key, ...(maxInFlight === undefined ? {} : { maxInFlight }) }))
  const registry = makeModelRegistry([{ ...one, keys: capped }], 0)
  const pools = makeCredentialPools()
  pools.apply(registry, {
    queue: { limit: 10, waitMs: 20 },
    ...(modelLimit === undefined ? {} : { modelLimits: [{ model: "m", maxInFlight: modelLimit }] })
  })
  const route = Result.getOrThrow(registry.find("m"))
  const pool = pools.poolOf(route)
  const { ledger } = pools
  for (const id of resting)
    ledger.report({ id, model: "upstream-model", outcome: { _tag: "Refused", status: 503 }, now: 0 })

  const schedule: Schedule = ({ now, pool: from, strategy, tried }) => {
    const picked = Effect.suspend(() => Effect.fromResult(decide(from, strategy, { now, tried })))
    return thinksMs === 0 ? picked : Effect.tap(picked, () => Effect.sleep(thinksMs))
  }
  const choose = makeChooseCredential(pools, schedule)
  const left = [...deeds]
  const request = Effect.suspend(() => {
    let inUse: CredentialUse | undefined
    return makeFailOver({ requestRetry: 1, maxRetryCredentials: 0, maxRetryIntervalMs: 5 })({
      model: "m",
      choose: (tried, took) =>
        choose(
          {
            route,
            pool,
            strategy: "round-robin",
            session: undefined,
            principal: undefined,
            spent: beginTimeSpent(0),
            request: { provider: "", providers: ["p"], model: "m", stream: false, headers: {}, metadata: {} }
          },
          tried,
          (use) => {
            inUse = use
            took(use)
          }
        ),
      send: (_, answered) =>
        withPatience(
          inUse,
          Effect.suspend(() => {
            const { ms, status } = left.shift() ?? { ms: 1, status: 200 }
            const failed = new ProviderRefused({ status, message: "no", type: null, code: null, param: null })
            const ended = status === 200 ? Effect.andThen(Effect.sync(answered), Effect.sleep(1)) : Effect.fail(failed)
            return Effect.andThen(Effect.sleep(ms), ended)
          })
        ),
      judge: (_, failure) => judge(failure),
      readyAt: (now, spent) => readyAtOf(pool, now, spent)
    })
  }).pipe(
    // The fewest operations to a turn with which a fiber still gets on: it does one of its own in each.
    Effect.provideService(References.MaxOpsBeforeYield, 3)
  )

  const inUse = (): ReadonlyArray<string> => [
    ...ids.flatMap((id) => {
      const state = pool.get(id)
      return ledger.inFlight(id) > 0 || state?.inFlight !== 0 || state.state === "probing" ? [id] : []
    }),
    ...[...ledger.limited()].flatMap(({ inFlight, name }) => (inFlight > 0 ? [name] : []))
  ]
  /** Whether every credential can be used anew, up to its cap. */
  const usable = (now: number): boolean =>
    ids.every((id) => {
      ledger.clear(id)
      const use = pools.acquire(route, pool, id, now)
      use?.release(now)
      return use !== undefined
    })
  return { request, inUse, usable }
}

/** Lets all fibers take a turn; time goes on by a millisecond every so many turns. */
const turn = (count: number): Effect.Effect<void> =>
  count % 12 === 11 ? TestClock.adjust("1 millis") : Effect.yieldNow

const beginnings: Readonly<Record<string, Beginning>> = {
  "is served": { deeds: [{ status: 200, ms: 1 }] },
  "goes on to another credential": {
    deeds: [
      { status: 503, ms: 1 },
      { status: 429, ms: 1 }
    ]
  },
  "finds out about a credential": { deeds: [{ status: 200, ms: 2 }], resting: ids },
  "waits for a plugin": { deeds: [], thinksMs: 2 },
  "waits for a cap": {
    deeds: [
      { status: 200, ms: 2 },
      { status: 200, ms: 2 }
    ],
    maxInFlight: 1
  },
  "waits for the limit of its model": { deeds: [{ status: 200, ms: 3 }], modelLimit: 1 },
  "waits for a verdict": {
    deeds: [
      { status: 503, ms: 2 },
      { status: 200, ms: 2 }
    ],
    resting: ids,
    maxInFlight: 1
  }
}

describe("a request that is interrupted", () => {
  for (const [how, beginning] of Object.entries(beginnings)) {
    it.effect(`at any point gives back what it has used, while it ${how}`, () =>
      Effect.gen(function* () {
        let points = 0
        for (let finished = false; !finished; points++) {
          const { inUse, request, usable } = world(beginning)
          // It is the last of three, so that those which have to wait wait for the others.
          const others = [yield* Effect.forkChild(request), yield* Effect.forkChild(request)]
          const victim = yield* Effect.forkChild(request)
          for (let count = 0; count < points; count++) yield* turn(count)
          finished = victim.pollUnsafe() !== undefined
          yield* Fiber.interrupt(victim)
          for (let count = 0; others.some((fiber) => fiber.pollUnsafe() === undefined); count++) yield* turn(count)
          assert.deepStrictEqual(inUse(), [], `after ${points} turns`)
          assert.isTrue(usable(1_000), `after ${points} turns`)
          assert.deepStrictEqual(inUse(), [])
        }
        // What is looked at is fine enough to mean something.
        assert.isAbove(points, 40)
      })
    )
  }

  it.effect("with others, at random, leaves nothing in use behind", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...Object.values(beginnings)),
          fc.array(fc.record({ status: fc.constantFrom(200, 200, 429, 503, 401, 400), ms: fc.nat(4) }), {
            maxLength: 8
          }),
          fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 6 }),
          (beginning, deeds, ends) =>
            Effect.runPromise(
              Effect.gen(function* () {
                const { inUse, request, usable } = world({ ...beginning, deeds })
                const fibers = []
                for (const end of ends) fibers.push([yield* Effect.forkChild(request), end] as const)
                for (let count = 0; count <= 200; count++) {
                  for (const [fiber, end] of fibers) if (end === count) yield* Effect.forkChild(Fiber.interrupt(fiber))
                  yield* turn(count)
                }
                for (const [fiber] of fibers) yield* Fiber.await(fiber)
                assert.deepStrictEqual(inUse(), [])
                assert.isTrue(usable(10_000))
              }).pipe(Effect.provide(TestClock.layer()))
            )
        ),
        { seed: 70, numRuns: 60 }
      )
    )
  )
})
