import { makeCredentialLedger, makePool } from "@cliproxy/scheduler"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Logger } from "effect"
import { TestClock } from "effect/testing"

import { watchClockSteps } from "../../src/credentials/clock-steps.ts"

const HOUR = 3_600_000

/** A ledger whose credential rests for seven seconds for a model, and a clock that can be set. */
const open = Effect.gen(function* () {
  yield* TestClock.setTime(10 * HOUR)
  const clock = yield* Clock.Clock
  const steady = () => clock.currentTimeMillisUnsafe()
  const set = { byMs: 0 }
  const wall = () => steady() + set.byMs
  const ledger = makeCredentialLedger()
  const pool = makePool([{ id: "a", provider: "p", priority: 0, disabled: false, attributes: {} }])
  ledger.attach(pool, "m")
  const outcome = { _tag: "Refused" as const, status: 429, retryAfterMs: 7_000 }
  ledger.report({ id: "a", model: "m", outcome, now: wall() })
  yield* watchClockSteps(ledger, { wall, steady })
  const leftMs = () => (ledger.get("a", "m")?.until ?? 0) - wall()
  return { leftMs, set }
})

describe("a rest", () => {
  it.effect("is as long as before when the clock is set back, which is told once", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make<unknown, void>(({ message }) => void lines.push(String(message)))
      yield* Effect.gen(function* () {
        const { leftMs, set } = yield* open
        set.byMs = -HOUR
        assert.strictEqual(leftMs(), 7_000 + HOUR)
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(leftMs(), 2_000)
        yield* TestClock.adjust("30 seconds")
      }).pipe(Effect.provide(Logger.layer([logger])))
      assert.deepStrictEqual(lines, ["the clock was set back by 3600 s; rests of credentials go with it"])
    })
  )

  it.effect("ends early when the clock is set forward, and small corrections do not move it", () =>
    Effect.gen(function* () {
      const { leftMs, set } = yield* open
      set.byMs = -500
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(leftMs(), 2_500)
      set.byMs = HOUR
      yield* TestClock.adjust("5 seconds")
      assert.isBelow(leftMs(), 0)
    })
  )
})
