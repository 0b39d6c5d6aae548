import { Effect } from "effect"

import type { Bench } from "./bench.ts"
import { thisMachine, writeResult } from "./results-file.ts"
import { runSoak, type SoakReport } from "./soak/run-soak.ts"

const MIB = 1024 * 1024

/** What a soak came to, for people. */
export const soakLines = (report: SoakReport): ReadonlyArray<string> => {
  const { attempts, cutLater, faults, left, memory, outage, perSecond, plan, seconds, served } = report
  const kinds = Object.entries(faults).map(([fault, count]) => `${fault} ${count}`)
  return [
    `${plan.requests} requests in ${seconds.toFixed(1)} s (${Math.round(perSecond)} a second), ${attempts} attempts, seed ${plan.seed}`,
    `served ${served}, cut by the provider after their first words ${cutLater}`,
    `faults: ${kinds.join(", ")}`,
    `heap after collection: ${memory.map(({ heapBytes }) => (heapBytes / MIB).toFixed(1)).join(", ")} MiB`,
    `all keys of a model down for ${outage.lastedMs / 1000} s: served again ${outage.recoveredMs / 1000} s after that`,
    `left open: ${left.sockets + left.providerConnections} connections`
  ]
}

/** Bytes by which the heap has grown for each request, from the first look at it to the last. */
export const heapGrowth = ({ memory }: SoakReport): number => {
  const [first, last] = [memory[0], memory.at(-1)]
  return first === undefined || last === undefined
    ? Number.NaN
    : (last.heapBytes - first.heapBytes) / (last.requests - first.requests)
}

/** Streams that a key should have been able to hold and was not. */
export const lostPlaces = ({ places }: SoakReport): number =>
  Object.values(places.held).reduce((sum, held) => sum + Math.max(0, places.cap - held), 0)

/** Writes a soak's report; gives its path. */
export const writeSoak = (report: SoakReport) =>
  writeResult("soak-", { date: new Date().toISOString(), machine: thisMachine(), ...report } as { date: string })

/** The gateway against providers that fail at random: what clients see of it, and what it leaves behind. */
export const soakBench: Bench = {
  name: "soak",
  about: "100,000 requests while keys fail in eleven ways: what clients see, memory, what is left open",
  run: Effect.fnUntraced(function* ({ maxOperations }) {
    const report = yield* runSoak({ requests: maxOperations * 2, connections: 96, seed: 1, parts: 5 })
    const path = yield* writeSoak(report)
    return {
      comparisons: [],
      lines: [...soakLines(report), `the whole report: ${path}`],
      marks: [
        { name: "errors that a healthy credential could have avoided", atMost: 0, measured: report.errors, unit: "" },
        { name: "growth of the heap for each request", atMost: 50, measured: heapGrowth(report), unit: " bytes" },
        { name: "places of keys that were not given back", atMost: 0, measured: lostPlaces(report), unit: "" },
        {
          name: "connections left open",
          atMost: 0,
          measured: report.left.sockets + report.left.providerConnections,
          unit: ""
        }
      ]
    }
  })
}
