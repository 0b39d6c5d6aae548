import { Effect } from "effect"

import { splitArguments } from "./host-flags.ts"

/** What the plugins make of a command line. */
export type PluginVerdict =
  /** Nothing: the host's commands are to run, and then these lines are to follow the help. */
  | { readonly _tag: "NotForPlugins"; readonly help: ReadonlyArray<string>; readonly args: ReadonlyArray<string> }
  /** It was for plugins, and they are done. */
  | { readonly _tag: "Done"; readonly exitCode: number }

/**
 * Looks whether a command line is for plugins, and if so, runs them. Plugins are started only when they can matter: when
 * a configuration file is named and there is a flag that the host does not know, or its help is asked for.
 *
 * Fails when the configuration cannot be used, or a flag of a plugin has a value of the wrong type.
 */
export const runPluginFlags = Effect.fnUntraced(function* (args: ReadonlyArray<string>) {
  const { command, hasOthers, host } = splitArguments(args)
  const notForPlugins = (help: ReadonlyArray<string> = [], rest = args): PluginVerdict => ({
    _tag: "NotForPlugins",
    help,
    args: rest
  })
  const configPath = host.get("config")
  if (configPath === undefined || (command !== undefined && command !== "serve")) return notForPlugins()
  if (!host.has("help") && !hasOthers) return notForPlugins()
  const { helpOfPlugins, runFlagged } = yield* Effect.promise(() => import("./ask-plugins.ts"))
  if (host.has("help")) {
    return notForPlugins(yield* helpOfPlugins(configPath), command === undefined ? ["--help"] : args)
  }
  const exitCode = yield* runFlagged(args, configPath)
  return exitCode === undefined ? notForPlugins() : ({ _tag: "Done", exitCode } satisfies PluginVerdict)
})
