import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import { decide, makeCredentialLedger, makePool, makeWaitQueue } from "../src/index.ts"
import type { Candidate, Lease, NoCandidateAvailable, WaitQueueOptions } from "../src/index.ts"
import { candidate, nth } from "./candidates.ts"

/** A pool with caps, requests that wait for it, and a record of how often each one looked. */
const world = (list: ReadonlyArray<Candidate>, options: Partial<WaitQueueOptions> = {}) => {
  const queue = makeWaitQueue({ maxWaiters: 10, waitMs: 1_000, ...options })
  const ledger = makeCredentialLedger({ onFreed: (id) => queue.freed(ledger.poolsOf(id)) })
  const pool = makePool(list)
  ledger.attach(pool, "m")
  const looks: Array<string> = []
  const take = (name: string, tried = new Set<string>()): Effect.Effect<Lease, NoCandidateAvailable> =>
    Effect.clockWith((clock) =>
      Effect.suspend(() => {
        looks.push(name)
        const now = clock.currentTimeMillisUnsafe()
        return Effect.map(Effect.fromResult(decide(pool, "round-robin", { now, tried })), ({ candidate: { id } }) => {
          const lease = ledger.acquire(pool, id, now)
          if (lease === undefined) throw new Error(`${id} cannot be acquired`)
          return lease
        })
      })
    )
  const request = (name: string) => queue.run(pool, take(name))
  return { queue, ledger, pool, looks, request, take }
}

const one = [candidate("a", { maxInFlight: 1 })]

