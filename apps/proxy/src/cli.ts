import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, Console, Effect, Exit, Layer } from "effect"
import { CliConfig, Command, GlobalFlag } from "effect/cli"

import { checkCommand } from "./commands/check.ts"
import { explainCommand } from "./commands/explain.ts"
import { initCommand } from "./commands/init.ts"
import { pluginCallCommand } from "./commands/plugin-call.ts"
import { pluginCheckCommand } from "./commands/plugin-check.ts"
import { pluginInspectCommand } from "./commands/plugin-inspect.ts"
import { pluginNewCommand } from "./commands/plugin-new.ts"
import { serveCommand } from "./commands/serve.ts"
import { runPluginFlags } from "./plugin-flags/plugin-flags.ts"
import { version } from "./version.ts"

const plugin = Command.make("plugin").pipe(
  Command.withDescription("Work with native plugins"),
  Command.withSubcommands([pluginInspectCommand, pluginCheckCommand, pluginCallCommand, pluginNewCommand])
)

const root = Command.make("cliproxy").pipe(
  Command.withDescription("An LLM gateway that others extend with native plugins"),
  Command.withSubcommands([serveCommand, checkCommand, explainCommand, initCommand, plugin])
)

const services = Layer.merge(
  NodeServices.layer,
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions, GlobalFlag.LogLevel] })
)

/** Exit code of a run, and what is left to say about it. The command line's own errors were shown with the help. */
const outcome = (exit: Exit.Exit<number, { readonly _tag: string; readonly message: string }>) => {
  if (Exit.isSuccess(exit)) return { code: exit.value, message: undefined }
  const failure = exit.cause.reasons.find(Cause.isFailReason)
  if (failure === undefined) return { code: 1, message: Cause.pretty(exit.cause) }
  const { error } = failure
  if (error._tag === "ShowHelp")
    return {
      code: "errors" in error && Array.isArray(error.errors) && error.errors.length > 0 ? 1 : 0,
      message: undefined
    }
  return { code: 1, message: error.message }
}

/** Runs the command line to its end; gives the exit code, and has said what went wrong. */
export const runCommandLine = async (args: ReadonlyArray<string>): Promise<number> => {
  // Not `NodeRuntime.runMain`: it would interrupt the program at SIGINT and SIGTERM, and serving drains at them.
  const exit = await Effect.runPromiseExit(
    Effect.gen(function* () {
      const verdict = yield* runPluginFlags(args)
      if (verdict._tag === "Done") return verdict.exitCode
      yield* Command.runWith(root, { version })(verdict.args).pipe(
        Effect.ensuring(Effect.forEach(verdict.help, (line) => Console.log(line)))
      )
      return 0
    }).pipe(Effect.provide(services))
  )
  const { code, message } = outcome(exit)
  if (message !== undefined) process.stderr.write(`cliproxy: ${message}\n`)
  return code
}
