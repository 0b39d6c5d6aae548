import {
  type Candidate,
  type Decision,
  decide,
  type Lease,
  makeCredentialLedger,
  makePool,
  NoCandidateAvailable
} from "@cliproxy/scheduler"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, References } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"

import { type AttemptFailure, ProviderBroke, ProviderRefused } from "../../src/failover/attempt-failure.ts"
import { judge } from "../../src/failover/attempt-outcome.ts"
import { leasedUse } from "../../src/credentials/credential-use.ts"
import { type Attempts, type FailoverPolicy, makeFailOver } from "../../src/failover/failover.ts"
import { NoCredential, SchedulerRefused } from "../../src/gateway-error.ts"
import { readyAtOf } from "../../src/request-life/attempt-terms.ts"

/** What a credential does with one attempt: `ok`, a status, or how it breaks. */
type Deed = "ok" | "unreachable" | "empty" | "mid-stream" | number

const policy = (more: Partial<FailoverPolicy> = {}): FailoverPolicy => ({
  requestRetry: 0,
  maxRetryCredentials: 0,
  maxRetryIntervalMs: 0,
  ...more
})

const failureOf = (deed: Exclude<Deed, "ok">, id: string, retryAfterMs?: number): AttemptFailure =>
  typeof deed === "number"
    ? new ProviderRefused({
        status: deed,
        message: `${id} says ${deed}`,
        type: null,
        code: null,
        param: null,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs })
      })
    : new ProviderBroke({ message: `${id} broke`, midStream: deed === "mid-stream", answered: deed !== "unreachable" })

/** A pool of credentials that do as they are told, and a record of who was tried. */
const world = (ids: ReadonlyArray<string>, deed: (id: string, attempt: number) => Deed, retryAfterMs?: number) => {
  const candidates = ids.map((id): Candidate => ({ id, provider: "p", priority: 0, disabled: false, attributes: {} }))
  const pool = makePool(candidates)
  const ledger = makeCredentialLedger()
  ledger.attach(pool, "m")
  const tried: Array<string> = []
  /** Uses that were not given back. */
  const open = new Set<Lease>()
  const attempts: Attempts = {
    model: "m",
    choose: (left, took) =>
      Effect.clockWith((clock) => {
        const now = clock.currentTimeMillisUnsafe()
        return Effect.tap(
          Effect.mapError(
            Effect.fromResult(decide(pool, "round-robin", { now, tried: left })),
            (error: NoCandidateAvailable) =>
              new NoCredential({
                message: error.message,
                status: error.reason === "cooling" ? 429 : 503,
                code: "none",
                ...(error.retryAt === undefined ? {} : { retryAfterMs: error.retryAt - now })
              })
          ),
          ({ candidate: { id } }) => {
            const lease = ledger.acquire(pool, id, now)
            assert.isDefined(lease, `${id} was picked and cannot be used`)
            open.add(lease)
            took({
              ...leasedUse(ledger, lease),
              release: (at) => {
                open.delete(lease)
                ledger.release(lease, at)
              }
            })
            return Effect.void
          }
        )
      }),
    send: ({ candidate: { id } }: Decision, answered) =>
      Effect.suspend(() => {
        tried.push(id)
        const does = deed(id, tried.length)
        if (does === "ok" || does === "mid-stream") answered()
        return does === "ok" ? Effect.void : Effect.fail(failureOf(does, id, retryAfterMs))
      }),
    judge: (_, failure) => judge(failure),
    readyAt: (now, spent) => readyAtOf(pool, now, spent)
  }
  return { attempts, tried, pool, ledger, open }
}

