import { describe, expect, it } from "vitest"
import { makeCooldownLedger, makePool } from "../src/index.ts"
import type { AttemptOutcome } from "../src/index.ts"
import { candidate, idsOf } from "./candidates.ts"

const refused = (status: number, retryAfterMs?: number): AttemptOutcome => ({ _tag: "Refused", status, retryAfterMs })
const succeeded: AttemptOutcome = { _tag: "Succeeded" }

const twoModels = () => {
  const ledger = makeCooldownLedger()
  const small = makePool([candidate("a"), candidate("b")])
  const large = makePool([candidate("a"), candidate("c")])
  ledger.attach(small, "small")
  ledger.attach(large, "large")
  const ready = (now: number) => [idsOf(small.available(now)), idsOf(large.available(now))]
  return { ledger, small, large, ready }
}

describe("cooldown ledger", () => {
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
    ledger.report({ id: "a", model: "large", outcome: refused(401), now: 0 })
    expect(ready(29_999)).toEqual([["b"], ["c"]])
    expect(ready(30_000)).toEqual([["b"], ["a", "c"]])
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
    expect(ledger.get("b", "small")?.until).toBe(30_000)
  })
})
