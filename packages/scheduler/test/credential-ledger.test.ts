import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { LedgerRow, makeCredentialLedger, makePool } from "../src/index.ts"
import type { AttemptOutcome } from "../src/index.ts"
import { candidate, idsOf } from "./candidates.ts"

const refused = (status: number, retryAfterMs?: number): AttemptOutcome => ({ _tag: "Refused", status, retryAfterMs })
const succeeded: AttemptOutcome = { _tag: "Succeeded" }

const twoModels = () => {
  const ledger = makeCredentialLedger()
  const small = makePool([candidate("a"), candidate("b")])
  const large = makePool([candidate("a"), candidate("c")])
  ledger.attach(small, "small")
  ledger.attach(large, "large")
  const ready = (now: number) => [idsOf(small.available(now)), idsOf(large.available(now))]
  return { ledger, small, large, ready }
}

describe("rests in the ledger", () => {
  it("takes a refused key out of every model, and a rate-limited one out of its model only", () => {
    const { ledger, ready } = twoModels()
    ledger.report({ id: "a", model: "small", outcome: refused(401), now: 0 })
    expect(ready(1)).toEqual([["b"], ["c"]])
    ledger.clear("a")
    ledger.report({ id: "a", model: "small", outcome: refused(429), now: 0 })
    expect(ready(1)).toEqual([["b"], ["a", "c"]])
  })

  it("lets the later of two ends count", () => {
    const { ledger, ready } = twoModels()
    ledger.report({ id: "a", model: "small", outcome: refused(429, 100_000), now: 0 })
    ledger.report({ id: "a", model: "large", outcome: { _tag: "Refused", status: 503, scope: "credential" }, now: 0 })
    expect(ready(999)).toEqual([["b"], ["c"]])
    expect(ready(1_000)).toEqual([["b"], ["a", "c"]])
    expect(ready(100_000)).toEqual([
      ["a", "b"],
      ["a", "c"]
    ])
  })

  it("frees a credential everywhere once it has served a request, but keeps what is known about other models", () => {
    const { ledger, ready } = twoModels()
    ledger.report({ id: "a", model: "large", outcome: refused(429, 100_000), now: 0 })
    ledger.report({ id: "a", model: "small", outcome: refused(401), now: 0 })
    expect(ledger.report({ id: "a", model: "small", outcome: succeeded, now: 10 })).toBeUndefined()
    expect(ready(10)).toEqual([["a", "b"], ["c"]])
  })

  it("climbs the ladder from one rest to the next", () => {
    const { ledger } = twoModels()
    const report = (now: number) => ledger.report({ id: "b", model: "small", outcome: refused(500), now })
    expect(report(0)?.until).toBe(1_000)
    expect(report(1_000)?.until).toBe(3_000)
    expect(report(3_000)?.until).toBe(7_000)
    expect(ledger.get("b", "small")?.level).toBe(2)
  })

  it("tells a pool that joins later, or was given new candidates, about rests that are known", () => {
    const { ledger, small } = twoModels()
    ledger.report({ id: "a", model: "small", outcome: refused(429, 5_000), now: 0 })
    small.replace([candidate("b")])
    small.replace([candidate("a"), candidate("b")])
    ledger.attach(small, "small")
    const late = makePool([candidate("a")])
    ledger.attach(late, "small")
    expect([idsOf(small.available(0)), idsOf(late.available(0))]).toEqual([["b"], []])
    expect(late.readyAt(0)).toBe(5_000)
  })

  it("says nothing more to a pool that was let go", () => {
    const { ledger, ready, small } = twoModels()
    ledger.detach(small)
    ledger.report({ id: "a", model: "small", outcome: refused(401), now: 0 })
    expect(ready(0)).toEqual([["a", "b"], ["c"]])
  })

  it("changes nothing for a request's own fault", () => {
    const { ledger, ready } = twoModels()
    expect(ledger.report({ id: "a", model: "small", outcome: refused(400), now: 0 })).toBeUndefined()
    expect(ready(0)).toEqual([
      ["a", "b"],
      ["a", "c"]
    ])
  })

  it("forgets who is no longer configured", () => {
    const { ledger } = twoModels()
    ledger.report({ id: "a", model: "small", outcome: refused(401), now: 0 })
    ledger.report({ id: "b", model: "small", outcome: refused(401), now: 0 })
    ledger.retain(new Set(["b"]))
    expect(ledger.get("a", "small")).toBeUndefined()
    expect(ledger.get("b", "small")?.until).toBe(1_800_000)
  })

  it("rests every credential of an account whose limit it is, and frees them together", () => {
    const ledger = makeCredentialLedger()
    const pool = makePool([
      candidate("a", { account: "x" }),
      candidate("b", { account: "x" }),
      candidate("c", { account: "y" })
    ])
    ledger.attach(pool, "m")
    const outcome: AttemptOutcome = { _tag: "Refused", status: 429, retryAfterMs: 60_000, scope: "account" }
    ledger.report({ id: "a", model: "m", outcome, now: 0 })
    expect(idsOf(pool.available(59_999))).toEqual(["c"])
    ledger.report({ id: "b", model: "m", outcome: { ...succeeded, startedAt: 1 }, now: 10 })
    expect(idsOf(pool.available(10))).toEqual(["a", "b", "c"])
  })

  it("opens no rest where cooling is switched off, save for a model that is not served", () => {
    const ledger = makeCredentialLedger()
    const pool = makePool([candidate("a", { disableCooling: true })])
    ledger.attach(pool, "m")
    for (const status of [401, 429, 500]) ledger.report({ id: "a", model: "m", outcome: refused(status), now: 0 })
    expect(idsOf(pool.available(0))).toEqual(["a"])
    ledger.report({ id: "a", model: "m", outcome: refused(404), now: 0 })
    expect(pool.available(0)).toEqual([])
  })

  it("forgets the rest for one model, or all of a credential's, on request", () => {
    const { ledger, ready } = twoModels()
    ledger.report({ id: "a", model: "small", outcome: refused(429, 60_000), now: 0 })
    ledger.report({ id: "a", model: "large", outcome: refused(429, 60_000), now: 0 })
    ledger.clear("a", "small")
    expect(ready(1)).toEqual([["a", "b"], ["c"]])
    ledger.clear("a")
    expect(ready(1)).toEqual([
      ["a", "b"],
      ["a", "c"]
    ])
  })
})

