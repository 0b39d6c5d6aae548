import { Effect } from "effect"

import { type Bench, type BenchResult, markOf } from "./bench.ts"
import { startProgram } from "./child-program.ts"
import { compareWithFirst, runRounds } from "./paired-rounds.ts"
import { buildCPlugin, buildGoEchoPlugin } from "./plugin-libraries.ts"
import type { LoopWatchJob } from "./programs/loop-watch.ts"
import type { Sample } from "./sample.ts"

const sleepers = 64
const loaded = `${sleepers} calls asleep`

/** Whether plugin calls that take long hold up everything else. */
export const mainLoopBench: Bench = {
  name: "main-loop",
  about: "event-loop delay and file reads while 64 plugin calls sleep 200 ms each, against an idle process",
  run: Effect.fnUntraced(function* ({ rounds, runMs }) {
    const plugins = [
      { language: "C", library: yield* buildCPlugin, request: "{}" },
      { language: "Go", library: yield* buildGoEchoPlugin, request: '{"Ms":200}' }
    ]
    const results: Array<BenchResult> = []
    for (const { language, library, request } of plugins) {
      const program = yield* startProgram<LoopWatchJob, Sample>("loop-watch", [library, "sleep", request])
      const measured = yield* runRounds(
        [
          { name: "idle", run: program.ask({ sleepers: 0, runMs }) },
          { name: loaded, run: program.ask({ sleepers, runMs }) },
          { name: "idle (control)", run: program.ask({ sleepers: 0, runMs }) }
        ],
        rounds
      )
      const comparisons = compareWithFirst(`${language} plugin`, measured)
      const comparison = comparisons.find(({ contender }) => contender === loaded)
      results.push({
        comparisons,
        marks: [
          markOf(`${language}: event-loop delay p99, 64 asleep against idle`, 2, comparison, "loopP99Micros"),
          markOf(`${language}: fs.readFile p50, 64 asleep against idle`, 2, comparison, "readP50Micros"),
          markOf(`${language}: fs.readFile p99, 64 asleep against idle`, 2, comparison, "readP99Micros")
        ]
      })
    }
    return {
      comparisons: results.flatMap(({ comparisons }) => comparisons),
      marks: results.flatMap(({ marks }) => marks)
    }
  })
}
