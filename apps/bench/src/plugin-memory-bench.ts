import { Effect } from "effect"

import type { Bench } from "./bench.ts"
import { startProgram } from "./child-program.ts"
import { type Comparison, compareWithFirst, runRounds, type Variant } from "./paired-rounds.ts"
import { buildCPlugin, buildGoEchoPlugin } from "./plugin-libraries.ts"
import type { HoldPluginsJob } from "./programs/hold-plugins.ts"
import type { Sample } from "./sample.ts"

/** Plugins held at the same time in one run. */
const count = 8

/** What one more plugin takes in memory, in this process and in one of its own. */
export const pluginMemoryBench: Bench = {
  name: "plugin-memory",
  about: "memory of one more plugin, in the gateway's process and in a process of its own",
  run: Effect.fnUntraced(function* ({ rounds }) {
    const comparisons: Array<Comparison> = []
    for (const [language, library] of [
      ["C", yield* buildCPlugin],
      ["Go", yield* buildGoEchoPlugin]
    ] as const) {
      // A fresh process for each run: what was opened stays mapped.
      const variant = (name: string, isolation: string) => ({
        name,
        run: Effect.scoped(
          Effect.flatMap(startProgram<HoldPluginsJob, Sample>("hold-plugins", [library, isolation]), (program) =>
            program.ask({ count })
          )
        )
      })
      const variants = [
        variant("in process", "in-process"),
        variant("own process", "process"),
        variant("in process (control)", "in-process")
      ] satisfies ReadonlyArray<Variant<unknown>>
      const measured = yield* runRounds(variants, Math.max(2, Math.floor(rounds / 2)))
      comparisons.push(...compareWithFirst(`${language} plugin, one of ${count}`, measured))
    }
    return { comparisons, marks: [] }
  })
}
