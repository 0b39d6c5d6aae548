import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { classifyStatus, cooldownLadders, cooldownScope, nextCooldown, probeIntervals } from "../src/index.ts"
import type { AttemptOutcome, Cooldown } from "../src/index.ts"

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

const refused = (status: number, retryAfterMs?: number): AttemptOutcome => ({ _tag: "Refused", status, retryAfterMs })
const unreachable: AttemptOutcome = { _tag: "Unreachable" }
const succeeded: AttemptOutcome = { _tag: "Succeeded" }
const probing = (outcome: AttemptOutcome): AttemptOutcome => ({ ...outcome, probe: true })

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
    [refused(401), 30 * minute, "rejected", "credential"],
    [refused(402), 30 * minute, "rejected", "credential"],
    [refused(403), 30 * minute, "rejected", "model"],
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
    expect(windows(refused(401), 2).map((ms) => ms / minute)).toEqual([30, 30])
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

describe("operator's rules and floors", () => {
  it("open a rest for a request fault, or none for a failure", () => {
    const wanted: AttemptOutcome = { _tag: "Refused", status: 400, rests: true }
    expect(nextCooldown(undefined, wanted, 0)).toMatchObject({ until: second, reason: "upstream-failed" })
    const unwanted: AttemptOutcome = { _tag: "Refused", status: 500, rests: false }
    expect(nextCooldown(undefined, unwanted, 0)).toBeUndefined()
  })

  it("lengthen a short step, and no long one", () => {
    const challenge: AttemptOutcome = { _tag: "Refused", status: 429, atLeastMs: 10 * second }
    expect(windows(challenge, 6).map((ms) => ms / second)).toEqual([10, 10, 10, 10, 16, 32])
  })
})

/** When probes are made if every one of them fails with `failure`. */
const probeTimes = (opening: AttemptOutcome, failure: AttemptOutcome, count: number): ReadonlyArray<number> => {
  const times: Array<number> = []
  let rest = nextCooldown(undefined, opening, 0)
  for (let probe = 0; probe < count; probe++) {
    const now = rest!.probeAt
    times.push(now)
    rest = nextCooldown(rest, probing(failure), now)
  }
  return times
}

describe("probes of a rest", () => {
  it("come at growing intervals within a long hint, and at its end within a short one", () => {
    expect(probeTimes(refused(429, 5 * hour), refused(429, 5 * hour), 8).map((ms) => ms / minute)).toEqual([
      1, 3, 7, 15, 31, 63, 123, 183
    ])
    expect(nextCooldown(undefined, refused(429, probeIntervals.longRestMs), 0)?.probeAt).toBe(probeIntervals.longRestMs)
  })

  it("come at growing intervals for a refused key, at least once in every rest", () => {
    expect(probeTimes(refused(401), refused(401), 7).map((ms) => ms / minute)).toEqual([1, 3, 7, 15, 31, 61, 91])
  })

  it("wait for the end of a step of the ladder, and take the next step when they fail", () => {
    expect(probeTimes(refused(500), refused(500), 8).map((ms) => ms / second)).toEqual([1, 3, 7, 15, 31, 63, 123, 183])
  })

  it("do not shorten a rest that they end in a smaller failure, which says nothing of the limit: the next is as near", () => {
    const rest = nextCooldown(undefined, refused(429, hour), 0)!
    const after = nextCooldown(rest, probing(refused(503)), rest.probeAt)
    expect(after).toMatchObject({ until: hour, reason: "rate-limited", probes: 0, probeAt: 2 * minute })
    const limited = nextCooldown(after, probing(refused(429)), 2 * minute)
    expect(limited).toMatchObject({ until: hour, reason: "rate-limited", probes: 1, probeAt: 4 * minute })
  })

  it("replace the rest by the provider's newest word of the limit, also when it is a shorter one", () => {
    const rest = nextCooldown(undefined, refused(429, hour), 0)!
    const after = nextCooldown(rest, probing(refused(429, 2 * second)), rest.probeAt)
    expect(after).toMatchObject({ until: minute + 2 * second, reason: "rate-limited", scope: rest.scope })
    // Only a probe has been at the limit; a request that began before the rest tells old news.
    expect(nextCooldown(rest, { ...refused(429, 2 * second), probe: false }, rest.probeAt)).toBe(rest)
    // And only the same limit: a refused key stays one.
    const rejected = nextCooldown(undefined, refused(401), 0)!
    const still = nextCooldown(rejected, probing(refused(429, 2 * second)), rejected.probeAt)
    expect(still).toMatchObject({ until: rejected.until, reason: "rejected" })
  })

  it("end a rest by their success", () => {
    const rest = nextCooldown(undefined, refused(429, hour), 0)!
    expect(nextCooldown(rest, { ...probing(succeeded), startedAt: rest.probeAt }, rest.probeAt + 5)).toBeUndefined()
  })

  it("are allowed as a last resort at once after the first passing failure, at half-time after that", () => {
    const first = nextCooldown(undefined, refused(503), 0)!
    expect(first.lastResortAt).toBe(0)
    const second = nextCooldown(first, probing(refused(503)), 10)!
    expect(second).toMatchObject({ until: 2_010, lastResortAt: 1_010, level: 1 })
    expect(nextCooldown(undefined, refused(429), 0)).not.toHaveProperty("lastResortAt")
    expect(nextCooldown(undefined, refused(401), 0)).not.toHaveProperty("lastResortAt")
  })

  it("are told from stragglers by when they began, where nobody says which is which", () => {
    const rest = nextCooldown(undefined, refused(503), 100)!
    expect(nextCooldown(rest, { ...refused(503), startedAt: 100 }, 200)).toBe(rest)
    const stepped = nextCooldown(rest, { ...refused(503), startedAt: 101 }, 200)!
    expect(stepped.level).toBe(1)
    expect(nextCooldown(stepped, { ...refused(503), startedAt: 102 }, 210)).toBe(stepped)
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
