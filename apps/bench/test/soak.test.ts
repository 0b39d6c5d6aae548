import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"

import { heapGrowth, lostPlaces, soakLines, writeSoak } from "../src/soak-bench.ts"
import { EPOCH_MS, makeFaultScript } from "../src/soak/fault-script.ts"
import { runSoak } from "../src/soak/run-soak.ts"
import { keysOfPool, soakPools } from "../src/soak/soak-pools.ts"

/** What the script says of one key at these times. */
const tell = (seed: number, asked: ReadonlyArray<number>) => {
  const script = makeFaultScript(soakPools, seed, 0)
  return new Map(asked.map((time) => [time, script.episodeOf("first-key-1", time)?.fault]))
}

describe("the script of the soak", () => {
  it("always leaves a key of each pool well, which was well for a while before", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (seed) => {
        const script = makeFaultScript(soakPools, seed, 0)
        for (const pool of soakPools) {
          const wellAt = (epoch: number): ReadonlyArray<string> =>
            keysOfPool(pool).filter((key) => script.episodeOf(key, epoch * EPOCH_MS) === undefined)
          for (let epoch = 1; epoch < 60; epoch++) {
            const before = new Set(wellAt(epoch - 1))
            assert.isTrue(wellAt(epoch).some((key) => before.has(key)))
          }
        }
      }),
      { numRuns: 30 }
    )
  })

  it("says the same for the same seed, whenever it is asked", () => {
    const times = Array.from({ length: 50 }, (_, index) => index * 170)
    assert.deepStrictEqual(tell(3, times), new Map([...tell(3, times.toReversed())].toReversed()))
    assert.notDeepEqual(tell(3, times), tell(4, times))
  })
})

describe("a soak of 100,000 requests", () => {
  it.live(
    "shows clients no error that a healthy credential could have avoided, and leaves nothing behind",
    () =>
      Effect.gen(function* () {
        const report = yield* runSoak({ requests: 100_000, connections: 96, seed: 20_261, parts: 5 })
        yield* Effect.logInfo([...soakLines(report), yield* writeSoak(report)].join("\n"))

        assert.deepStrictEqual(report.firstErrors, [])
        assert.strictEqual(report.errors, 0)
        assert.strictEqual(report.served + report.cutLater, report.plan.requests)
        // The providers did fail, and the gateway did go on to others.
        assert.isAbove(Object.keys(report.faults).length, 8)
        assert.isAbove(report.attempts, report.plan.requests + 300)

        assert.isBelow(heapGrowth(report), 50, JSON.stringify(report.memory))
        assert.strictEqual(lostPlaces(report), 0, JSON.stringify(report.places))
        assert.strictEqual(report.places.broken, 0)
        assert.deepStrictEqual(report.places.oneMore, {
          fallback: "waited",
          "claude-soak": "waited",
          outage: "waited"
        })
        assert.deepInclude(report.left, { sockets: 0, providerConnections: 0 })

        // With all keys well, those of the highest tier take turns, and nobody else is asked.
        for (const pool of soakPools) {
          const highest = Math.max(...pool.providers.map(({ priority }) => priority))
          const [asked, idle] = [true, false].map((top) =>
            pool.providers.filter(({ priority }) => (priority === highest) === top).flatMap(({ keys }) => keys)
          )
          const total = (asked ?? []).reduce((sum, key) => sum + (report.calm[key] ?? 0), 0)
          for (const key of asked ?? []) assert.strictEqual(report.calm[key], total / (asked?.length ?? 1), key)
          for (const key of idle ?? []) assert.isUndefined(report.calm[key], key)
        }

        // Clients were told of the outage, and were served again when they had been told to come back.
        assert.deepStrictEqual(Object.keys(report.outage.refused), ["503"])
        // Some seconds for a busy machine; the next step of the rests would be longer.
        assert.isAtMost(report.outage.recoveredMs, report.outage.announcedMs + 5_000)
        assert.strictEqual(report.outage.failedAfterwards, 0)
      }).pipe(Effect.scoped),
    1_200_000
  )
})
