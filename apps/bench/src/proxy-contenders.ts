import { Effect, type Scope } from "effect"

import { type BenchFailed, type Mark } from "./bench.ts"
import { type ChildProgram, startProgram } from "./child-program.ts"
import { compareAdded, type Comparison, type Rounds, type Variant } from "./paired-rounds.ts"
import { portkeyCommand, startLlms } from "./peers/peer-processes.ts"
import { buildGoSchedulerPlugin } from "./plugin-libraries.ts"
import { cpuMicrosOfFamily, residentKiBOf } from "./process-usage.ts"
import type { LoadAnswer, LoadJob } from "./programs/load.ts"
import { startProxy } from "./proxy-process.ts"
import type { Measure, Sample } from "./sample.ts"
import { type ServerProcess, startServer } from "./server-process.ts"

/** Names of what is compared, as the tables show them. */
export const direct = "upstream, no proxy"
export const floor = "floor"
export const floorAgain = `${floor} (control)`
export const floorByRequest = "by hand, pool.request"
export const ours = "cliproxy"
export const oursWithPlugin = "cliproxy, Go scheduler in process"
export const oursWithIsolated = "cliproxy, Go scheduler apart"
export const portkey = "Portkey"
export const llms = "musistudio/llms"

/** The load generator. */
export type Load = ChildProgram<LoadJob, LoadAnswer>

/** A run of load, whoever it is sent to. */
export type LoadPlan = Omit<LoadJob, "origin" | "headers" | "modelPrefix">

/** Starts the load generator. */
export const startLoad: Effect.Effect<Load, BenchFailed, Scope.Scope> = startProgram<LoadJob, LoadAnswer>("load")

/** Starts what one would write by hand; see the program `floor-proxy`. */
export const startFloor = Effect.fnUntraced(function* (
  upstream: string,
  way: "request" | "stream"
): Effect.fn.Return<ServerProcess, BenchFailed, Scope.Scope> {
  const program = yield* startProgram<unknown, number>("floor-proxy", [upstream, way])
  return { pid: program.pid, origin: `http://127.0.0.1:${yield* program.ask({})}` }
})

/** Starts the provider that all lead to. */
export const startUpstream = Effect.gen(function* () {
  const program = yield* startProgram<unknown, number>("upstream")
  const server: ServerProcess = { pid: program.pid, origin: `http://127.0.0.1:${yield* program.ask({})}` }
  return server
})

/** Starts Portkey's gateway in front of `upstream`. */
export const startPortkey = (peers: string, upstream: string, provider: "openai" | "anthropic" = "openai") =>
  Effect.flatMap(portkeyCommand(peers, upstream, provider), startServer)

/** Frames that did not arrive, or not in order, in all runs against a server. */
export type LostFrames = Map<ServerProcess, number>

/** One run of load against one server. CPU time is that of the server and its plugin processes, memory its own. */
export const runLoad = (load: Load, server: ServerProcess, plan: LoadPlan, lostFrames: LostFrames) =>
  Effect.gen(function* () {
    const before = cpuMicrosOfFamily(server.pid)
    const { requests, lost, sample } = yield* load.ask({ origin: server.origin, ...server.needs, ...plan })
    lostFrames.set(server, (lostFrames.get(server) ?? 0) + lost)
    return {
      cpuMicros: (cpuMicrosOfFamily(server.pid) - before) / requests,
      rssKiB: residentKiBOf(server.pid),
      ...sample
    } satisfies Sample
  })

/** The comparison of `contender` among others with one baseline. */
export const find = (comparisons: ReadonlyArray<Comparison>, contender: string) =>
  comparisons.find((comparison) => comparison.contender === contender)

/** A server under its name. */
export type Contender = readonly [name: string, server: ServerProcess]

/** What takes part: the load, the upstream, and the servers between them; the first one is the baseline. */
export interface Contenders {
  readonly upstream: ServerProcess
  readonly load: Load
  readonly servers: ReadonlyArray<Contender>
}

