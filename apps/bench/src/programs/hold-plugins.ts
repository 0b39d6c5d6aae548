/** Opens plugins and says what they take. `hold-plugins LIBRARY in-process|process` */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { encodeHostFailure } from "@cliproxy/abi"
import { NativeBridge, openIsolatedPlugin, openPlugin } from "@cliproxy/ffi"
import { Effect, Layer, ManagedRuntime, Scope } from "effect"

import { checkResult, methodOf, requestOf } from "../call-requests.ts"
import { childrenOf, proportionalKiBOf } from "../process-usage.ts"
import type { Sample } from "../sample.ts"
import { answerJobs } from "./answer-jobs.ts"

/** How many plugins to hold at the same time. */
export interface HoldPluginsJob {
  readonly count: number
}

const [library = "", isolation = "in-process"] = process.argv.slice(2)
const runtime = ManagedRuntime.make(NativeBridge.layer().pipe(Layer.orDie))
const scope = Scope.makeUnsafe()

const memory = () =>
  childrenOf(process.pid).reduce((sum, child) => sum + proportionalKiBOf(child), proportionalKiBOf(process.pid))

/** To the dynamic loader a copy is a library of its own, as another plugin would be. */
const openCopy = Effect.fnUntraced(function* (folder: string, index: number) {
  const path = join(folder, `plugin-${index}.so`)
  copyFileSync(library, path)
  const options = {
    id: `bench-${index}`,
    path,
    onHostCall: () => Effect.succeed(encodeHostFailure("no host calls here"))
  }
  const plugin = yield* (isolation === "process" ? openIsolatedPlugin : openPlugin)(options).pipe(Scope.provide(scope))
  checkResult("echo", yield* plugin.call(methodOf("echo"), requestOf("echo")))
})

const run = Effect.fnUntraced(function* ({ count }: HoldPluginsJob) {
  const folder = mkdtempSync(join(tmpdir(), "cliproxy-bench-"))
  // The first plugin brings what all share: the bridge and its threads, or the code that starts processes.
  yield* openCopy(folder, 0)
  const before = memory()
  for (let i = 1; i <= count; i++) yield* openCopy(folder, i)
  const pluginKiB = (memory() - before) / count
  rmSync(folder, { recursive: true })
  return { pluginKiB } satisfies Sample
})

answerJobs((job: HoldPluginsJob) => runtime.runPromise(run(job)))
