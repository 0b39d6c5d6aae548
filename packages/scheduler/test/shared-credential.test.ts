import { describe, expect, it } from "vitest"
import { makeCredentialLedger, makePool, slowStart, strategyNames } from "../src/index.ts"
import type { AttemptOutcome, Candidate } from "../src/index.ts"
import { candidate, idsOf } from "./candidates.ts"

const refused = (status: number): AttemptOutcome => ({ _tag: "Refused", status })
const now = 0

/** Two models of credential `a`, and credential `b`, in one pool; a further pool has one of the models. */
const world = (fields: Partial<Candidate> = {}) => {
  const ledger = makeCredentialLedger()
  const pool = makePool([
    candidate("a", { model: "large", ...fields }),
    candidate("a#small", { credential: "a", model: "small", ...fields }),
    candidate("b", { model: "large", ...fields })
  ])
  const other = makePool([candidate("a", { model: "small", ...fields })])
  ledger.attach(pool, "pool")
  ledger.attach(other, "other")
  const ready = (at = now) => [idsOf(pool.available(at)), idsOf(other.available(at))]
  return { ledger, pool, other, ready }
}

describe("candidates of one credential", () => {
  it("rest together when the credential does, and apart for their models", () => {
    const { ledger, ready } = world()
    ledger.report({ id: "a", model: "small", outcome: refused(404), now })
    expect(ready()).toEqual([["a", "b"], []])
    ledger.report({ id: "a", model: "large", outcome: refused(401), now })
    expect(ready()).toEqual([["b"], []])
    ledger.clear("a")
    expect(ready()).toEqual([["a", "a#small", "b"], ["a"]])
  })

  it("count together under its cap, and apart under the caps of their models", () => {
    const whole = world({ maxInFlight: 1 })
    const lease = whole.ledger.acquire(whole.pool, "a#small", now)
    expect(lease).toMatchObject({ id: "a", model: "small" })
    expect(whole.ready()).toEqual([["b"], []])
    expect(whole.ledger.inFlight("a")).toBe(1)
    const each = world({ maxInFlightPerModel: 1 })
    each.ledger.acquire(each.pool, "a#small", now)
    expect(each.ready()).toEqual([["a", "b"], []])
  })

  it("are equally busy to least-inflight", () => {
    const { ledger, pool } = world()
    ledger.acquire(pool, "a", now)
    expect(pool.pick("least-inflight", { now })?.id).toBe("b")
    expect(pool.get("a#small")?.inFlight).toBe(1)
  })

  it("are probed by one request when the credential rested, and each by its own when its model did", () => {
    const { ledger, pool } = world()
    ledger.report({ id: "a", model: "large", outcome: { _tag: "Unreachable" }, now })
    const probe = ledger.acquire(pool, "a#small", 1_000)
    expect(probe?.probe).toBe(true)
    expect(pool.get("a")?.state).toBe("probing")
    expect(ledger.acquire(pool, "a", 1_000)).toBeUndefined()
    for (const model of ["large", "small"]) {
      ledger.clear("a")
      ledger.report({ id: "a", model, outcome: refused(500), now: 2_000 })
    }
    ledger.report({ id: "a", model: "large", outcome: refused(500), now: 2_000 })
    expect(ledger.acquire(pool, "a#small", 3_000)?.probe).toBe(true)
    expect(ledger.acquire(pool, "a", 3_000)?.probe).toBe(true)
  })

  it("of one model are held together after it has recovered", () => {
    const { ledger, other, pool } = world()
    ledger.report({ id: "a", model: "small", outcome: refused(429), now })
    ledger.report({ id: "a", model: "small", outcome: { _tag: "Succeeded", startedAt: 1_000 }, now: 1_000 })
    ledger.acquire(other, "a", 1_000)
    expect([pool.get("a#small")?.state, pool.get("a")?.state, other.get("a")?.state]).toEqual(["held", "ready", "held"])
    expect(other.pick("round-robin", { now: 1_000 + slowStart.spacingMs })?.id).toBe("a")
  })

  it("are kept over a restart as one row", () => {
    const { ledger } = world()
    ledger.report({ id: "a", model: "small", outcome: refused(429), now })
    ledger.report({ id: "a", model: "large", outcome: refused(401), now })
    const rows = ledger.snapshot()
    expect(rows.map(({ id, models }) => [id, Object.keys(models)])).toEqual([["a", ["small"]]])
    const after = world()
    after.ledger.restore(rows, 1)
    expect(after.ready(1)).toEqual([["b"], []])
  })

  it("are tried one after the other by every strategy, until the credential rests", () => {
    for (const strategy of strategyNames) {
      const { ledger, pool } = world()
      const tried = new Set<string>()
      for (let at = 0; at < 3; at++) tried.add(pool.pick(strategy, { now, tried })?.id ?? "nobody")
      expect(tried).toEqual(new Set(["a", "a#small", "b"]))
      ledger.report({ id: "a", model: "large", outcome: refused(401), now })
      expect(pool.pick(strategy, { now, tried: new Set(["b"]) })).toBeUndefined()
    }
  })

  it("can no longer be acquired once their credential was forgotten", () => {
    const { ledger, pool, ready } = world()
    ledger.retain(new Set(["b"]))
    expect([ledger.acquire(pool, "a", now), ledger.acquire(pool, "a#small", now)]).toEqual([undefined, undefined])
    expect(ledger.acquire(pool, "b", now)).toBeDefined()
    ledger.attach(pool, "pool")
    expect(ledger.acquire(pool, "a#small", now)).toBeDefined()
    expect(ready()[0]).toEqual(["a", "a#small", "b"])
  })
})