describe("wait queue", () => {
  it.effect("lets a request wait until another one makes room, in the order in which they came", () =>
    Effect.gen(function* () {
      const { ledger, looks, queue, request } = world(one)
      const held = yield* request("first")
      const fibers = []
      for (const name of ["second", "third"]) {
        fibers.push(yield* Effect.forkChild(request(name)))
        yield* TestClock.adjust("1 millis")
      }
      assert.strictEqual(queue.size(), 2)
      ledger.release(held, 2)
      const second = yield* Fiber.join(nth(fibers, 0))
      assert.strictEqual(queue.size(), 1)
      // One release woke one request: the third never looked.
      assert.deepStrictEqual(looks, ["first", "second", "second"])
      ledger.release(second, 3)
      yield* Fiber.join(nth(fibers, 1))
      assert.deepStrictEqual(looks, ["first", "second", "second", "third"])
      assert.strictEqual(queue.size(), 0)
    })
  )

  it.effect("lets nobody pass who comes while others wait", () =>
    Effect.gen(function* () {
      const { ledger, looks, request } = world(one)
      const held = yield* request("first")
      const second = yield* Effect.forkChild(request("second"))
      yield* TestClock.adjust("1 millis")
      const third = yield* Effect.forkChild(Effect.andThen(Effect.yieldNow, request("third")))
      ledger.release(held, 2)
      ledger.release(yield* Fiber.join(second), 3)
      yield* Fiber.join(third)
      assert.deepStrictEqual(looks.filter((name) => name !== "first").at(-1), "third")
    })
  )

  it.effect("gives up at its deadline, and says which cap was in the way and for how long it waited", () =>
    Effect.gen(function* () {
      const { queue, request } = world(one)
      yield* request("first")
      const fiber = yield* Effect.forkChild(Effect.flip(request("second")))
      yield* TestClock.adjust("999 millis")
      assert.strictEqual(queue.size(), 1)
      yield* TestClock.adjust("1 millis")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error._tag, "WaitTimedOut")
      assert.deepInclude(error, { bottleneck: "credential", waitedMs: 1_000 })
      assert.include(error.message, "1 at capacity")
      assert.strictEqual(queue.size(), 0)
    })
  )

  it.effect("turns a request away when as many wait as may", () =>
    Effect.gen(function* () {
      const { request } = world([candidate("a", { maxInFlightPerModel: 1 })], { maxWaiters: 1 })
      yield* request("first")
      yield* Effect.forkChild(request("second"))
      yield* TestClock.adjust("1 millis")
      const error = yield* Effect.flip(request("third"))
      assert.strictEqual(error._tag, "WaitQueueFull")
      assert.deepInclude(error, { bottleneck: "model", limit: 1 })
    })
  )

  it.effect("does not wait where waiting is switched off, nor for what no other request's end can cure", () =>
    Effect.gen(function* () {
      const off = world(one, { waitMs: 0 })
      yield* off.request("first")
      assert.strictEqual((yield* Effect.flip(off.request("second")))._tag, "NoCandidateAvailable")
      const resting = world([candidate("a")])
      resting.pool.block("a", { until: 500, reason: "rate-limited" })
      assert.strictEqual((yield* Effect.flip(resting.request("only")))._tag, "NoCandidateAvailable")
    })
  )

  it.effect("lets everybody look who waited behind one that gave up, though nobody is under way any more", () =>
    Effect.gen(function* () {
      const { ledger, queue, request } = world([candidate("a")])
      const failed = { _tag: "Refused", status: 503 } as const
      ledger.report({ id: "a", model: "m", outcome: failed, now: 0 })
      const probe = yield* request("first")
      assert.isTrue(probe.probe)
      const fibers = []
      for (const name of ["second", "third", "fourth"]) {
        fibers.push(yield* Effect.forkChild(Effect.flip(request(name))))
        yield* TestClock.adjust("1 millis")
      }
      assert.strictEqual(queue.size(), 3)
      ledger.settle(probe, failed, 3)
      ledger.release(probe, 3)
      // It rests now, and no time passes: without a look the others would wait for nothing.
      for (const fiber of fibers) assert.strictEqual((yield* Fiber.join(fiber))._tag, "NoCandidateAvailable")
      assert.strictEqual(queue.size(), 0)
    })
  )

  it.effect("lets those further back see the end of a rest, too", () =>
    Effect.gen(function* () {
      const { pool, queue, request } = world(["a", "b", "c"].map((id) => candidate(id, { maxInFlight: 1 })))
      pool.block("b", { until: 500, reason: "rate-limited" })
      pool.block("c", { until: 700, reason: "rate-limited" })
      yield* request("first")
      const second = yield* Effect.forkChild(request("second"))
      yield* TestClock.adjust("1 millis")
      const third = yield* Effect.forkChild(request("third"))
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(queue.size(), 2)
      yield* TestClock.adjust("500 millis")
      assert.strictEqual((yield* Fiber.join(second)).id, "b")
      yield* TestClock.adjust("200 millis")
      assert.strictEqual((yield* Fiber.join(third)).id, "c")
    })
  )

  it.effect("does not keep from others what the first one has tried already", () =>
    Effect.gen(function* () {
      const { ledger, pool, queue, request, take } = world(["a", "b"].map((id) => candidate(id, { maxInFlight: 1 })))
      pool.block("b", { until: 100, reason: "rate-limited" })
      const held = yield* request("first")
      const picky = yield* Effect.forkChild(queue.run(pool, take("picky", new Set(["b"]))))
      yield* TestClock.adjust("1 millis")
      const waiting = yield* Effect.forkChild(request("waiting"))
      yield* TestClock.adjust("100 millis")
      const served = yield* Fiber.join(waiting)
      assert.strictEqual(served.id, "b")
      ledger.release(served, 101)
      yield* TestClock.adjust("1 millis")
      // Comes when the other one has long seen that there is nothing for it.
      assert.strictEqual((yield* request("late")).id, "b")
      assert.strictEqual(queue.size(), 1)
      ledger.release(held, 103)
      assert.strictEqual((yield* Fiber.join(picky)).id, "a")
    })
  )

  it.effect("gives up its place when it is interrupted", () =>
    Effect.gen(function* () {
      const { ledger, queue, request } = world(one)
      const held = yield* request("first")
      const second = yield* Effect.forkChild(request("second"))
      const third = yield* Effect.forkChild(request("third"))
      yield* TestClock.adjust("1 millis")
      yield* Fiber.interrupt(second)
      assert.strictEqual(queue.size(), 1)
      ledger.release(held, 2)
      assert.strictEqual((yield* Fiber.join(third)).id, "a")
    })
  )

  it.effect("hands the wake-up on when a request is interrupted during its second look", () =>
    Effect.gen(function* () {
      const { ledger, pool, queue, request, take } = world(one)
      const held = yield* request("first")
      // As with a scheduler plugin: a look takes a while.
      const slow = Effect.andThen(Effect.sleep("50 millis"), take("second"))
      const second = yield* Effect.forkChild(queue.run(pool, slow))
      yield* TestClock.adjust("60 millis")
      const third = yield* Effect.forkChild(request("third"))
      yield* TestClock.adjust("1 millis")
      ledger.release(held, 61)
      yield* TestClock.adjust("10 millis")
      assert.strictEqual(queue.size(), 2)
      yield* Fiber.interrupt(second)
      assert.strictEqual((yield* Fiber.join(third)).id, "a")
    })
  )

  it.effect("does not sleep over a release that came while it looked", () =>
    Effect.gen(function* () {
      const { ledger, pool, queue, request, take } = world(one)
      const held = yield* request("first")
      const slow = Effect.andThen(Effect.result(take("second")), (look) =>
        Effect.delay(Effect.fromResult(look), "50 millis")
      )
      const second = yield* Effect.forkChild(queue.run(pool, slow))
      yield* TestClock.adjust("10 millis")
      ledger.release(held, 10)
      yield* TestClock.adjust("100 millis")
      assert.strictEqual((yield* Fiber.join(second)).id, "a")
    })
  )

  it.effect("waits for the answer of a probe, and then lets everybody in, one after the other", () =>
    Effect.gen(function* () {
      const { ledger, looks, pool, queue, request } = world([candidate("a")])
      ledger.report({ id: "a", model: "m", outcome: { _tag: "Refused", status: 429 }, now: 0 })
      yield* TestClock.adjust("1 seconds")
      const probe = yield* request("probe")
      assert.isTrue(probe.probe)
      const fibers = []
      for (const name of ["b", "c", "d"]) fibers.push(yield* Effect.forkChild(request(name)))
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(queue.size(), 3)
      ledger.settle(probe, { _tag: "Succeeded" }, 1_001)
      for (const fiber of fibers) yield* Fiber.join(fiber)
      assert.deepStrictEqual(looks, ["probe", "b", "b", "c", "d"])
      assert.strictEqual(pool.get("a")?.inFlight, 4)
    })
  )

  describe("a room for those who wait for a probe", () => {
    const probeRoom = { maxWaiters: 2, waitMs: 500 }
    /** A credential that is being probed, where nobody may queue. */
    const probing = (options: Partial<WaitQueueOptions> = {}, fields: Partial<Candidate> = {}) =>
      Effect.gen(function* () {
        const made = world([candidate("a", fields)], { maxWaiters: 0, waitMs: 0, probeRoom, ...options })
        made.ledger.report({ id: "a", model: "m", outcome: { _tag: "Refused", status: 503 }, now: 0 })
        const probe = yield* made.request("probe")
        assert.isTrue(probe.probe)
        return { ...made, probe }
      })

    it.effect("keeps a probe of an only credential from being an outage where nobody may queue", () =>
      Effect.gen(function* () {
        const { ledger, probe, queue, request } = yield* probing()
        const fibers = [yield* Effect.forkChild(request("b")), yield* Effect.forkChild(request("c"))]
        yield* TestClock.adjust("1 millis")
        assert.strictEqual(queue.size(), 2)
        ledger.settle(probe, { _tag: "Succeeded" }, 1)
        for (const fiber of fibers) assert.isFalse((yield* Fiber.join(fiber)).probe)
        assert.strictEqual(queue.size(), 0)
      })
    )

    it.effect("is bounded, in number and in time", () =>
      Effect.gen(function* () {
        const { queue, request } = yield* probing()
        const fibers = [
          yield* Effect.forkChild(Effect.flip(request("b"))),
          yield* Effect.forkChild(Effect.flip(request("c")))
        ]
        yield* TestClock.adjust("499 millis")
        const full = yield* Effect.flip(request("d"))
        assert.deepInclude(full, { _tag: "WaitQueueFull", bottleneck: "probe", limit: 2 })
        yield* TestClock.adjust("1 millis")
        for (const fiber of fibers) {
          assert.deepInclude(yield* Fiber.join(fiber), { _tag: "WaitTimedOut", bottleneck: "probe", waitedMs: 500 })
        }
        assert.strictEqual(queue.size(), 0)
      })
    )

    it.effect("lets everybody see that the probe failed", () =>
      Effect.gen(function* () {
        const { ledger, probe, queue, request } = yield* probing()
        const fibers = [
          yield* Effect.forkChild(Effect.flip(request("b"))),
          yield* Effect.forkChild(Effect.flip(request("c")))
        ]
        yield* TestClock.adjust("1 millis")
        ledger.settle(probe, { _tag: "Refused", status: 503 }, 1)
        ledger.release(probe, 1)
        for (const fiber of fibers) assert.strictEqual((yield* Fiber.join(fiber))._tag, "NoCandidateAvailable")
        assert.strictEqual(queue.size(), 0)
      })
    )

    it.effect("is for nobody who would wait for a cap: not before, and not after the verdict", () =>
      Effect.gen(function* () {
        const { ledger, probe, queue, request } = yield* probing({}, { maxInFlight: 1 })
        const waiting = yield* Effect.forkChild(Effect.flip(request("b")))
        yield* TestClock.adjust("1 millis")
        assert.strictEqual(queue.size(), 1)
        ledger.settle(probe, { _tag: "Succeeded" }, 1)
        const after = yield* Fiber.join(waiting)
        assert.strictEqual(after._tag === "NoCandidateAvailable" ? after.census.atCapacity : after, 1)
        assert.strictEqual((yield* Effect.flip(request("c")))._tag, "NoCandidateAvailable")
        assert.strictEqual(queue.size(), 0)
      })
    )

    it.effect("is there for those, too, who find the queue full, and leads into it when there is a place again", () =>
      Effect.gen(function* () {
        const options = { maxWaiters: 1, waitMs: 10_000 }
        const { ledger, probe, queue, request } = yield* probing(options, { maxInFlight: 1 })
        const first = yield* Effect.forkChild(request("b"))
        yield* TestClock.adjust("1 millis")
        const second = yield* Effect.forkChild(request("c"))
        yield* TestClock.adjust("1 millis")
        assert.strictEqual(queue.size(), 2)
        yield* Fiber.interrupt(first)
        ledger.settle(probe, { _tag: "Succeeded" }, 2)
        // Longer than the room would have kept it.
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual(queue.size(), 1)
        ledger.release(probe, 2_002)
        assert.strictEqual((yield* Fiber.join(second)).id, "a")
      })
    )
  })

  it.effect("has another look when a rest ends before anybody is done", () =>
    Effect.gen(function* () {
      const { pool, request } = world([candidate("a", { maxInFlight: 1 }), candidate("b")])
      pool.block("b", { until: 300, reason: "rate-limited" })
      yield* request("first")
      const second = yield* Effect.forkChild(request("second"))
      yield* TestClock.adjust("300 millis")
      assert.strictEqual((yield* Fiber.join(second)).id, "b")
    })
  )

  it.effect("wakes only one of many that wait for different pools of a credential", () =>
    Effect.gen(function* () {
      const { ledger, pool, queue, request } = world(one)
      const other = makePool(one)
      ledger.attach(other, "n")
      const held = yield* request("first")
      let looksAtOther = 0
      const attempt = Effect.suspend(() => {
        looksAtOther++
        return Effect.fromResult(Result.map(decide(other, "round-robin", { now: 0 }), () => "other"))
      })
      const late = yield* Effect.forkChild(Effect.delay(queue.run(other, attempt), "5 millis"))
      const early = yield* Effect.forkChild(request("early"))
      yield* TestClock.adjust("10 millis")
      ledger.release(held, 10)
      yield* Fiber.join(early)
      assert.strictEqual(queue.size(), 1)
      assert.strictEqual(looksAtOther, 1)
      assert.strictEqual(pool.get("a")?.inFlight, 1)
      yield* Fiber.interrupt(late)
    })
  )
})
