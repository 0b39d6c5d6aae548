import { Effect, type Scope } from "effect"

import { type Bench, type BenchFailed, markOf } from "./bench.ts"
import type { CallKind } from "./call-requests.ts"
import { startProgram } from "./child-program.ts"
import { compare, type Comparison, compareWithFirst, runRounds, type Variant } from "./paired-rounds.ts"
import { buildCPlugin, buildGoEchoPlugin, buildGoSchedulerPlugin } from "./plugin-libraries.ts"
import type { BridgeCallsJob } from "./programs/bridge-calls.ts"
import type { DirectCallsJob } from "./programs/direct-calls.ts"
import type { ExtismCallsJob } from "./programs/extism-calls.ts"
import type { PipeCallsJob } from "./programs/pipe-calls.ts"
import type { Sample } from "./sample.ts"

/** What the gateway allows for a pick before it goes on without waiting in place. */
const pickBudgetMicros = 200

const direct = "koffi, main thread"
const pipe = "child process, pipe"
const queued = "bridge, queued"
const inPlace = "bridge, in place"
const isolated = "own process"
const extism = "Extism, worker"

/** The library that answers each kind of call. */
interface Plugin {
  readonly language: string
  readonly libraries: Readonly<Record<CallKind, string>>
}

const kinds: ReadonlyArray<readonly [CallKind, string]> = [
  ["echo", "echo of 1 KB"],
  ["pick", "scheduler.pick of 10"]
]

/** How plugins are called: what one call costs, the answer parsed and checked. */
export const pluginCallBench: Bench = {
  name: "plugin-call",
  about: "one call of a C or Go plugin through the bridge, against koffi on the main thread and a child process's pipe",
  run: Effect.fnUntraced(function* ({ peers, rounds, runMs, maxOperations }) {
    const c = yield* buildCPlugin
    const plugins: ReadonlyArray<Plugin> = [
      { language: "C", libraries: { echo: c, pick: c } },
      { language: "Go", libraries: { echo: yield* buildGoEchoPlugin, pick: yield* buildGoSchedulerPlugin } }
    ]
    const limits = { runMs: runMs / 4, maxCalls: maxOperations }
    const pipes = yield* startProgram<PipeCallsJob, Sample>("pipe-calls")
    const pipesAgain = yield* startProgram<PipeCallsJob, Sample>("pipe-calls")

    const others: ReadonlyArray<Variant<BenchFailed>> =
      peers === undefined
        ? []
        : [{ name: extism, run: (yield* startProgram<ExtismCallsJob, Sample>("extism-calls", [peers])).ask(limits) }]

    const measure = Effect.fnUntraced(
      function* ({ language, libraries }: Plugin, [kind, title]: readonly [CallKind, string]) {
        const bridge = yield* startProgram<BridgeCallsJob, Sample>("bridge-calls", [libraries[kind], "in-process"])
        const apart = yield* startProgram<BridgeCallsJob, Sample>("bridge-calls", [libraries[kind], "process"])
        const koffi = yield* startProgram<DirectCallsJob, Sample>("direct-calls", [libraries[kind]])
        const koffiAgain = yield* startProgram<DirectCallsJob, Sample>("direct-calls", [libraries[kind]])
        const bridged = (inFlight: number): ReadonlyArray<Variant<BenchFailed>> => [
          { name: queued, run: bridge.ask({ kind, inFlight, inPlaceMicros: 0, ...limits }) },
          { name: inPlace, run: bridge.ask({ kind, inFlight, inPlaceMicros: pickBudgetMicros, ...limits }) },
          { name: isolated, run: apart.ask({ kind, inFlight, inPlaceMicros: 0, ...limits }) }
        ]
        const alone = yield* runRounds(
          [
            { name: direct, run: koffi.ask({ kind, ...limits }) },
            { name: pipe, run: pipes.ask({ kind, inFlight: 1, ...limits }) },
            ...bridged(1),
            ...(kind === "echo" ? others : []),
            { name: `${direct} (control)`, run: koffiAgain.ask({ kind, ...limits }) }
          ],
          rounds
        )
        const many = yield* runRounds(
          [
            { name: pipe, run: pipes.ask({ kind, inFlight: 64, ...limits }) },
            ...bridged(64),
            { name: `${pipe} (control)`, run: pipesAgain.ask({ kind, inFlight: 64, ...limits }) }
          ],
          rounds
        )
        return [
          ...compareWithFirst(`${language} plugin, ${title}, one at a time`, alone),
          compare(`${language} plugin, ${title}, one at a time`, alone, pipe, isolated),
          ...(kind === "echo" ? others : []).flatMap(({ name }) =>
            [inPlace, queued].map((ours) => compare(`${language} plugin, ${title}, one at a time`, alone, name, ours))
          ),
          ...compareWithFirst(`${language} plugin, ${title}, 64 in flight`, many)
        ]
      },
      Effect.scoped<ReadonlyArray<Comparison>, BenchFailed, Scope.Scope>
    )

    const comparisons: Array<Comparison> = []
    for (const plugin of plugins) for (const kind of kinds) comparisons.push(...(yield* measure(plugin, kind)))
    const goEcho = (contender: string, baseline = direct) =>
      comparisons.find(
        (comparison) =>
          comparison.subject === "Go plugin, echo of 1 KB, one at a time" &&
          comparison.contender === contender &&
          comparison.baseline === baseline
      )
    return {
      comparisons,
      marks: [
        markOf("Go, echo of 1 KB, queued: CPU against koffi on the main thread", 0.25, goEcho(queued), "cpuMicros"),
        markOf("Go, echo of 1 KB, queued: p50 against koffi on the main thread", 0.25, goEcho(queued), "p50Micros"),
        markOf("Go, echo of 1 KB, in place: CPU against koffi on the main thread", 0.25, goEcho(inPlace), "cpuMicros"),
        markOf("Go, echo of 1 KB, in place: p50 against koffi on the main thread", 0.25, goEcho(inPlace), "p50Micros"),
        ...(peers === undefined
          ? []
          : [
              markOf("Go, echo of 1 KB, in place: CPU against Extism", 0.25, goEcho(inPlace, extism), "cpuMicros"),
              markOf("Go, echo of 1 KB, in place: p50 against Extism", 0.25, goEcho(inPlace, extism), "p50Micros")
            ]),
        markOf("Go, echo of 1 KB, own process: CPU against a bare pipe echo", 2, goEcho(isolated, pipe), "cpuMicros"),
        markOf("Go, echo of 1 KB, own process: p50 against a bare pipe echo", 2, goEcho(isolated, pipe), "p50Micros")
      ]
    }
  })
}
