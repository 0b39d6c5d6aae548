import { Effect, type Scope } from "effect"

import { type Bench, type BenchFailed, type BenchSettings, markOf } from "./bench.ts"
import { compare, compareWithFirst, runRounds } from "./paired-rounds.ts"
import { residentKiBOf } from "./process-usage.ts"
import {
  find,
  floor,
  floorAgain,
  type Load,
  ours,
  portkey,
  startFloor,
  startLoad,
  startPortkey,
  startUpstream
} from "./proxy-contenders.ts"
import { startProxy } from "./proxy-process.ts"
import type { Sample } from "./sample.ts"
import type { ServerProcess } from "./server-process.ts"

const memoryStreams = 256

/** Growth of one fresh server's memory while it carries many slow streams, from before the first of them. */
const runForMemory = Effect.fnUntraced(function* (
  load: Load,
  start: Effect.Effect<ServerProcess, BenchFailed, Scope.Scope>
) {
  const { needs, origin, pid } = yield* start
  const plan = { ...needs, origin, runMs: 1, maxRequests: memoryStreams }
  yield* load.ask({ ...plan, kind: "whole", connections: 1, maxRequests: 1 })
  const before = residentKiBOf(pid)
  let most = before
  const look = Effect.sync(() => {
    most = Math.max(most, residentKiBOf(pid))
  })
  yield* Effect.raceFirst(
    load.ask({ ...plan, kind: "paced", connections: memoryStreams }),
    Effect.forever(Effect.andThen(look, Effect.sleep(50)))
  )
  return { rssGrowthKiB: most - before, rssKiB: most } satisfies Sample
}, Effect.scoped)

/** What the proxy's memory grows by under many slow streams. */
export const proxyMemoryBench: Bench = {
  name: "proxy-memory",
  about: "growth of memory while 256 slow streams pass, each time from a fresh process",
  run: Effect.fnUntraced(function* ({ peers, rounds }: BenchSettings) {
    const { origin } = yield* startUpstream
    const load = yield* startLoad
    const measured = yield* runRounds(
      [
        { name: floor, run: runForMemory(load, startFloor(origin, "stream")) },
        { name: ours, run: runForMemory(load, startProxy(origin, "none")) },
        ...(peers === undefined ? [] : [{ name: portkey, run: runForMemory(load, startPortkey(peers, origin)) }]),
        { name: floorAgain, run: runForMemory(load, startFloor(origin, "stream")) }
      ],
      Math.max(2, Math.floor(rounds / 2))
    )
    const subject = "256 streams, events 20 ms apart, fresh process"
    const comparisons = compareWithFirst(subject, measured)
    const against = peers === undefined ? [] : [compare(subject, measured, portkey, ours)]
    return {
      comparisons: [...comparisons, ...against],
      marks: [
        markOf(
          "memory growth under 256 slow streams against the floor's",
          1.5,
          find(comparisons, ours),
          "rssGrowthKiB"
        ),
        ...against.map((one) => markOf(`most memory under 256 slow streams against ${portkey}`, 0.5, one, "rssKiB"))
      ]
    }
  })
}
