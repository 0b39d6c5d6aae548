import { describe, expect, it } from "vitest"
import { slowStart, strategyNames } from "../../src/index.ts"
import type { Candidate, Strategy } from "../../src/index.ts"
import { candidate } from "../candidates.ts"
import type { Behaviour, Fault } from "./provider.ts"
import { makeRandom } from "./random.ts"
import { type Attempt, type Outcome, type Scenario, simulate } from "./simulate.ts"

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

const healthy: Behaviour = { latency: [200, 2_000], faults: [] }

/** Faults at random times over an hour. */
const randomFaults = (random: () => number, kinds: ReadonlyArray<Fault["kind"]>, count: number): ReadonlyArray<Fault> =>
  Array.from({ length: count }, () => {
    const from = random() * hour
    return {
      from,
      to: from + 100 + random() ** 3 * 5 * minute,
      kind: kinds[Math.floor(random() * kinds.length)] ?? 503
    }
  })

const everyKind: ReadonlyArray<Fault["kind"]> = ["429 with hint", 401, 429, 500, 503, 529, "no connection"]

/** Five providers with four keys each: outages of a whole provider, faults of single keys, quotas, a dead key, caps. */
const troubled = (seed: number): ReadonlyArray<readonly [Candidate, Behaviour]> => {
  const random = makeRandom(seed)
  return Array.from({ length: 5 }, (_, provider) => {
    const outages = randomFaults(random, [500, 503, 529, "no connection"], 3)
    return Array.from({ length: 4 }, (__, key): readonly [Candidate, Behaviour] => [
      candidate(`p${provider}-k${key}`, {
        provider: `p${provider}`,
        priority: provider < 3 ? 1 : 0,
        weight: 1 + ((provider + key) % 5),
        ...(key === 1 ? { maxInFlight: 3 } : {})
      }),
      {
        latency: [100 * (key + 1), 1_000 * (key + 1)],
        faults:
          provider === 0 && key === 0
            ? [{ from: 0, to: hour + minute, kind: 401 }]
            : [...outages, ...randomFaults(random, everyKind, 4)],
        ...(key === 2 ? { quota: { requests: 40, windowMs: 5 * minute, hint: provider % 2 === 0 } } : {})
      }
    ])
  }).flat()
}

const scenarioOf = (strategy: Strategy, seed: number, more: Partial<Scenario> = {}): Scenario => ({
  seed,
  strategy,
  credentials: troubled(seed),
  durationMs: hour,
  requests: 5_000,
  rounds: 2,
  maxIntervalMs: 5 * second,
  waitMs: 10 * second,
  ...more
})

/** Attempts whose trace does not tell why it was this credential and why not each of the others. */
const unexplained = ({ attempts }: Outcome): ReadonlyArray<Attempt> =>
  attempts.filter(({ id, probe, trace: { candidates, chosen } }) => {
    const taken = candidates.find((one) => one.id === id)
    // Who was held or is tried as a last resort was left out at first; then nobody may have been ready.
    const asReserve = taken?.exclusion !== undefined
    const nobodyReady = candidates.every(({ exclusion }) => exclusion !== undefined)
    const aboveIsLeftOut = candidates.every((one) => one.tier <= (taken?.tier ?? 0) || one.exclusion !== undefined)
    return (
      chosen?.id !== id ||
      (asReserve ? !nobodyReady : !aboveIsLeftOut) ||
      (asReserve && taken?.exclusion?._tag === "Cooling" && !probe)
    )
  })

describe("an hour of trouble", () => {
  for (const strategy of strategyNames) {
    it(`${strategy}: no request fails while one credential is healthy and known to be`, () => {
      for (const seed of [1, 2, 3]) {
        const credentials = [...troubled(seed), [candidate("steady", { priority: -1 }), healthy] as const]
        const { attempts, failures, served } = simulate(scenarioOf(strategy, seed, { credentials }))
        expect(failures).toEqual([])
        expect(served).toBe(5_000)
        // The trouble was real.
        expect(attempts.length).toBeGreaterThan(5_020)
      }
    })

    it(`${strategy}: a request that fails left nobody out who had long been healthy again`, () => {
      let failed = 0
      for (const seed of [4, 5, 6]) {
        const outcome = simulate(scenarioOf(strategy, seed, { credentials: troubled(seed).slice(0, 6) }))
        failed += outcome.failures.length
        for (const { at, healthySince, trace } of outcome.failures) {
          for (const { exclusion, id } of trace.candidates) {
            const since = healthySince.get(id)
            if (since === undefined || exclusion?._tag === "Tried" || exclusion?._tag === "AtCapacity") continue
            // It still rests: not for longer than a rest lets nobody try. Keys that are refused are tried least often.
            const longest = exclusion?._tag === "Cooling" && exclusion.because === "rejected" ? 31 * minute : 2 * minute
            expect({ id, exclusion, late: at - since > longest }).toMatchObject({ late: false })
          }
        }
      }
      // There were times when nobody could serve.
      expect(failed).toBeGreaterThan(10)
    })

    it(`${strategy}: nobody is tried twice in a round, caps hold, and each credential has one probe at a time`, () => {
      const { attempts, wokenAtOnce } = simulate(scenarioOf(strategy, 7))
      const capped = new Map(troubled(7).map(([one]) => [one.id, one.maxInFlight ?? Infinity]))
      for (const { id, inFlight } of attempts) expect(inFlight).toBeLessThanOrEqual(capped.get(id) ?? 0)
      expect(wokenAtOnce).toBeLessThanOrEqual(1)
      expect(unexplained({ attempts, served: 0, failures: [], wokenAtOnce })).toEqual([])
      for (const { request, trace } of attempts) {
        const triedHere = trace.candidates.filter(({ exclusion }) => exclusion?._tag === "Tried").map(({ id }) => id)
        expect([request, triedHere.includes(trace.chosen?.id ?? "")]).toEqual([request, false])
      }
    })

    it(`${strategy}: the same seed gives the same hour`, () => {
      const [a, b] = [0, 0].map(() => simulate(scenarioOf(strategy, 8, { requests: 1_000 })))
      expect(a?.attempts.map(({ at, id }) => [at, id])).toEqual(b?.attempts.map(({ at, id }) => [at, id]))
    })
  }
})

