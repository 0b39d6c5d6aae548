import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { TestClock } from "effect/testing"

import { makeAnnouncements } from "../../src/credential-files/announcements.ts"

/** The test's clock, which goes on by `spent()` milliseconds as well: the time that a listener takes. */
const slowed = (clock: Clock.Clock, spent: () => number): Clock.Clock =>
  Object.create(clock, {
    monotonicTimeNanosUnsafe: { value: () => clock.monotonicTimeNanosUnsafe() + BigInt(spent()) * 1_000_000n }
  }) as Clock.Clock

/** Announces with a listener that takes so many milliseconds; gives how often it was called. */
const listening = (ms: number) =>
  Effect.gen(function* () {
    let spent = 0
    let calls = 0
    const clock = slowed(yield* Clock.Clock, () => spent)
    const { announce, onChange } = yield* makeAnnouncements
    onChange(() => {
      calls += 1
      spent += ms
    })
    return { announce: Effect.provideService(announce, Clock.Clock, clock), calls: () => calls }
  })

describe("changes of credentials", () => {
  it.effect("are told one by one where listening takes no time", () =>
    Effect.gen(function* () {
      const { announce, calls } = yield* listening(1)
      for (let change = 1; change <= 100; change++) {
        yield* announce
        assert.strictEqual(calls(), change)
      }
    })
  )

  it.effect("are told together where listening takes long, and the last is always told", () =>
    Effect.gen(function* () {
      const { announce, calls } = yield* listening(100)
      yield* Effect.repeat(announce, { times: 1999 })
      assert.strictEqual(calls(), 1)
      yield* TestClock.adjust(1999)
      assert.strictEqual(calls(), 1)
      yield* TestClock.adjust(1)
      assert.strictEqual(calls(), 2)
      // Nothing has changed since.
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(calls(), 2)
      yield* announce
      assert.strictEqual(calls(), 3)
    })
  )
})
