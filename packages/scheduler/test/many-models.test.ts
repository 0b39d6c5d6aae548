import { describe, expect, it } from "vitest"
import { makeCredentialLedger, makePool } from "../src/index.ts"
import type { AttemptOutcome } from "../src/index.ts"
import { maxIdleModels } from "../src/ledger-entry.ts"
import { candidate } from "./candidates.ts"

const missing: AttemptOutcome = { _tag: "Refused", status: 404 }
const limited: AttemptOutcome = { _tag: "Refused", status: 429, retryAfterMs: 3_600_000 }
const succeeded: AttemptOutcome = { _tag: "Succeeded" }

const count = 300_000

/** A ledger, and how many of the models `m0`, `m1`, ... it remembers a rest of. */
const world = () => {
  const ledger = makeCredentialLedger()
  const known = () => ledger.snapshot().flatMap(({ models }) => Object.keys(models))
  return { ledger, known }
}

describe("names of models without end", () => {
  it("leave no more rests behind than a credential remembers, in memory and in what is kept", () => {
    const { known, ledger } = world()
    for (let n = 0; n < count; n++) ledger.report({ id: "a", model: `m${n}`, outcome: missing, now: n })
    expect(known()).toHaveLength(maxIdleModels)
    expect(ledger.get("a", `m${count - maxIdleModels}`)).toBeDefined()
    expect(ledger.get("a", `m${count - maxIdleModels - 1}`)).toBeUndefined()
  })

  it("leave nothing behind when nothing is wrong", () => {
    const { known, ledger } = world()
    ledger.report({ id: "a", model: "other", outcome: missing, now: 0 })
    for (let n = 0; n < count; n++) ledger.report({ id: "a", model: `m${n}`, outcome: succeeded, now: n })
    expect(known()).toEqual(["other"])
  })

  it("with pools of their own, which come and go, drive out no model of a pool that stays, nor one that is in use", () => {
    const { known, ledger } = world()
    const stays = makePool([candidate("a")])
    ledger.attach(stays, "stays")
    ledger.report({ id: "a", model: "stays", outcome: limited, now: 0 })
    const passing = (model: string) => {
      const pool = makePool([candidate("a")])
      ledger.attach(pool, model)
      return pool
    }
    const used = passing("used")
    const lease = ledger.acquire(used, "a", 0)!
    ledger.report({ id: "a", model: "used", outcome: missing, now: 0 })
    ledger.detach(used)
    for (let n = 0; n < 5_000; n++) {
      const pool = passing(`m${n}`)
      const own = ledger.acquire(pool, "a", n)!
      if (n % 2 === 0) ledger.settle(own, missing, n)
      // Now and then the pool goes before its last request.
      if (n % 3 === 0) ledger.detach(pool)
      ledger.release(own, n)
      ledger.detach(pool)
    }
    expect(ledger.inFlight("a")).toBe(1)
    expect(ledger.get("a", "used")).toBeDefined()
    expect(stays.pick("round-robin", { now: 5_000 })).toBeUndefined()
    ledger.release(lease, 5_000)
    expect(known().length).toBeLessThanOrEqual(maxIdleModels + 1)
    expect(known()).toContain("stays")
    expect(
      known()
        .filter((name) => name.startsWith("m"))
        .every((name) => Number(name.slice(1)) % 2 === 0)
    ).toBe(true)
  })

  it("are known again when they are asked for before others have driven them out", () => {
    const { ledger } = world()
    const pool = makePool([candidate("a")])
    ledger.attach(pool, "m")
    ledger.report({ id: "a", model: "m", outcome: limited, now: 0 })
    ledger.detach(pool)
    for (let n = 1; n < maxIdleModels; n++) ledger.report({ id: "a", model: `m${n}`, outcome: missing, now: 0 })
    const again = makePool([candidate("a")])
    ledger.attach(again, "m")
    expect(again.readyAt(1)).toBe(60_000)
    for (let n = 0; n < 1_000; n++) ledger.report({ id: "a", model: `x${n}`, outcome: missing, now: 0 })
    expect(again.readyAt(1)).toBe(60_000)
  })

  it("in what was kept take no more room, and those that end last are kept", () => {
    const { known, ledger } = world()
    const rest = ledger.report({ id: "b", model: "m", outcome: limited, now: 0 })!
    const models = Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`m${n}`, rest]))
    ledger.restore([{ id: "a", models }], 1)
    expect(known()).toHaveLength(maxIdleModels + 1)
    const full = world()
    const pools = Array.from({ length: 2 * maxIdleModels }, () => makePool([candidate("a")]))
    for (const [n, pool] of pools.entries()) {
      full.ledger.attach(pool, `m${n}`)
      const outcome: AttemptOutcome = { _tag: "Refused", status: 429, retryAfterMs: n % 2 === 0 ? 1_000 : 2_000 }
      full.ledger.report({ id: "a", model: `m${n}`, outcome, now: 0 })
    }
    expect(full.known()).toHaveLength(maxIdleModels)
    expect(full.known().every((name) => Number(name.slice(1)) % 2 === 1)).toBe(true)
  })
})
