import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, rename, rm, writeFile } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

import { Effect } from "effect"

import { BenchFailed } from "../bench.ts"

/** Two gateways; a plugin host; and what assembles the plugin for it. */
const versions = {
  "@portkey-ai/gateway": "1.15.2",
  "@musistudio/llms": "1.0.53",
  "@extism/extism": "1.0.3",
  wabt: "1.0.39"
} as const

/** With the newest that Portkey's range allows, it answers every stream with 500. */
const overrides = { "@hono/node-server": "1.13.5" } as const

const manifest = JSON.stringify({ name: "cliproxy-bench-peers", private: true, dependencies: versions, overrides })

const execute = promisify(execFile)

/** A folder of the user's, so that others' work never becomes a part of this repository or of its lockfile. */
const cacheFolder = (): string =>
  join(
    process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
    "cliproxy-bench",
    `peers-${Object.values(versions).join("-")}`
  )

/**
 * What others have written that does a part of the same work, installed with npm from wherever it is set to look, without running
 * their scripts. Gives the folder whose `node_modules` holds them; one that is there already is used again.
 */
export const installPeers: Effect.Effect<string, BenchFailed> = Effect.suspend(() => {
  const folder = cacheFolder()
  const unfinished = `${folder}.${process.pid}`
  return Effect.tryPromise({
    try: async () => {
      if (existsSync(folder)) return folder
      await mkdir(unfinished, { recursive: true })
      await writeFile(join(unfinished, "package.json"), manifest)
      await execute("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"], {
        cwd: unfinished
      })
      await rename(unfinished, folder)
      return folder
    },
    catch: (error) => new BenchFailed({ message: `cannot install what is to be compared with: ${String(error)}` })
  }).pipe(Effect.ensuring(Effect.promise(() => rm(unfinished, { recursive: true, force: true }))))
})
