/** Calls a plugin the way the gateway does. `bridge-calls LIBRARY in-process|process` */
import { encodeHostFailure } from "@cliproxy/abi"
import { NativeBridge, openIsolatedPlugin, openPlugin } from "@cliproxy/ffi"
import { Effect, Layer, ManagedRuntime, Scope } from "effect"

import { recordCalls } from "../call-recorder.ts"
import { type CallKind, checkResult, methodOf, requestOf } from "../call-requests.ts"
import { childrenOf, cpuMicrosOf } from "../process-usage.ts"
import { answerJobs } from "./answer-jobs.ts"

/** One run. */
export interface BridgeCallsJob {
  readonly kind: CallKind
  readonly inFlight: number
  /** 0 for queued calls. */
  readonly inPlaceMicros: number
  readonly runMs: number
  readonly maxCalls: number
}

const [library = "", isolation = "in-process"] = process.argv.slice(2)
const runtime = ManagedRuntime.make(NativeBridge.layer().pipe(Layer.orDie))
const scope = Scope.makeUnsafe()
const plugin = await runtime.runPromise(
  (isolation === "process" ? openIsolatedPlugin : openPlugin)({
    id: "bench",
    path: library,
    onHostCall: () => Effect.succeed(encodeHostFailure("the bench takes no host calls"))
  }).pipe(Scope.provide(scope))
)

const childCpuMicros = () => childrenOf(process.pid).reduce((sum, child) => sum + cpuMicrosOf(child), 0)

const run = Effect.fnUntraced(function* ({ kind, inFlight, inPlaceMicros, runMs, maxCalls }: BridgeCallsJob) {
  const method = methodOf(kind)
  const options = { inPlaceMicros }
  const cpuBefore = childCpuMicros()
  const recorder = recordCalls(runMs, maxCalls)
  const caller = Effect.gen(function* () {
    while (recorder.goesOn()) {
      const start = performance.now()
      checkResult(kind, yield* plugin.call(method, requestOf(kind), options))
      recorder.ended(start)
    }
  })
  yield* Effect.all(
    Array.from({ length: inFlight }, () => caller),
    { concurrency: "unbounded", discard: true }
  )
  return recorder.sample(childCpuMicros() - cpuBefore)
})

answerJobs((job: BridgeCallsJob) => runtime.runPromise(run(job)))
