/** Watches its own main loop while a plugin sleeps, or while nothing happens. `loop-watch LIBRARY METHOD REQUEST` */
import { encodeHostFailure } from "@cliproxy/abi"
import { NativeBridge, openPlugin } from "@cliproxy/ffi"
import { Effect, Fiber, Layer, ManagedRuntime, Scope } from "effect"
import { readFile } from "node:fs/promises"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"

import type { Sample } from "../sample.ts"
import { quantile } from "../statistics.ts"
import { answerJobs } from "./answer-jobs.ts"

/** One run. */
export interface LoopWatchJob {
  /** Calls that sleep in the plugin all the while; 0 for an idle run. */
  readonly sleepers: number
  readonly runMs: number
}

/** Milliseconds between the timers that measure the loop. */
const resolutionMs = 1
/** Milliseconds between two reads of a file. */
const readEveryMs = 5

const [library = "", method = "", request = ""] = process.argv.slice(2)
const file = fileURLToPath(import.meta.url)
const runtime = ManagedRuntime.make(NativeBridge.layer().pipe(Layer.orDie))
const plugin = await runtime.runPromise(
  openPlugin({
    id: "bench",
    path: library,
    onHostCall: () => Effect.succeed(encodeHostFailure("the bench takes no host calls"))
  }).pipe(Scope.provide(Scope.makeUnsafe()))
)

const watch = async (runMs: number): Promise<Sample> => {
  const loop = monitorEventLoopDelay({ resolution: resolutionMs })
  const reads: Array<number> = []
  loop.enable()
  const end = performance.now() + runMs
  while (performance.now() < end) {
    const start = performance.now()
    // oxlint-disable-next-line no-await-in-loop -- one read at a time is what is measured
    await readFile(file)
    reads.push(performance.now() - start)
    // oxlint-disable-next-line no-await-in-loop
    await sleep(readEveryMs)
  }
  loop.disable()
  return {
    loopP99Micros: loop.percentile(99) / 1000,
    readP50Micros: quantile(reads, 0.5) * 1000,
    readP99Micros: quantile(reads, 0.99) * 1000
  }
}

answerJobs(({ sleepers, runMs }: LoopWatchJob) =>
  runtime.runPromise(
    Effect.gen(function* () {
      let watching = true
      const body = Buffer.from(request)
      const sleeper = Effect.gen(function* () {
        while (watching) yield* plugin.call(method, body)
      })
      const asleep = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: sleepers }, () => sleeper),
          { concurrency: "unbounded", discard: true }
        )
      )
      // All of them are in the plugin before the first look.
      yield* Effect.sleep(50)
      const sample = yield* Effect.promise(() => watch(runMs))
      watching = false
      yield* Fiber.join(asleep)
      return sample
    })
  )
)
