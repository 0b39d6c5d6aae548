import * as fc from "fast-check"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { decide, explain, makeCredentialLedger, makePool, makeSessionAffinity } from "../src/index.ts"
import type { AffinityOptions, Candidate, Decision, Strategy } from "../src/index.ts"
import { candidate, candidates, idsOf, nth } from "./candidates.ts"

const strategies: ReadonlyArray<Strategy> = [
  "round-robin",
  "fill-first",
  "weighted-round-robin",
  "least-inflight",
  "soonest-reset"
]

const world = (list: ReadonlyArray<Candidate>, options: Partial<AffinityOptions> = {}) => {
  const affinity = makeSessionAffinity({ ttlMs: 3_600_000, maxBindings: 1_000, ...options })
  const pool = makePool(list)
  const ledger = makeCredentialLedger()
  ledger.attach(pool, "m")
  const pick = (session: string, now = 0, strategy: Strategy = "round-robin", tried?: ReadonlySet<string>): Decision =>
    Result.getOrThrow(decide(pool, strategy, { now, tried }, { affinity, session, model: "m" }))
  const serve = (session: string, now = 0, strategy?: Strategy) => pick(session, now, strategy).candidate.id
  return { affinity, pool, ledger, pick, serve }
}

describe("session affinity", () => {
  it.each(strategies)("keeps a session with its credential, over %s", (strategy) => {
    const { affinity, pick } = world(candidates(5))
    const first = pick("s", 0, strategy).candidate.id
    for (let other = 0; other < 4; other++) pick(`other-${other}`, 1, strategy)
    const again = pick("s", 2, strategy)
    expect(again.candidate.id).toBe(first)
    expect(again.chosenBy).toEqual({ _tag: "Builtin", strategy, affinity: true })
    expect(affinity.counts()).toEqual({ sessions: 5, bindings: 5, hits: 1, misses: 5, failBacks: 0 })
  })

  it("keeps one credential per model", () => {
    const { affinity, pool } = world(candidates(2))
    const of = (model: string) =>
      Result.getOrThrow(decide(pool, "round-robin", { now: 0 }, { affinity, session: "s", model })).candidate.id
    expect([of("m"), of("n"), of("m"), of("n")]).toEqual([...idsOf(candidates(2)), ...idsOf(candidates(2))])
    expect(affinity.counts()).toMatchObject({ sessions: 1, bindings: 2 })
  })

  it("is a preference: who rests, is switched off, was tried or is gone is not waited for", () => {
    for (const how of ["rest", "switch", "tried", "remove"] as const) {
      const { pick, pool, serve } = world(candidates(3))
      const own = serve("s")
      if (how === "rest") pool.block(own, { until: 100, reason: "rate-limited" })
      if (how === "switch") pool.setDisabled(own, true)
      if (how === "remove") pool.replace(candidates(3).filter(({ id }) => id !== own))
      const other = pick("s", 1, "round-robin", how === "tried" ? new Set([own]) : undefined).candidate.id
      expect(other).not.toBe(own)
      // From then on the session stays where its prompt cache now is.
      expect(serve("s", 200)).toBe(other)
    }
  })

  it("comes back to a credential that was only busy", () => {
    const { affinity, ledger, pool, serve } = world([
      candidate("a", { maxInFlight: 1 }),
      candidate("b", { maxInFlight: 9 })
    ])
    expect(serve("s")).toBe("a")
    const lease = ledger.acquire(pool, "a", 0)!
    expect(serve("s", 1)).toBe("b")
    ledger.release(lease, 2)
    expect(serve("s", 3)).toBe("a")
    expect(affinity.counts()).toMatchObject({ hits: 1, misses: 2, failBacks: 0 })
  })

  it("goes back to a better tier when that has somebody ready, or stays if it is told to", () => {
    for (const failBack of [true, false]) {
      const { affinity, pool, serve } = world([candidate("cheap", { priority: 1 }), candidate("paid")], { failBack })
      pool.block("cheap", { until: 100, reason: "rate-limited" })
      expect(serve("s", 0)).toBe("paid")
      expect(serve("s", 50)).toBe("paid")
      expect(serve("s", 100)).toBe(failBack ? "cheap" : "paid")
      expect(affinity.counts().failBacks).toBe(failBack ? 1 : 0)
    }
  })

  it("ends a binding when its credential fails, unless the session is bound to another one by then", () => {
    const { affinity, serve } = world(candidates(2))
    const use = { session: "s", model: "m" }
    const own = serve("s")
    affinity.failed(use, "somebody else")
    expect(affinity.counts().bindings).toBe(1)
    affinity.failed(use, own)
    expect(affinity.counts()).toMatchObject({ bindings: 0, sessions: 0 })
  })

  it("forgets a binding so long after its last use", () => {
    const { affinity, serve } = world(candidates(2), { ttlMs: 1_000 })
    const own = serve("s", 0)
    expect(serve("s", 999)).toBe(own)
    expect(serve("s", 1_998)).toBe(own)
    expect(serve("s", 2_998)).not.toBe(own)
    serve("t", 9_000)
    expect(affinity.counts()).toMatchObject({ bindings: 1, sessions: 1 })
  })

  it("keeps a bounded number of bindings, those that were used last", () => {
    const { affinity, serve } = world(candidates(3), { maxBindings: 2 })
    serve("one")
    serve("two")
    serve("one")
    serve("three")
    expect(affinity.snapshot().map(({ session }) => session)).toEqual(["one", "three"])
  })

  it("moves only the sessions of a credential that is lost, and about their share of all", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 12 }),
        fc.nat(),
        fc.constantFrom(...strategies),
        (size, which, strategy) => {
          const { pool, serve } = world(candidates(size))
          const names = Array.from({ length: 20 * size }, (_, index) => `session-${index}`)
          const before = names.map((name) => serve(name, 0, strategy))
          const lost = nth(candidates(size), which % size).id
          pool.block(lost, { until: Infinity, reason: "rejected" })
          const after = names.map((name) => serve(name, 1, strategy))
          const moved = names.filter((_, index) => before[index] !== after[index])
          expect(moved).toEqual(names.filter((_, index) => before[index] === lost))
        }
      ),
      { seed: 70, numRuns: 100 }
    )
  })

  it("is told by explain without being changed", () => {
    const { affinity, pool, serve } = world(candidates(3))
    const own = serve("s")
    serve("t")
    const counts = affinity.counts()
    const told = explain(pool, "round-robin", { now: 5 }, { affinity, session: "s", model: "m" })
    expect(told.chosen).toEqual({ id: own, tier: 0, by: { _tag: "Builtin", strategy: "round-robin", affinity: true } })
    expect(affinity.counts()).toEqual(counts)
  })

  it("survives a restart", () => {
    const { affinity, serve } = world(candidates(4))
    const owns = ["x", "y", "z"].map((name) => serve(name, 10))
    const later = world(candidates(4), { ttlMs: 1_000 })
    later.affinity.restore(JSON.parse(JSON.stringify(affinity.snapshot())), 500)
    expect(["z", "y", "x"].map((name) => later.serve(name, 500))).toEqual(owns.toReversed())
    const late = world(candidates(4), { ttlMs: 1_000 }).affinity
    late.restore(affinity.snapshot(), 1_010)
    expect(late.counts().bindings).toBe(0)
  })

  it("refuses options with which it could keep nothing", () => {
    expect(() => makeSessionAffinity({ ttlMs: 0, maxBindings: 1 })).toThrow(/time to live of 0 ms/)
    expect(() => makeSessionAffinity({ ttlMs: 1, maxBindings: 0 })).toThrow(/0 bindings/)
  })
})
