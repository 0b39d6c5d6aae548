import { Effect, type Scope } from "effect"

import { type Bench, type BenchFailed, type BenchSettings, type Mark, markOf } from "./bench.ts"
import { type ChildProgram, startProgram } from "./child-program.ts"
import {
  compare,
  compareAdded,
  type Comparison,
  compareWithFirst,
  type Rounds,
  runRounds,
  type Variant
} from "./paired-rounds.ts"
import { buildGoSchedulerPlugin } from "./plugin-libraries.ts"
import { cpuMicrosOfFamily, residentKiBOf } from "./process-usage.ts"
import type { LoadAnswer, LoadJob } from "./programs/load.ts"
import { type ServerProcess, startProxy } from "./proxy-process.ts"
import type { Measure, Sample } from "./sample.ts"
import type { AnswerKind } from "./upstream-answers.ts"

const direct = "upstream, no proxy"
const floor = "floor"
const floorByRequest = "by hand, pool.request"
const ours = "cliproxy"
const oursWithPlugin = "cliproxy, Go scheduler in process"
const oursWithIsolated = "cliproxy, Go scheduler apart"

type Load = ChildProgram<LoadJob, LoadAnswer>

const startFloor = Effect.fnUntraced(function* (
  upstream: string,
  way: "request" | "stream"
): Effect.fn.Return<ServerProcess, BenchFailed, Scope.Scope> {
  const program = yield* startProgram<unknown, number>("floor-proxy", [upstream, way])
  return { pid: program.pid, origin: `http://127.0.0.1:${yield* program.ask({})}` }
})

const startUpstream = Effect.gen(function* () {
  const program = yield* startProgram<unknown, number>("upstream")
  return { pid: program.pid, origin: `http://127.0.0.1:${yield* program.ask({})}` }
})

/** Frames that did not arrive, or not in order, in all runs against a server. */
type LostFrames = Map<ServerProcess, number>

/** One run of load against one server; the CPU time is that of the server and its plugin processes. */
const runLoad = (load: Load, server: ServerProcess, job: Omit<LoadJob, "origin">, lostFrames: LostFrames) =>
  Effect.gen(function* () {
    const before = cpuMicrosOfFamily(server.pid)
    const { requests, lost, sample } = yield* load.ask({ origin: server.origin, ...job })
    lostFrames.set(server, (lostFrames.get(server) ?? 0) + lost)
    return { cpuMicros: (cpuMicrosOfFamily(server.pid) - before) / requests, ...sample } satisfies Sample
  })

const find = (comparisons: ReadonlyArray<Comparison>, contender: string) =>
  comparisons.find((comparison) => comparison.contender === contender)

/** The servers that are compared, the load on them, and the upstream behind them. */
const startAll = Effect.gen(function* () {
  yield* buildGoSchedulerPlugin
  const upstream = yield* startUpstream
  const load: Load = yield* startProgram<LoadJob, LoadAnswer>("load")
  const servers: ReadonlyArray<readonly [string, ServerProcess]> = [
    [floor, yield* startFloor(upstream.origin, "stream")],
    [ours, yield* startProxy(upstream.origin, "none")],
    [oursWithPlugin, yield* startProxy(upstream.origin, "in-process")],
    [oursWithIsolated, yield* startProxy(upstream.origin, "process")],
    [floorByRequest, yield* startFloor(upstream.origin, "request")],
    [`${floor} (control)`, yield* startFloor(upstream.origin, "stream")]
  ]
  return { upstream, load, servers }
})

type Started = Effect.Success<typeof startAll>

const variantsOf = (
  { load, servers }: Started,
  job: Omit<LoadJob, "origin">,
  lostFrames: LostFrames
): ReadonlyArray<Variant<BenchFailed>> =>
  servers.map(([name, server]) => ({ name, run: runLoad(load, server, job, lostFrames) }))

const directly = ({ load, upstream }: Started, job: Omit<LoadJob, "origin">): Variant<BenchFailed> => ({
  name: direct,
  run: Effect.map(load.ask({ origin: upstream.origin, ...job }), ({ sample }) => sample)
})

