import { parseArgs } from "node:util"

import { Effect } from "effect"

import { type Bench, BenchFailed, type BenchResult, type BenchSettings } from "./bench.ts"
import { coldStartBench } from "./cold-start-bench.ts"
import { mainLoopBench } from "./main-loop-bench.ts"
import { installPeers } from "./peers/install-peers.ts"
import { pickBench } from "./pick-bench.ts"
import { pluginCallBench } from "./plugin-call-bench.ts"
import { pluginMemoryBench } from "./plugin-memory-bench.ts"
import { proxyBench } from "./proxy-bench.ts"
import { proxyLargeBench } from "./proxy-large-bench.ts"
import { proxyMemoryBench } from "./proxy-memory-bench.ts"
import { proxyPacedBench } from "./proxy-paced-bench.ts"
import { proxyTranslateBench } from "./proxy-translate-bench.ts"
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
  proxyLargeBench,
  proxyMemoryBench,
  coldStartBench,
  soakBench
]

const usage = `pnpm bench [--only NAME]... [--quick] [--rounds N] [--peers]

  --only NAME   run this bench only; may be repeated
  --quick       two short rounds: shows that the benches work, not how fast anything is
  --rounds N    rounds that count, an even number
  --peers       other gateways take part: npm installs them into a cache folder of yours, once

${benches.map(({ name, about }) => `  ${name.padEnd(16)}${about}`).join("\n")}
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
        rounds: { type: "string" },
        peers: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false }
      }
    }).values,
  catch: (error) =>
    new BenchFailed({ message: `${error instanceof Error ? error.message : String(error)}\n\n${usage}` })
})

const settingsFor = Effect.fnUntraced(function* (options: Effect.Success<typeof readArguments>) {
  const { maxOperations, rounds, runMs } = options.quick ? quick : full
  const asked = options.rounds === undefined ? rounds : Number(options.rounds)
  if (!Number.isInteger(asked) || asked < 2 || asked % 2 !== 0) {
    return yield* new BenchFailed({ message: `--rounds is not an even number: ${options.rounds}\n\n${usage}` })
  }
  const settings: BenchSettings = { rounds: asked, runMs, maxOperations }
  return options.peers ? { ...settings, peers: yield* installPeers } : settings
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
  const settings = yield* settingsFor(options)
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
