/** Builds all examples: `pnpm run build` in this folder. Says which are left out because a compiler is missing. */
import { buildExamples } from "./build-examples.ts"

try {
  for (const { capability, language, outcome } of await buildExamples()) {
    const text = typeof outcome === "string" ? outcome : `skipped: ${outcome.skipped}`
    console.log(`${capability}/${language}: ${text}`)
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
