import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, rename, rm, writeFile } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

import { Effect } from "effect"

import { BenchFailed } from "../bench.ts"

const versions = { "@portkey-ai/gateway": "1.15.2", "@musistudio/llms": "1.0.53" } as const

/** With the newest that Portkey's range allows, it answers every stream with 500. */
const overrides = { "@hono/node-server": "1.13.5" } as const

const manifest = JSON.stringify({ name: "cliproxy-bench-peers", private: true, dependencies: versions, overrides })

const execute = promisify(execFile)

/** A folder of the user's, so that other gateways never become a part of this repository or of its lockfile. */
const cacheFolder = (): string =>
  join(
    process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
    "cliproxy-bench",
    `peers-${Object.values(versions).join("-")}`
  )

/**
 * Other gateways that are written in TypeScript, installed with npm from wherever it is set to look, without running
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
    catch: (error) => new BenchFailed({ message: `cannot install the other gateways: ${String(error)}` })
  }).pipe(Effect.ensuring(Effect.promise(() => rm(unfinished, { recursive: true, force: true }))))
})
