import { availableParallelism } from "node:os"

import { buildExample, type Outcome } from "./build-example.ts"
import { type Example, findExamples } from "./example.ts"

/** An example and what became of it. */
export interface BuiltExample extends Example {
  readonly outcome: Outcome
}

/** Builds every example, as many at a time as there are processors. Rejects with the compiler's words. */
export const buildExamples = async (): Promise<ReadonlyArray<BuiltExample>> => {
  const examples = findExamples()
  const built: Array<BuiltExample> = []
  const waiting = examples.entries()
  const worker = async () => {
    for (const [index, example] of waiting) built[index] = { ...example, outcome: await buildExample(example) }
  }
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker))
  return built
}