/** Starts the servers that pass requests on in one protocol; the other gateways when `peers` is their folder. */
export const startContenders = Effect.fnUntraced(function* (
  peers: string | undefined
): Effect.fn.Return<Contenders, BenchFailed, Scope.Scope> {
  yield* buildGoSchedulerPlugin
  const upstream = yield* startUpstream
  const load = yield* startLoad
  const { origin } = upstream
  const others: ReadonlyArray<Contender> =
    peers === undefined
      ? []
      : [
          [portkey, yield* startPortkey(peers, origin)],
          [llms, yield* startLlms(peers, origin)]
        ]
  const servers: ReadonlyArray<Contender> = [
    [floor, yield* startFloor(origin, "stream")],
    [ours, yield* startProxy(origin, "none")],
    [oursWithPlugin, yield* startProxy(origin, "in-process")],
    [oursWithIsolated, yield* startProxy(origin, "process")],
    ...others,
    [floorByRequest, yield* startFloor(origin, "request")],
    [floorAgain, yield* startFloor(origin, "stream")]
  ]
  return { upstream, load, servers }
})

/** Who is not ours, and may thus be unable to do something without that being a failure of the bench. */
const isPeer = (name: string): boolean => name.startsWith(portkey) || name.startsWith(llms)

/**
 * Runs each plan once against each server, which also gives the compilers their first requests. Gives those who can do
 * all of it, and a line about each other gateway that cannot; fails when it is ours.
 */
export const warmUp = Effect.fnUntraced(function* (
  contenders: Contenders,
  plans: ReadonlyArray<LoadPlan>
): Effect.fn.Return<{ readonly able: Contenders; readonly lines: ReadonlyArray<string> }, BenchFailed> {
  const lines: Array<string> = []
  const able: Array<Contender> = []
  for (const contender of contenders.servers) {
    const [name, server] = contender
    const tried = Effect.forEach(plans, (plan) => runLoad(contenders.load, server, plan, new Map()))
    const failure = isPeer(name)
      ? yield* Effect.match(tried, { onSuccess: () => undefined, onFailure: ({ message }) => message })
      : yield* Effect.as(tried, undefined)
    if (failure === undefined) able.push(contender)
    else lines.push(`${name} takes no part: ${failure.split("\n", 1)[0]}`)
  }
  return { able: { ...contenders, servers: able }, lines }
})

/** The servers as what takes turns in rounds. */
export const variantsOf = (
  { load, servers }: Contenders,
  plan: LoadPlan,
  lostFrames: LostFrames
): ReadonlyArray<Variant<BenchFailed>> =>
  servers.map(([name, server]) => ({ name, run: runLoad(load, server, plan, lostFrames) }))

/** The upstream without a proxy, as one more of them. */
export const directly = ({ load, upstream }: Contenders, plan: LoadPlan): Variant<BenchFailed> => ({
  name: direct,
  run: Effect.map(load.ask({ origin: upstream.origin, ...plan }), ({ sample }) => sample)
})

/** Whether a server takes part. */
export const takesPart = ({ servers }: Contenders, name: string): boolean => servers.some(([other]) => other === name)

/** What each of our proxies adds to the upstream's own times, against what the floor and other gateways add. */
export const additions = (
  subject: string,
  contenders: Contenders,
  rounds: Rounds,
  chosen: ReadonlyArray<Measure>
): ReadonlyArray<Comparison> =>
  [
    [floor, ours],
    [floor, oursWithPlugin],
    [floor, oursWithIsolated],
    [portkey, ours],
    [llms, ours]
  ].flatMap(([baseline = "", contender = ""]) =>
    takesPart(contenders, baseline)
      ? [compareAdded(`${subject}: what is added to the upstream's`, rounds, { direct, baseline, contender }, chosen)]
      : []
  )

/** The mark that none of our streams has lost a frame. */
export const lostMark = ({ servers }: Contenders, lostFrames: LostFrames): Mark => ({
  name: "lost frames of all our streams",
  atMost: 0,
  measured: servers.reduce(
    (sum, [name, server]) => sum + (name.startsWith(ours) ? (lostFrames.get(server) ?? 0) : 0),
    0
  ),
  unit: ""
})