describe("one round", () => {
  for (const deed of [401, 402, 403, 404, 408, 429, 500, 502, 503, 504, 529, 418, "unreachable", "empty"] as const) {
    it.effect(`goes on to the next credential after ${deed}`, () =>
      Effect.gen(function* () {
        const { attempts, tried } = world(["a", "b", "c"], (id) => (id === "c" ? "ok" : deed))
        yield* makeFailOver(policy())(attempts)
        assert.deepStrictEqual(tried, ["a", "b", "c"])
      })
    )
  }

  for (const deed of [400, 409, 413, 422, "mid-stream"] as const) {
    it.effect(`ends at once after ${deed}, and lets nobody rest for a request's own fault`, () =>
      Effect.gen(function* () {
        const { attempts, tried, pool } = world(["a", "b"], () => deed)
        const error = yield* Effect.flip(makeFailOver(policy({ requestRetry: 3 }))(attempts))
        assert.deepStrictEqual(tried, ["a"])
        if (deed === "mid-stream") assert.deepInclude(error, { _tag: "UpstreamUnreachable", midStream: true })
        else {
          assert.deepInclude(error, { _tag: "UpstreamFailed", status: deed, message: `a says ${deed}` })
          assert.strictEqual(pool.available(0).length, 2)
        }
      })
    )
  }

  it.effect("tries no more credentials than it may", () =>
    Effect.gen(function* () {
      const { attempts, tried } = world(["a", "b", "c", "d"], () => 500)
      const error = yield* Effect.flip(makeFailOver(policy({ maxRetryCredentials: 2 }))(attempts))
      assert.deepStrictEqual(tried, ["a", "b"])
      assert.deepInclude(error, { _tag: "UpstreamFailed", status: 500, message: "b says 500" })
    })
  )

  for (const [status, code] of [
    [401, "upstream_auth_failed"],
    [402, "upstream_payment_required"],
    [403, "upstream_auth_failed"]
  ] as const) {
    it.effect(`never shows the client the provider's ${status} about the gateway's own key`, () =>
      Effect.gen(function* () {
        const { attempts } = world(["a", "b"], () => status)
        const error = yield* Effect.flip(makeFailOver(policy())(attempts))
        assert.deepInclude(error, { _tag: "UpstreamFailed", status: 503, code })
      })
    )
  }

  it.effect("reads a refused key also in a 400 that means one", () =>
    Effect.gen(function* () {
      const { attempts } = world(["a"], () => "ok")
      const refusal = new ProviderRefused({
        status: 400,
        message: "API key not valid. Please pass a valid API key.",
        type: null,
        code: null,
        param: null
      })
      const error = yield* Effect.flip(makeFailOver(policy())({ ...attempts, send: () => Effect.fail(refusal) }))
      assert.deepInclude(error, { status: 503, code: "upstream_auth_failed" })
    })
  )

  it.effect(
    "gives the scheduler plugin's refusal when it came first, and the provider's failure when that came first",
    () =>
      Effect.gen(function* () {
        const refusal = new SchedulerRefused({ message: "no", status: 403, code: "scheduler_denied" })
        const first = world(["a", "b"], () => 500)
        let picks = 0
        const denies = Effect.suspend(() => Effect.fail((picks++, refusal)))
        const error = yield* Effect.flip(
          makeFailOver(policy({ requestRetry: 5 }))({ ...first.attempts, choose: () => denies })
        )
        assert.strictEqual(error, refusal)
        assert.strictEqual(picks, 1, "a refusal is not tried again")
        const { attempts, tried } = world(["a", "b"], () => 502)
        const choose: Attempts["choose"] = (left, took) =>
          left.size === 0 ? attempts.choose(left, took) : Effect.fail(refusal)
        const later = yield* Effect.flip(makeFailOver(policy())({ ...attempts, choose }))
        assert.deepInclude(later, { _tag: "UpstreamFailed", status: 502 })
        assert.deepStrictEqual(tried, ["a"])
      })
  )

  it.effect("gives the news that nobody is left when nobody was there to fail", () =>
    Effect.gen(function* () {
      const { attempts } = world([], () => "ok")
      assert.strictEqual((yield* Effect.flip(makeFailOver(policy({ requestRetry: 2 }))(attempts)))._tag, "NoCredential")
    })
  )
})

