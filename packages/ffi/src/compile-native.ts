/** The native half of the package's build: compiles the C sources for the machine that builds, into `dist/native`. */
import { rm } from "node:fs/promises"

import { Cause, Effect } from "effect"

import { compileArtifact, shippedFolder } from "./native-artifact.ts"

const folder = shippedFolder()
const program = Effect.promise(() => rm(folder, { recursive: true, force: true })).pipe(
  Effect.andThen(
    Effect.all([compileArtifact("bridge", folder), compileArtifact("plugin-host", folder)], { concurrency: 2 })
  )
)
const exit = await Effect.runPromiseExit(program)
if (exit._tag === "Failure") {
  console.error(`@cliproxy/ffi: ${Cause.pretty(exit.cause)}`)
  process.exitCode = 1
} else {
  for (const path of exit.value) console.log(`@cliproxy/ffi: compiled ${path}`)
}