describe("an outage of everybody", () => {
  const outage: Fault = { from: minute, to: 4 * minute, kind: 503 }
  const all = Array.from({ length: 10 }, (_, key) => [candidate(`k${key}`), { ...healthy, faults: [outage] }] as const)
  const busy = (strategy: Strategy) =>
    simulate(scenarioOf(strategy, 9, { credentials: all, durationMs: 6 * minute, requests: 36_000, rounds: 0 }))

  it.each(strategyNames)("%s: is not hammered, and its end brings no herd", (strategy) => {
    const { attempts, failures } = busy(strategy)
    for (const [{ id }] of all) {
      const mine = attempts.filter((attempt) => attempt.id === id)
      // Requests come every 10 ms. Those under way fail when it begins; after that there are probes, less and less often.
      const late = mine.filter(({ at }) => at > outage.from + 2 * second && at < outage.to)
      expect(late.length).toBeLessThan(12)
      // After the first success there is one request in every tenth of a second until the slow start is over, unless
      // nobody else can serve.
      const back = mine.find(({ at, outcome }) => at >= outage.to && outcome?._tag === "Succeeded")?.at ?? 0
      const answered = back + healthy.latency[1]
      expect(back).toBeGreaterThanOrEqual(outage.to)
      expect(back).toBeLessThan(outage.to + minute)
      expect(mine.filter(({ at, probe }) => probe && at >= back && at < answered).length).toBeLessThanOrEqual(1)
    }
    // Everybody is back within one interval of a probe.
    expect(failures.filter(({ at }) => at > outage.to + minute)).toEqual([])
  })
})

describe("an outage of one among many", () => {
  it.each(strategyNames)("%s: ends with a slow start", (strategy) => {
    const outage: Fault = { from: 10 * second, to: 40 * second, kind: 529 }
    const credentials = Array.from(
      { length: 10 },
      (_, key) => [candidate(`k${key}`), { latency: [50, 60], faults: key === 0 ? [outage] : [] }] as const
    )
    const { attempts, failures } = simulate(
      scenarioOf(strategy, 10, { credentials, durationMs: 2 * minute, requests: 24_000 })
    )
    expect(failures).toEqual([])
    const mine = attempts.filter(({ id }) => id === "k0")
    const first = mine.find(({ at, outcome }) => at >= outage.to && outcome?._tag === "Succeeded")
    // The strategies that prefer others may have no use for it.
    const back = (first?.at ?? Infinity) + 60
    const share = mine.filter(({ at }) => at >= back && at < back + slowStart.durationMs).length
    expect(share).toBeLessThanOrEqual(slowStart.durationMs / slowStart.spacingMs + 1)
    expect(mine.filter(({ at }) => at > outage.from + second && at < outage.to).length).toBeLessThan(8)
  })
})

describe("a quota that is reset early", () => {
  it("is used again within one interval of a probe", () => {
    const quota = { requests: 10, windowMs: 5 * hour, hint: true, earlyResetAt: 40 * minute }
    const credentials = [
      [
        candidate("cheap", { priority: 1 }),
        { ...healthy, quota: { ...quota, requests: 2_000, earlyResetAt: 40 * minute } }
      ],
      [candidate("paid"), healthy]
    ] as const
    const { attempts, failures } = simulate(
      scenarioOf("round-robin", 11, { credentials, durationMs: 3 * hour, requests: 10_000 })
    )
    expect(failures).toEqual([])
    const spent = attempts.find(({ id, outcome }) => id === "cheap" && outcome?._tag === "Refused")?.at ?? Infinity
    expect(spent).toBeLessThan(40 * minute)
    const again = attempts.find(({ at, id, outcome }) => at > spent && id === "cheap" && outcome?._tag === "Succeeded")
    expect(again?.at).toBeGreaterThanOrEqual(40 * minute)
    // The interval had grown with the length of the rest: never to more than that.
    expect(again?.at).toBeLessThan(80 * minute)
  })
})

describe("an hour without trouble", () => {
  const weights = [1, 2, 3, 4, 10]
  const calm = (strategy: Strategy) => {
    const credentials = weights.map((weight, key) => [candidate(`k${key}`, { weight }), healthy] as const)
    const { attempts } = simulate(scenarioOf(strategy, 12, { credentials, requests: 20_000 }))
    return { attempts, counts: weights.map((_, key) => attempts.filter(({ id }) => id === `k${key}`).length) }
  }

  it("is shared equally by round-robin, and by weight by weighted-round-robin", () => {
    for (const count of calm("round-robin").counts) expect(Math.abs(count - 4_000)).toBeLessThanOrEqual(1)
    const { counts } = calm("weighted-round-robin")
    for (const [key, count] of counts.entries()) {
      expect(Math.abs(count - (20_000 * (weights[key] ?? 0)) / 20)).toBeLessThanOrEqual(1)
    }
  })

  it("leaves nobody busier by more than one than the least busy, by least-inflight", () => {
    for (const { inFlight, trace } of calm("least-inflight").attempts) {
      expect(inFlight - 1).toBe(Math.min(...trace.candidates.map((one) => one.inFlight)))
    }
  })

  it("is served by the first alone, by fill-first", () => {
    expect(calm("fill-first").counts).toEqual([20_000, 0, 0, 0, 0])
  })
})
