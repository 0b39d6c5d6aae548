import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import type { Bench, BenchSettings } from "../src/bench.ts"
import { mainLoopBench } from "../src/main-loop-bench.ts"
import { pickBench } from "../src/pick-bench.ts"
import { pluginCallBench } from "../src/plugin-call-bench.ts"
import { startProgram } from "../src/child-program.ts"
import { renderResult } from "../src/report.ts"

const tiny: BenchSettings = { rounds: 2, runMs: 20, maxOperations: 20 }

/** Runs a bench with tiny counts: every number must be there, none is judged. */
const runTiny = (bench: Bench) =>
  Effect.gen(function* () {
    const result = yield* Effect.scoped(bench.run(tiny))
    assert.isAbove(result.comparisons.length, 0)
    for (const { subject, contender, measures } of result.comparisons) {
      const values = Object.values(measures).flatMap(({ baseline, contender: ours }) => [baseline, ours])
      assert.isAbove(values.length, 0, `${subject}: ${contender}`)
      for (const value of values) assert.isTrue(Number.isFinite(value), `${subject}: ${contender}`)
    }
    for (const { name, measured } of result.marks) assert.isFalse(Number.isNaN(measured), name)
    const text = renderResult(bench.name, result)
    for (const { contender } of result.comparisons) assert.include(text, contender)
    return result
  })

describe("the benches run", () => {
  it.live("plugin-call, with plugins in C and Go", () => runTiny(pluginCallBench))
  it.live("main-loop", () => runTiny(mainLoopBench))
  it.live("pick", () => runTiny(pickBench))

  it.live("a child program that fails is a failed bench, not a hanging one", () =>
    Effect.gen(function* () {
      const program = yield* startProgram("bridge-calls", ["/no/such/library"])
      const error = yield* Effect.flip(program.ask({}))
      assert.strictEqual(error._tag, "BenchFailed")
    }).pipe(Effect.scoped)
  )
})
