import { writeFileSync } from "node:fs"
import { join } from "node:path"

import { Effect, type Scope } from "effect"

import { type RunningProxy, type RunOptions, startProxy, temporaryFolder } from "./run-proxy.ts"

/** A proxy whose configuration is in a folder of its own. */
export interface ConfiguredProxy extends RunningProxy {
  readonly cwd: string
  /** Path of the configuration file. */
  readonly path: string
}

/** Starts a proxy with this configuration. */
export const proxyWith = Effect.fnUntraced(function* (
  config: string,
  env: RunOptions["env"] = {}
): Effect.fn.Return<ConfiguredProxy, never, Scope.Scope> {
  const cwd = yield* temporaryFolder
  const path = join(cwd, "c.yaml")
  writeFileSync(path, config)
  return { ...(yield* startProxy(["--config", "c.yaml"], { cwd, env })), cwd, path }
})
