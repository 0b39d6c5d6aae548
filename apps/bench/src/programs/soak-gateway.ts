/** The gateway under a soak, in a process of its own, so that its memory is nobody else's. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

import {
  Gateway,
  type GatewaySettings,
  layerGatewayWith,
  type UpstreamDeadlines,
  unavailablePlugins
} from "@cliproxy/pipeline"
import { serve } from "@cliproxy/server"
import { Effect, Exit, Layer, Logger, Scope } from "effect"

import { answerJobs } from "./answer-jobs.ts"

/** What the program can be asked for. */
export type SoakJob =
  | { readonly kind: "start"; readonly settings: GatewaySettings; readonly deadlines: UpstreamDeadlines }
  | { readonly kind: "measure" }
  | { readonly kind: "stop" }

/** The state of the gateway's process, after a forced collection of garbage. */
export interface SoakMeasure {
  /** Where the gateway listens; empty after `stop`. */
  readonly origin: string
  /** Bytes. */
  readonly heapBytes: number
  readonly externalBytes: number
  readonly residentBytes: number
  /** Open connections, of clients and to providers. */
  readonly sockets: number
  readonly timers: number
}

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

const scope = Scope.makeUnsafe()
let origin = ""

const start = Effect.fnUntraced(function* (settings: GatewaySettings, deadlines: UpstreamDeadlines) {
  const layers = Layer.merge(
    layerGatewayWith(unavailablePlugins("a soak has none"), { upstream: deadlines }),
    // What fails is counted by those who ask; millions of lines would measure the terminal.
    Logger.layer([])
  )
  const context = yield* Layer.buildWithScope(layers, scope)
  yield* Effect.gen(function* () {
    yield* (yield* Gateway).configure(settings)
    const server = yield* serve({ host: "127.0.0.1", port: 0, apiKeys: () => [], graceMs: 1_000 })
    origin = server.url
  }).pipe(Effect.provide(context), Scope.provide(scope))
})

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const measure = async (): Promise<SoakMeasure> => {
  for (let pass = 0; pass < 3; pass++) {
    // Finalisers and closed sockets get a turn between two collections.
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    await pause(20)
    collectGarbage()
  }
  const { external, heapUsed, rss } = process.memoryUsage()
  const resources = process.getActiveResourcesInfo()
  const ofKind = (kind: string): number => resources.filter((resource) => resource === kind).length
  return {
    origin,
    heapBytes: heapUsed,
    externalBytes: external,
    residentBytes: rss,
    sockets: ofKind("TCPSocketWrap"),
    timers: ofKind("Timeout")
  }
}

answerJobs(async (job: SoakJob): Promise<SoakMeasure> => {
  if (job.kind === "start") await Effect.runPromise(start(job.settings, job.deadlines))
  if (job.kind === "stop") {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    origin = ""
  }
  return measure()
})
