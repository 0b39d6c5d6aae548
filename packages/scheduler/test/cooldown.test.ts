import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { classifyStatus, cooldownLadders, cooldownScope, nextCooldown } from "../src/index.ts"
import type { AttemptOutcome, Cooldown } from "../src/index.ts"

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

const refused = (status: number, retryAfterMs?: number): AttemptOutcome => ({ _tag: "Refused", status, retryAfterMs })
const unreachable: AttemptOutcome = { _tag: "Unreachable" }
const succeeded: AttemptOutcome = { _tag: "Succeeded" }

/** Lengths of the windows when the same outcome comes back at the end of each. */
const windows = (outcome: AttemptOutcome, count: number): ReadonlyArray<number> => {
  const lengths: Array<number> = []
  let now = 0
  let cooldown: Cooldown | undefined
  for (let step = 0; step < count; step++) {
    cooldown = nextCooldown(cooldown, outcome, now)
    lengths.push(cooldown!.until - now)
    now = cooldown!.until
  }
  return lengths
}

describe("cooldown of one failure", () => {
  it.each([
    [refused(401), 30 * second, "rejected", "credential"],
    [refused(402), 30 * second, "rejected", "credential"],
    [refused(403), 30 * second, "rejected", "model"],
    [refused(404), 60 * second, "model-missing", "model"],
    [refused(408), second, "upstream-failed", "model"],
    [refused(418), second, "upstream-failed", "model"],
    [refused(429), second, "rate-limited", "model"],
    [refused(429, 90 * second), 90 * second, "rate-limited", "model"],
    [refused(429, 250), 250, "rate-limited", "model"],
    [refused(429, 0), second, "rate-limited", "model"],
    [refused(429, 40 * 24 * hour), 24 * hour, "rate-limited", "model"],
    [refused(500), second, "upstream-failed", "model"],
    [refused(503, 20 * second), 20 * second, "upstream-failed", "model"],
    [refused(503, hour), minute, "upstream-failed", "model"],
    [refused(529), second, "upstream-failed", "model"],
    [unreachable, second, "unreachable", "credential"]
  ] as const)("%j rests for %d ms as %s of the %s", (outcome, length, reason, scope) => {
    expect(nextCooldown(undefined, outcome, 7)).toMatchObject({
      until: 7 + length,
      openedAt: 7,
      level: 0,
      reason,
      scope
    })
    expect(cooldownScope(outcome)).toBe(scope)
  })

  it.each([400, 409, 413, 422])("%d is the request's fault and changes nothing", (status) => {
    const before = nextCooldown(undefined, refused(429), 0)
    expect(nextCooldown(undefined, refused(status), 0)).toBeUndefined()
    expect(nextCooldown(before, refused(status), 5_000)).toBe(before)
    expect(cooldownScope(refused(status))).toBeUndefined()
    expect(classifyStatus(status)).toBe("request-fault")
  })

  it.each([401, 402, 403, 404, 408, 418, 429, 500, 502, 503, 504, 529, 302])(
    "%d asks for another credential",
    (status) => {
      expect(classifyStatus(status)).toBe("next-credential")
    }
  )

  it("covers the whole credential when the provider says so", () => {
    const outcome: AttemptOutcome = { _tag: "Refused", status: 429, scope: "credential" }
    expect(nextCooldown(undefined, outcome, 0)?.scope).toBe("credential")
  })
})

describe("cooldown ladder", () => {
  it("doubles for every failure after a window, up to its longest", () => {
    expect(windows(refused(429), 13).map((ms) => ms / second)).toEqual([
      1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1800, 1800
    ])
    expect(windows(refused(401), 8).map((ms) => ms / second)).toEqual([30, 60, 120, 240, 480, 960, 1800, 1800])
    expect(windows(refused(404), 7).map((ms) => ms / minute)).toEqual([1, 2, 4, 8, 16, 30, 30])
    expect(windows(refused(502), 8).map((ms) => ms / second)).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
    expect(windows(unreachable, 8).map((ms) => ms / second)).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
  })

  it("begins anew after a success", () => {
    const tired = nextCooldown(nextCooldown(undefined, refused(429), 0), refused(429), 1_000)
    expect(tired?.level).toBe(1)
    expect(nextCooldown(tired, succeeded, 5_000)).toBeUndefined()
  })

  it("takes one step for many parallel failures", () => {
    const first = nextCooldown(undefined, refused(429), 0)
    expect(nextCooldown(first, refused(429), 400)).toBe(first)
    expect(nextCooldown(first, refused(429), 999)).toBe(first)
    expect(nextCooldown(first, refused(429), 1_000)?.level).toBe(1)
  })

  it("does not climb for attempts that began before the window ended", () => {
    const first = nextCooldown(undefined, refused(503), 0)
    const late = nextCooldown(first, { ...refused(503), startedAt: 900 }, 30_000)
    expect(late).toMatchObject({ until: 31_000, level: 0 })
    expect(nextCooldown(first, { ...refused(503), startedAt: 1_000 }, 30_000)).toMatchObject({
      until: 32_000,
      level: 1
    })
  })

  it("is its own for each reason", () => {
    const limited = nextCooldown(nextCooldown(undefined, refused(429), 0), refused(429), 1_000)
    expect(nextCooldown(limited, refused(500), 3_000)).toMatchObject({
      reason: "upstream-failed",
      level: 0,
      until: 4_000
    })
  })
})

describe("open window", () => {
  const outcome: fc.Arbitrary<AttemptOutcome> = fc.oneof(
    fc.constant(unreachable),
    fc.record({
      _tag: fc.constant("Refused" as const),
      status: fc.constantFrom(400, 401, 403, 404, 408, 422, 429, 429, 429, 500, 503, 529),
      retryAfterMs: fc.option(fc.nat(10 * minute), { nil: undefined })
    })
  )

  it("is never shortened by any failure, and no window passes the longest of its reason", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(outcome, fc.nat(minute)), { maxLength: 60, size: "max" }), (history) => {
        let cooldown: Cooldown | undefined
        let now = 0
        for (const [event, pause] of history) {
          now += pause
          const next = nextCooldown(cooldown, event, now)
          const opened = next !== cooldown && next !== undefined ? next : undefined
          // These outcomes are failures or nobody's fault: what was remembered stays, or grows.
          expect(next?.until ?? 0).toBeGreaterThanOrEqual(cooldown?.until ?? 0)
          expect(opened === undefined || opened.until > now).toBe(true)
          expect(opened === undefined || opened.until - now <= cooldownLadders[opened.reason].maxMs).toBe(true)
          cooldown = next
        }
      }),
      { seed: 6, numRuns: 500 }
    )
  })

  it("is lengthened by a hint that reaches further", () => {
    const first = nextCooldown(undefined, refused(429, 10_000), 0)
    expect(nextCooldown(first, refused(429, 60_000), 5_000)).toMatchObject({ until: 65_000, openedAt: 0, level: 0 })
    expect(nextCooldown(first, refused(429, 1_000), 5_000)).toBe(first)
  })

  it("is not closed by a success that was under way when it opened", () => {
    const rest = nextCooldown(undefined, refused(429, 60_000), 10_000)
    expect(nextCooldown(rest, { _tag: "Succeeded", startedAt: 9_000 }, 12_000)).toBe(rest)
    expect(nextCooldown(rest, { _tag: "Succeeded", startedAt: 11_000 }, 12_000)).toBeUndefined()
  })
})
