import { parseArgs } from "node:util"

import { Effect } from "effect"

import { type Bench, BenchFailed, type BenchResult, type BenchSettings } from "./bench.ts"
import { mainLoopBench } from "./main-loop-bench.ts"
import { pickBench } from "./pick-bench.ts"
import { pluginCallBench } from "./plugin-call-bench.ts"
import { pluginMemoryBench } from "./plugin-memory-bench.ts"
import { proxyBench, proxyMemoryBench, proxyPacedBench, proxyTranslateBench } from "./proxy-bench.ts"
import { renderResult } from "./report.ts"
import { thisMachine, writeReport } from "./results-file.ts"
import { soakBench } from "./soak-bench.ts"
import { translateBench } from "./translate-bench.ts"

const benches: ReadonlyArray<Bench> = [
  pluginCallBench,
  pluginMemoryBench,
  mainLoopBench,
  pickBench,
  translateBench,
  proxyBench,
  proxyPacedBench,
  proxyTranslateBench,
  proxyMemoryBench,
  soakBench
]

const usage = `pnpm bench [--only NAME]... [--quick]

  --only NAME   run this bench only; may be repeated
  --quick       two short rounds: shows that the benches work, not how fast anything is

${benches.map(({ name, about }) => `  ${name.padEnd(14)}${about}`).join("\n")}
`

const full: BenchSettings = { rounds: 6, runMs: 800, maxOperations: 50_000 }
const quick: BenchSettings = { rounds: 2, runMs: 100, maxOperations: 200 }

const readArguments = Effect.try({
  try: () =>
    parseArgs({
      // pnpm hands on the dashes that end its own options.
      args: process.argv.slice(2).filter((argument) => argument !== "--"),
      options: {
        only: { type: "string", multiple: true },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false }
      }
    }).values,
  catch: (error) =>
    new BenchFailed({ message: `${error instanceof Error ? error.message : String(error)}\n\n${usage}` })
})

const chosen = (names: ReadonlyArray<string> | undefined): Effect.Effect<ReadonlyArray<Bench>, BenchFailed> => {
  const unknown = names?.find((name) => benches.every((bench) => bench.name !== name))
  return unknown === undefined
    ? Effect.succeed(benches.filter(({ name }) => names === undefined || names.includes(name)))
    : Effect.fail(new BenchFailed({ message: `there is no bench called ${unknown}\n\n${usage}` }))
}

const print = (text: string) => Effect.sync(() => process.stdout.write(`${text}\n`))

const program = Effect.gen(function* () {
  const options = yield* readArguments
  if (options.help) {
    yield* print(usage)
    return
  }
  const settings = options.quick ? quick : full
  const machine = thisMachine()
  const date = new Date().toISOString()
  const results: Record<string, BenchResult> = {}
  yield* print(`${machine.processor}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}\n`)
  for (const { name, run } of yield* chosen(options.only)) {
    const result = yield* Effect.scoped(run(settings))
    results[name] = result
    yield* print(renderResult(name, result))
  }
  yield* print(`written to ${yield* writeReport({ date, machine, settings, results })}`)
})

await Effect.runPromise(
  program.pipe(
    Effect.catchTag("BenchFailed", ({ message }) =>
      Effect.sync(() => {
        process.stderr.write(`bench: ${message}\n`)
        process.exitCode = 1
      })
    )
  )
)