/** What each of our proxies adds to the upstream's own times, against what the floor adds. */
const additions = (subject: string, rounds: Rounds, chosen: ReadonlyArray<Measure>): ReadonlyArray<Comparison> =>
  [ours, oursWithPlugin, oursWithIsolated].map((contender) =>
    compareAdded(`${subject}: what is added to the upstream's`, rounds, { direct, baseline: floor, contender }, chosen)
  )

const lostMark = ({ servers }: Started, lostFrames: LostFrames): Mark => ({
  name: "lost frames of all our streams",
  atMost: 0,
  measured: servers.reduce(
    (sum, [name, server]) => sum + (name.startsWith(ours) ? (lostFrames.get(server) ?? 0) : 0),
    0
  )
})

/** The proxy end to end in a closed loop, against the same passing-on done by hand. */
export const proxyBench: Bench = {
  name: "proxy",
  about: "the whole proxy, JSON and streams, against bare node:http and undici doing the same",
  run: Effect.fnUntraced(function* ({ rounds, runMs, maxOperations }) {
    const started = yield* startAll
    const lostFrames: LostFrames = new Map()
    const job = (kind: AnswerKind, connections: number) => ({
      kind,
      connections,
      runMs,
      maxRequests: Math.max(maxOperations, connections)
    })
    const many = { json: job("whole", 64), stream: job("burst", 64) }
    // The first requests are the compiler's.
    for (const warmUp of [many.json, many.stream]) {
      for (const { run } of variantsOf(started, warmUp, lostFrames)) yield* run
    }
    const json = yield* runRounds(variantsOf(started, many.json, lostFrames), rounds)
    const jsonComparisons = compareWithFirst("JSON, 64 connections", json)
    const withPlugin = compare("JSON, 64 connections", json, ours, oursWithPlugin)
    const withIsolated = compare("JSON, 64 connections", json, ours, oursWithIsolated)
    const byRequest = compare("JSON, 64 connections", json, floorByRequest, ours)

    const streams = yield* runRounds(variantsOf(started, many.stream, lostFrames), rounds)
    const streamComparisons = compareWithFirst("SSE of 50 events at once, 64 connections", streams)

    const one = job("whole", 1)
    const single = yield* runRounds([...variantsOf(started, one, lostFrames), directly(started, one)], rounds)
    const added = additions("JSON, 1 connection", single, ["p50Micros", "p99Micros"])
    return {
      comparisons: [
        ...jsonComparisons,
        withPlugin,
        withIsolated,
        byRequest,
        ...streamComparisons,
        ...compareWithFirst("JSON, 1 connection", single),
        ...added
      ],
      marks: [
        markOf("JSON: CPU per request against the floor", 1.8, find(jsonComparisons, ours), "cpuMicros"),
        markOf("JSON: CPU per request against pool.request by hand", 1.8, byRequest, "cpuMicros"),
        markOf("JSON: CPU per request, Go scheduler in process against none", 1.3, withPlugin, "cpuMicros"),
        markOf("JSON: CPU per request, Go scheduler in its own process against none", 1.3, withIsolated, "cpuMicros"),
        markOf("SSE: CPU per stream against the floor", 1.6, find(streamComparisons, ours), "cpuMicros"),
        markOf("JSON, 1 connection: added p50 against the floor's", 2, added[0], "p50Micros"),
        markOf("JSON, 1 connection: added p99 against the floor's", 2, added[0], "p99Micros"),
        lostMark(started, lostFrames)
      ]
    }
  })
}

/** Streams as models send them: how soon they begin, how evenly they pass, what they cost. */
export const proxyPacedBench: Bench = {
  name: "proxy-paced",
  about: "128 streams at once whose events are 20 ms apart",
  run: Effect.fnUntraced(function* ({ rounds, runMs }) {
    const started = yield* startAll
    const lostFrames: LostFrames = new Map()
    const job = { kind: "paced", connections: 128, runMs: 1, maxRequests: 128, startEveryMs: runMs / 250 } as const
    const variants = [...variantsOf(started, job, lostFrames), directly(started, job)]
    const paced = yield* runRounds(variants, rounds)
    const subject = "128 streams, events 20 ms apart"
    const comparisons = compareWithFirst(subject, paced)
    const added = additions(subject, paced, ["firstP50Micros", "firstP99Micros"])
    return {
      comparisons: [...comparisons, ...added],
      marks: [
        markOf("CPU per paced stream against the floor", 1.6, find(comparisons, ours), "cpuMicros"),
        markOf("added time to the first event, p50, against the floor's", 1.5, added[0], "firstP50Micros"),
        markOf("chunk lag p50 against the floor", 1.5, find(comparisons, ours), "lagP50Micros"),
        lostMark(started, lostFrames)
      ]
    }
  })
}