describe("further rounds", () => {
  const retrying = policy({ requestRetry: 2, maxRetryIntervalMs: 30_000 })

  it.effect("wait for the first credential to be back, and not much longer", () =>
    Effect.gen(function* () {
      const { attempts, tried } = world(["a", "b"], (_, attempt) => (attempt <= 2 ? 429 : "ok"), 8_000)
      const fiber = yield* Effect.forkChild(makeFailOver(retrying)(attempts))
      yield* TestClock.adjust(7_999)
      assert.strictEqual(tried.length, 2)
      yield* TestClock.adjust(2_001)
      yield* Fiber.join(fiber)
      assert.strictEqual(tried.length, 3)
    })
  )

  it.effect("do not happen when the wait would be too long, or the failure will not pass", () =>
    Effect.gen(function* () {
      const long = world(["a"], () => 429, 31_000)
      assert.deepInclude(yield* Effect.flip(makeFailOver(retrying)(long.attempts)), {
        status: 429,
        retryAfterMs: 31_000
      })
      assert.strictEqual(long.tried.length, 1)
      const lasting = world(["a"], () => 401)
      yield* Effect.flip(makeFailOver(retrying)(lasting.attempts))
      assert.strictEqual(lasting.tried.length, 1)
    })
  )

  it.effect("are as many as allowed, and end with the last provider's failure", () =>
    Effect.gen(function* () {
      const { attempts, tried } = world(["a"], () => 503)
      const fiber = yield* Effect.forkChild(Effect.flip(makeFailOver(retrying)(attempts)))
      yield* TestClock.adjust("1 minute")
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "UpstreamFailed", status: 503, message: "a says 503" })
      assert.strictEqual(tried.length, 3)
    })
  )

  it.effect("never wait when waiting is off, but do go on when somebody is ready", () =>
    Effect.gen(function* () {
      const { attempts, tried } = world(["a", "b", "c"], (id) => (id === "c" ? "ok" : 500))
      yield* makeFailOver(policy({ requestRetry: 2, maxRetryCredentials: 1 }))(attempts)
      assert.deepStrictEqual(tried, ["a", "b", "c"])
      const alone = world(["a"], () => 500)
      yield* Effect.flip(makeFailOver(policy({ requestRetry: 2 }))(alone.attempts))
      assert.deepStrictEqual(alone.tried, ["a"])
    })
  )

  it.effect("also follow when everybody was resting from the start", () =>
    Effect.gen(function* () {
      const { attempts, tried, ledger } = world(["a"], () => "ok")
      ledger.report({ id: "a", model: "m", outcome: { _tag: "Refused", status: 429, retryAfterMs: 5_000 }, now: 0 })
      const fiber = yield* Effect.forkChild(makeFailOver(retrying)(attempts))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(tried, ["a"])
    })
  )

  it.effect("try each credential as often as its own number says", () =>
    Effect.gen(function* () {
      const { attempts, tried } = world(["a", "b", "c"], () => 503)
      const own = new Map([
        ["a", 0],
        ["b", 1],
        ["c", 3]
      ])
      const failing = makeFailOver(retrying)({ ...attempts, allowances: () => own })
      const fiber = yield* Effect.forkChild(Effect.flip(failing))
      yield* TestClock.adjust("5 minutes")
      assert.deepInclude(yield* Fiber.join(fiber), { status: 503, message: "c says 503" })
      assert.deepStrictEqual(
        ["a", "b", "c"].map((id) => tried.filter((one) => one === id).length),
        [1, 2, 4]
      )
    })
  )

  it.effect("count for the limit of credentials in a round only those that were tried in it", () =>
    Effect.gen(function* () {
      const { attempts, tried } = world(["a", "b"], (_, attempt) => (attempt < 3 ? 503 : "ok"))
      const own = new Map([
        ["a", 0],
        ["b", 2]
      ])
      const serving = makeFailOver({ ...retrying, maxRetryCredentials: 1 })({ ...attempts, allowances: () => own })
      const fiber = yield* Effect.forkChild(serving)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(tried, ["a", "b", "b"])
    })
  )

  it.effect("end when the client hangs up during the wait", () =>
    Effect.gen(function* () {
      const { attempts, tried } = world(["a"], () => 429, 10_000)
      const fiber = yield* Effect.forkChild(makeFailOver(retrying)(attempts))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(tried.length, 1)
    })
  )
})

