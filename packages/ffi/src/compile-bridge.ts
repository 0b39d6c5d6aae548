/** The native half of the package's build: compiles the bridge for the machine that builds, into `dist/native`. */
import { rm } from "node:fs/promises"

import { Effect } from "effect"

import { compileBridge, shippedFolder } from "./bridge-library.ts"

const folder = shippedFolder()
await rm(folder, { recursive: true, force: true })
const exit = await Effect.runPromiseExit(compileBridge(folder))
if (exit._tag === "Failure") {
  console.error(
    `@cliproxy/ffi: ${exit.cause.reasons.map((reason) => ("error" in reason ? reason.error.message : String(reason))).join("; ")}`
  )
  process.exitCode = 1
} else {
  console.log(`@cliproxy/ffi: compiled ${exit.value}`)
}