/** Streams that are translated on their way, against those that pass untouched. */
export const proxyTranslateBench: Bench = {
  name: "proxy-translate",
  about: "streams from a provider of another protocol than the client's, against the same protocol",
  run: Effect.fnUntraced(function* ({ rounds, runMs, maxOperations }) {
    const upstream = yield* startUpstream
    const load: Load = yield* startProgram<LoadJob, LoadAnswer>("load")
    const server = yield* startProxy(upstream.origin, "none")
    const lostFrames: LostFrames = new Map()
    const same = "openai to openai"
    const ways = [
      [same, {}],
      ["claude to claude", { client: "claude", model: "claude-burst" }],
      ["claude client, openai provider", { client: "claude", model: "burst" }],
      ["openai client, claude provider", { client: "openai", model: "claude-burst" }]
    ] as const
    const variants = ways.map(([name, way]) => ({
      name,
      run: runLoad(
        load,
        server,
        { kind: "burst", connections: 64, runMs, maxRequests: Math.max(maxOperations, 64), ...way },
        lostFrames
      )
    }))
    for (const { run } of variants) yield* run
    const comparisons = compareWithFirst("SSE of 50 events at once, 64 connections", yield* runRounds(variants, rounds))
    return {
      comparisons,
      marks: [
        ...ways
          .slice(2)
          .map(([name]) =>
            markOf(`CPU per stream, ${name}, against ${same}`, 2.2, find(comparisons, name), "cpuMicros")
          ),
        { name: "lost events of all streams", atMost: 0, measured: lostFrames.get(server) ?? 0 }
      ]
    }
  })
}

const memoryStreams = 256

/** Growth of one fresh server's memory while it carries many slow streams, from before the first of them. */
const runForMemory = Effect.fnUntraced(function* (
  load: Load,
  start: Effect.Effect<ServerProcess, BenchFailed, Scope.Scope>
) {
  const server = yield* start
  const job = { runMs: 1, maxRequests: memoryStreams }
  yield* load.ask({ origin: server.origin, kind: "whole", connections: 1, ...job, maxRequests: 1 })
  const before = residentKiBOf(server.pid)
  let most = before
  const look = Effect.sync(() => {
    most = Math.max(most, residentKiBOf(server.pid))
  })
  yield* Effect.raceFirst(
    load.ask({ origin: server.origin, kind: "paced", connections: memoryStreams, ...job }),
    Effect.forever(Effect.andThen(look, Effect.sleep(50)))
  )
  return { rssGrowthKiB: most - before } satisfies Sample
}, Effect.scoped)

/** What the proxy's memory grows by under many slow streams. */
export const proxyMemoryBench: Bench = {
  name: "proxy-memory",
  about: "growth of memory while 256 slow streams pass, each time from a fresh process",
  run: Effect.fnUntraced(function* ({ rounds }: BenchSettings) {
    const upstream = yield* startUpstream
    const load: Load = yield* startProgram<LoadJob, LoadAnswer>("load")
    const measured = yield* runRounds(
      [
        { name: floor, run: runForMemory(load, startFloor(upstream.origin, "stream")) },
        { name: ours, run: runForMemory(load, startProxy(upstream.origin, "none")) },
        { name: `${floor} (control)`, run: runForMemory(load, startFloor(upstream.origin, "stream")) }
      ],
      Math.max(2, Math.floor(rounds / 2))
    )
    const comparisons = compareWithFirst("256 streams, events 20 ms apart, fresh process", measured)
    return {
      comparisons,
      marks: [
        markOf("memory growth under 256 slow streams against the floor's", 1.5, find(comparisons, ours), "rssGrowthKiB")
      ]
    }
  })
}
