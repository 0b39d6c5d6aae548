import { Effect } from "effect"

import { type Bench, markOf } from "./bench.ts"
import { compare, compareWithFirst, runRounds } from "./paired-rounds.ts"
import { startLlms } from "./peers/peer-processes.ts"
import {
  find,
  llms,
  type LoadPlan,
  type LostFrames,
  portkey,
  runLoad,
  startLoad,
  startPortkey,
  startUpstream,
  warmUp
} from "./proxy-contenders.ts"
import { startProxy } from "./proxy-process.ts"
import type { ServerProcess } from "./server-process.ts"

const same = "openai to openai"
const claudeToOpenai = "claude client, openai provider"
const openaiToClaude = "openai client, claude provider"

/** Who translates which way besides us: of the two others, each can do one. */
const startOthers = Effect.fnUntraced(function* (peers: string, upstream: string) {
  const others: ReadonlyArray<readonly [way: string, name: string, server: ServerProcess, plan: Partial<LoadPlan>]> = [
    [claudeToOpenai, llms, yield* startLlms(peers, upstream), { client: "claude", model: "burst" }],
    [openaiToClaude, portkey, yield* startPortkey(peers, upstream, "anthropic"), { client: "openai", model: "burst" }]
  ]
  return others
})

/** Streams that are translated on their way, against those that pass untouched. */
export const proxyTranslateBench: Bench = {
  name: "proxy-translate",
  about: "streams from a provider of another protocol than the client's, against the same protocol",
  run: Effect.fnUntraced(function* ({ maxOperations, peers, rounds, runMs }) {
    const upstream = yield* startUpstream
    const load = yield* startLoad
    const server = yield* startProxy(upstream.origin, "none")
    const lostFrames: LostFrames = new Map()
    const burst: LoadPlan = { kind: "burst", connections: 64, runMs, maxRequests: Math.max(maxOperations, 64) }
    const ways = [
      [same, {}],
      ["claude to claude", { client: "claude", model: "claude-burst" }],
      [claudeToOpenai, { client: "claude", model: "burst" }],
      [openaiToClaude, { client: "openai", model: "claude-burst" }]
    ] as const
    const variants = ways.map(([name, way]) => ({
      name,
      run: runLoad(load, server, { ...burst, ...way }, lostFrames)
    }))
    for (const { run } of variants) yield* run

    const lines: Array<string> = []
    const others: Array<{ readonly way: string; readonly name: string; readonly run: (typeof variants)[0]["run"] }> = []
    for (const [way, name, other, plan] of peers === undefined ? [] : yield* startOthers(peers, upstream.origin)) {
      const whole = { ...burst, ...plan }
      const tried = yield* warmUp({ upstream, load, servers: [[name, other]] }, [whole])
      lines.push(...tried.lines.map((line) => `${way}: ${line}`))
      if (tried.able.servers.length > 0) {
        others.push({ way, name: `${name}: ${way}`, run: runLoad(load, other, whole, new Map()) })
      }
    }

    const subject = "SSE of 50 events at once, 64 connections"
    const measured = yield* runRounds([...variants, ...others], rounds)
    const comparisons = compareWithFirst(subject, measured)
    const against = others.map(({ name, way }) => compare(subject, measured, name, way))
    return {
      lines,
      comparisons: [...comparisons, ...against],
      marks: [
        ...ways
          .slice(2)
          .map(([name]) =>
            markOf(`CPU per stream, ${name}, against ${same}`, 2.2, find(comparisons, name), "cpuMicros")
          ),
        ...against
          .filter(({ baseline }) => baseline.startsWith(llms))
          .map((one) => markOf(`CPU per stream against ${one.baseline}`, 0.6, one, "cpuMicros")),
        { name: "lost events of all our streams", atMost: 0, measured: lostFrames.get(server) ?? 0, unit: "" }
      ]
    }
  })
}