describe("a credential in use", () => {
  it.effect("is given back after every attempt, also by a client that hangs up in the middle of one", () =>
    Effect.gen(function* () {
      const { attempts, open } = world(["a", "b"], (id) => (id === "a" ? 500 : "ok"))
      yield* makeFailOver(policy())(attempts)
      assert.strictEqual(open.size, 0)
      const hanging = world(["a"], () => "ok")
      const fiber = yield* Effect.forkChild(makeFailOver(policy())({ ...hanging.attempts, send: () => Effect.never }))
      yield* TestClock.adjust(1)
      assert.strictEqual(hanging.open.size, 1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(hanging.open.size, 0)
      assert.isUndefined(hanging.ledger.get("a", "m"), "who hangs up says nothing about the credential")
    })
  )

  it.effect("that is probed is open to others as soon as the probe's answer begins, and not before", () =>
    Effect.gen(function* () {
      const { attempts, ledger, pool } = world(["a"], () => "ok")
      ledger.report({ id: "a", model: "m", outcome: { _tag: "Refused", status: 500 }, now: 0 })
      const begun = yield* Deferred.make<void>()
      const send: Attempts["send"] = (_, answered) =>
        Effect.andThen(Effect.andThen(Deferred.await(begun), Effect.sync(answered)), Effect.never)
      const fiber = yield* Effect.forkChild(makeFailOver(policy())({ ...attempts, send }))
      yield* TestClock.adjust(2_000)
      assert.strictEqual(pool.get("a")?.state, "probing")
      yield* Deferred.succeed(begun, undefined)
      yield* TestClock.adjust(1)
      assert.strictEqual(pool.get("a")?.state, "ready")
      yield* Fiber.interrupt(fiber)
    })
  )

  it.effect("that answers and then breaks rests, like one that never answered", () =>
    Effect.gen(function* () {
      const { attempts, ledger } = world(["a"], () => "mid-stream")
      yield* Effect.flip(makeFailOver(policy())(attempts))
      assert.deepInclude(ledger.get("a", "m"), { reason: "upstream-failed" })
    })
  )
})

describe("random histories", () => {
  const deed = fc.constantFrom<Array<Deed>>("ok", "ok", 401, 403, 404, 429, 500, 529, "unreachable", "empty")

  it("repeat no credential within a round, and fail no request while a healthy credential is available", async () => {
    let requests = 0
    let served = 0
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.record({ deeds: fc.array(deed, { minLength: 6, maxLength: 6 }), pauseMs: fc.nat(3_000) }), {
          minLength: 1,
          maxLength: 12
        }),
        (size, history) =>
          Effect.gen(function* () {
            const ids = Array.from({ length: size }, (_, i) => `c${i}`)
            let deeds: ReadonlyArray<Deed> = []
            const { attempts, tried, pool, open } = world(ids, (id) => deeds[ids.indexOf(id)] ?? "ok")
            const failOver = makeFailOver(policy())
            let now = 0
            for (const step of history) {
              deeds = step.deeds
              tried.length = 0
              const healthy = ids.filter((id, i) => {
                const rest = pool.get(id)?.block
                return deeds[i] === "ok" && (rest === undefined || rest.until <= now)
              })
              const result = yield* Effect.result(failOver(attempts))
              requests++
              assert.strictEqual(open.size, 0, "a credential was not given back")
              if (result._tag === "Success") served++
              assert.strictEqual(new Set(tried).size, tried.length, `tried twice: ${tried.join()}`)
              if (healthy.length > 0)
                assert.strictEqual(result._tag, "Success", `${healthy.join()} could have served it`)
              else if (!deeds.slice(0, size).includes("ok")) assert.strictEqual(result._tag, "Failure")
              yield* TestClock.adjust(step.pauseMs)
              now += step.pauseMs
            }
          }).pipe(
            Effect.provide(TestClock.layer()),
            Effect.provideService(References.MinimumLogLevel, "None"),
            Effect.runPromise
          )
      ),
      { numRuns: 1_000 }
    )
    assert.isAbove(requests, 3_000)
    assert.isAbove(served, 1_000)
  })
})
