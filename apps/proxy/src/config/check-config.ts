import { discoverPlugins } from "@cliproxy/ffi"
import { Console, Effect } from "effect"

import { CommandFailed } from "../commands/command-failed.ts"
import { formatProblem } from "./config-problem.ts"
import { decodeConfig } from "./decode-config.ts"
import type { ProxyConfig } from "./proxy-config.ts"
import { readConfigText } from "./read-config.ts"
import { findSchedulerExample, starterConfig } from "./starter-config.ts"

/** Enabled plugins without a library: the file is right, the folder is not. */
const missingLibraries = Effect.fnUntraced(function* ({ gateway: { plugins } }: ProxyConfig) {
  if (!plugins.enabled) return []
  const wanted = new Map([...plugins.configs].filter(([, { enabled }]) => enabled))
  return yield* discoverPlugins({ dir: plugins.dir, configured: wanted }).pipe(
    Effect.map((found) => {
      const ids = new Set(found.map(({ id }) => id))
      return [...wanted.keys()]
        .filter((id) => !ids.has(id))
        .map((id) => `plugins.configs.${id}: no library was found for it in ${plugins.dir}`)
    }),
    Effect.catch((error) => Effect.succeed([`plugins.dir: ${error.message}`]))
  )
})

/**
 * Prints everything that is wrong with a configuration; without a path, with the built-in one. Fails when it cannot be
 * used.
 */
export const checkConfig = Effect.fnUntraced(function* (path: string | undefined) {
  const name = path ?? "built-in configuration"
  const text = path === undefined ? starterConfig(yield* findSchedulerExample) : yield* readConfigText(path)
  const { config, problems } = decodeConfig(text, process.cwd())
  for (const problem of problems) yield* Console.log(formatProblem(name, problem))
  if (config === undefined) {
    const errors = problems.filter(({ severity }) => severity === "error").length
    return yield* new CommandFailed({ message: `${name} has ${errors} ${errors === 1 ? "error" : "errors"}` })
  }
  for (const line of yield* missingLibraries(config)) yield* Console.log(`${name}: warning: ${line}`)
  return yield* Console.log(`${name} is valid`)
})
