import { describe, expect, it } from "vitest"
import { makePool } from "../src/index.ts"
import { candidate, candidates, idsOf } from "./candidates.ts"

describe("pool", () => {
  it("is empty when it was given nobody", () => {
    const pool = makePool()
    expect(pool.size).toBe(0)
    expect(pool.pick("round-robin", { now: 0 })).toBeUndefined()
    expect(pool.available(0)).toEqual([])
    expect(pool.readyAt(0)).toBeUndefined()
  })

  it("takes a credential back at the millisecond at which its rest ends, before the pick", () => {
    const pool = makePool([candidate("a"), candidate("b", { priority: -1 })])
    pool.block("a", { until: 1_000, reason: "rate-limited" })
    expect(pool.pick("round-robin", { now: 999 })?.id).toBe("b")
    expect(pool.pick("round-robin", { now: 1_000 })?.id).toBe("a")
  })

  it("keeps rests over a replacement of its candidates, and takes their other settings from the new list", () => {
    const pool = makePool([candidate("a"), candidate("b"), candidate("c")])
    pool.block("a", { until: 1_000, reason: "rejected", status: 401 })
    pool.setDisabled("b", true)
    pool.replace([candidate("a", { priority: 9 }), candidate("b"), candidate("d")])
    expect(pool.size).toBe(3)
    expect(idsOf(pool.available(0))).toEqual(["b", "d"])
    expect(pool.get("a")).toMatchObject({
      candidate: candidate("a", { priority: 9 }),
      disabled: false,
      block: { until: 1_000, reason: "rejected", status: 401 }
    })
    expect(pool.get("c")).toBeUndefined()
    expect(idsOf(pool.available(1_000))).toEqual(["a"])
  })

  it("refuses a list in which an ID occurs twice, says which, and stays as it was", () => {
    const pool = makePool(candidates(2))
    expect(() => pool.replace([candidate("x"), candidate("y"), candidate("x", { priority: 1 })])).toThrow(
      new RangeError("candidate ID x occurs twice")
    )
    expect(idsOf(pool.available(0))).toEqual(idsOf(candidates(2)))
  })

  it("refuses a priority or an end of a rest that is not a number", () => {
    expect(() => makePool([candidate("x", { priority: Number.NaN })])).toThrow(/^candidate x: priority NaN/)
    const pool = makePool([candidate("x")])
    expect(() => pool.block("x", { until: Number.NaN, reason: "rejected" })).toThrow(/^candidate x: the end/)
  })

  it("says no to changes of somebody it does not know", () => {
    const pool = makePool(candidates(1))
    expect(pool.block("nobody", { until: 1, reason: "rejected" })).toBe(false)
    expect(pool.unblock("nobody")).toBe(false)
    expect(pool.setDisabled("nobody", true)).toBe(false)
  })

  it("tells when somebody will be available: at once, at the end of the first rest, or never", () => {
    const pool = makePool([candidate("a"), candidate("b"), candidate("c")])
    pool.block("a", { until: 300, reason: "rate-limited" })
    pool.block("b", { until: 200, reason: "rate-limited" })
    expect(pool.readyAt(100)).toBe(100)
    pool.block("c", { until: Infinity, reason: "rejected" })
    expect(pool.readyAt(100)).toBe(200)
    pool.setDisabled("b", true)
    expect(pool.readyAt(100)).toBe(300)
    pool.setDisabled("a", true)
    expect(pool.readyAt(100)).toBeUndefined()
  })

  it("lets a rest go on while the candidate is switched off", () => {
    const pool = makePool([candidate("a")])
    pool.block("a", { until: 200, reason: "rate-limited" })
    pool.setDisabled("a", true)
    pool.setDisabled("a", false)
    expect(pool.available(199)).toEqual([])
    pool.setDisabled("a", true)
    expect(pool.available(250)).toEqual([])
    pool.setDisabled("a", false)
    expect(idsOf(pool.available(250))).toEqual(["a"])
  })

  it("lists who was left out and why, tier by tier", () => {
    const pool = makePool([
      candidate("off", { priority: 2, disabled: true }),
      candidate("limited", { priority: 2 }),
      candidate("used", { priority: 1 }),
      candidate("lost"),
      candidate("spare", { priority: -1 })
    ])
    pool.block("limited", { until: 500, reason: "rate-limited", status: 429 })
    pool.block("lost", { until: 600, reason: "unreachable" })
    const tried = new Set(["used"])
    expect(pool.exclusions(0, { tried, tier: 0 })).toEqual([
      { _tag: "Cooling", id: "limited", until: 500, because: "rate-limited", status: 429 },
      { _tag: "Disabled", id: "off" },
      { _tag: "Tried", id: "used" },
      { _tag: "Cooling", id: "lost", until: 600, because: "unreachable" },
      { _tag: "LowerTier", id: "spare", tier: -1 }
    ])
    expect(pool.exclusions(0, { tried, limit: 2 })).toHaveLength(2)
  })
})