describe("a credential that logs in with something new", () => {
  it("is no longer refused, and still has the limits of its account", () => {
    const { ledger, ready } = twoModels()
    ledger.report({ id: "a", model: "small", outcome: refused(401), now: 0 })
    ledger.report({ id: "a", model: "large", outcome: refused(429, 600_000), now: 0 })
    ledger.renewed("a")
    expect(ready(1)).toEqual([["a", "b"], ["c"]])
    expect(ledger.get("a", "large")).toMatchObject({ reason: "rate-limited", until: 600_000 })
    ledger.renewed("nobody")
    expect(ledger.snapshot("nobody")).toEqual([])
  })
})

describe("rows of the ledger", () => {
  it("bring rests, quotas and successes over a restart, as JSON", () => {
    const { ledger } = twoModels()
    ledger.report({ id: "a", model: "small", outcome: refused(429, 3_600_000), now: 0 })
    ledger.report({ id: "c", model: "large", outcome: refused(401), now: 0 })
    ledger.report({ id: "b", model: "small", outcome: succeeded, now: 5 })
    ledger.noteQuota("b", { resetAt: 9_000, remaining: 3 })
    const kept = JSON.parse(JSON.stringify(ledger.snapshot()))
    const after = twoModels()
    after.ledger.restore(Schema.decodeUnknownSync(Schema.Array(LedgerRow))(kept), 10)
    expect(after.ready(10)).toEqual([["b"], ["a"]])
    expect(after.ledger.snapshot()).toEqual(ledger.snapshot())
    expect(after.small.get("b")).toMatchObject({ quota: { resetAt: 9_000, remaining: 3 }, lastSuccessAt: 5 })
  })

  it("leave out rests that ended long ago, quotas that were reset, and times that are yet to come", () => {
    const { ledger } = twoModels()
    ledger.report({ id: "a", model: "small", outcome: refused(429), now: 0 })
    ledger.noteQuota("b", { resetAt: 9_000 })
    const late = twoModels().ledger
    late.restore(ledger.snapshot(), 3_601_000)
    expect(late.snapshot()).toEqual([])
    ledger.report({ id: "b", model: "small", outcome: refused(429), now: 50_000 })
    const early = twoModels().ledger
    early.restore(ledger.snapshot("b"), 20_000)
    expect(early.get("b", "small")).toBeUndefined()
  })

  it("say which credential has to be written, when it does", () => {
    const written: Array<string> = []
    const ledger = makeCredentialLedger({ onChange: (id) => written.push(id) })
    ledger.attach(makePool([candidate("a"), candidate("b")]), "m")
    ledger.report({ id: "a", model: "m", outcome: succeeded, now: 0 })
    ledger.report({ id: "a", model: "m", outcome: refused(400), now: 0 })
    expect(written).toEqual([])
    ledger.report({ id: "a", model: "m", outcome: refused(429), now: 0 })
    ledger.report({ id: "a", model: "m", outcome: { ...refused(429), startedAt: 0 }, now: 1 })
    expect(written).toEqual(["a"])
    ledger.clear("a")
    expect(written).toEqual(["a", "a"])
    expect(ledger.snapshot("a")).toEqual([{ id: "a", models: {}, lastSuccessAt: 0 }])
  })
})
