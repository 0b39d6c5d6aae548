import { Effect } from "effect"

import { type Bench, markOf } from "./bench.ts"
import { compare, compareWithFirst, runRounds } from "./paired-rounds.ts"
import {
  additions,
  directly,
  find,
  llms,
  type LostFrames,
  lostMark,
  ours,
  portkey,
  startContenders,
  takesPart,
  variantsOf,
  warmUp
} from "./proxy-contenders.ts"

/** Streams as models send them: how soon they begin, how evenly they pass, what they cost. */
export const proxyPacedBench: Bench = {
  name: "proxy-paced",
  about: "128 streams at once whose events are 20 ms apart",
  run: Effect.fnUntraced(function* ({ peers, rounds, runMs }) {
    const lostFrames: LostFrames = new Map()
    const plan = { kind: "paced", connections: 128, runMs: 1, maxRequests: 128, startEveryMs: runMs / 250 } as const
    const { able, lines } = yield* warmUp(yield* startContenders(peers), [plan])
    const paced = yield* runRounds([...variantsOf(able, plan, lostFrames), directly(able, plan)], rounds)
    const subject = "128 streams, events 20 ms apart"
    const comparisons = compareWithFirst(subject, paced)
    const others = [portkey, llms].filter((name) => takesPart(able, name))
    const against = others.map((name) => compare(subject, paced, name, ours))
    const added = additions(subject, able, paced, ["firstP50Micros", "firstP99Micros"])
    return {
      lines,
      comparisons: [...comparisons, ...against, ...added],
      marks: [
        markOf("CPU per paced stream against the floor", 1.6, find(comparisons, ours), "cpuMicros"),
        markOf("added time to the first event, p50, against the floor's", 1.5, added[0], "firstP50Micros"),
        markOf("chunk lag p50 against the floor", 1.5, find(comparisons, ours), "lagP50Micros"),
        ...added
          .filter(({ baseline }) => baseline.startsWith(portkey))
          .map((one) => markOf(`added time to the first event, p50, against ${portkey}'s`, 0.1, one, "firstP50Micros")),
        lostMark(able, lostFrames)
      ]
    }
  })
}
