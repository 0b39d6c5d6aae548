import { type Candidate, makeCredentialLedger, makePool } from "@cliproxy/scheduler"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

import { leasedUse } from "../../src/credentials/credential-use.ts"
import { withPatience } from "../../src/request-life/probe-patience.ts"

/** A single credential that rests, and the use of it that finds out whether it still has to. */
const resting = (cause: "failed" | "unreachable") => {
  const candidate: Candidate = { id: "a", provider: "p", priority: 0, disabled: false, attributes: {} }
  const pool = makePool([candidate])
  const ledger = makeCredentialLedger()
  ledger.attach(pool, "m")
  const outcome = cause === "failed" ? ({ _tag: "Refused", status: 503 } as const) : ({ _tag: "Unreachable" } as const)
  ledger.report({ id: "a", model: "m", outcome, now: 0 })
  const lease = ledger.acquire(pool, "a", 0)
  assert.isTrue(lease?.probe)
  return { state: () => pool.get("a")?.state, use: leasedUse(ledger, lease) }
}

describe("a probe whose provider is silent", () => {
  it.effect("keeps others waiting for a moment only: who refuses does so soon", () =>
    Effect.gen(function* () {
      const { state, use } = resting("failed")
      const fiber = yield* Effect.forkChild(withPatience(use, Effect.never))
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(state(), "probing")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(state(), "ready")
      yield* Fiber.interrupt(fiber)
    })
  )

  it.effect("says nothing about a provider that could not be reached", () =>
    Effect.gen(function* () {
      const { state, use } = resting("unreachable")
      const fiber = yield* Effect.forkChild(withPatience(use, Effect.never))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(state(), "probing")
      yield* Fiber.interrupt(fiber)
    })
  )

  it.effect("decides as any other when it ends before", () =>
    Effect.gen(function* () {
      const { state, use } = resting("failed")
      const ended = withPatience(
        use,
        Effect.sync(() => use.ended({ _tag: "Refused", status: 503 }, 1_000))
      )
      yield* ended
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(state(), "resting")
    })
  )
})
