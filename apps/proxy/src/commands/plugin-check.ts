import { basename, resolve } from "node:path"

import { openIsolatedPlugin, parsePluginFileName } from "@cliproxy/ffi"
import { PLUGIN_DEADLINES } from "@cliproxy/pipeline"
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"

import { makeLog } from "../log/log.ts"
import { CommandFailed } from "./command-failed.ts"

/**
 * `cliproxy plugin check`: loads a library into a process of its own, exercises every method that its capabilities
 * promise, and prints what it did right and wrong; exit code 1 when anything was wrong. What may change or delete
 * something is only tried with `--exercise-all`, and named otherwise.
 */
export const pluginCheckCommand = Command.make(
  "check",
  {
    file: Argument.String("file").pipe(Argument.withDescription("Library to check: .so, .dylib or .dll")),
    exerciseAll: Flag.Boolean("exercise-all").pipe(
      Flag.withDescription(
        "Try also what may change or delete something: management routes other than GET and HEAD, command-line flags, quota.reset"
      ),
      Flag.withDefault(false)
    ),
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print the report as JSON"), Flag.withDefault(false)),
    settings: Flag.String("settings").pipe(
      Flag.withDescription("The plugin's own settings as YAML, for example 'deny: true'"),
      Flag.withDefault("")
    )
  },
  Effect.fnUntraced(
    function* ({ exerciseAll, file, json, settings }) {
      const { checkPlugin } = yield* Effect.promise(() => import("../plugin-check/check-plugin.ts"))
      const { reportLines } = yield* Effect.promise(() => import("../plugin-check/check-report.ts"))
      const path = resolve(file)
      if (exerciseAll) {
        yield* Effect.logWarning(
          `every route and flag of ${basename(path)} is tried, those that change or delete something included`
        )
      }
      const id = parsePluginFileName(basename(path))?.id ?? basename(path)
      const report = yield* checkPlugin({
        id,
        file: path,
        settings,
        exerciseAll,
        open: (onHostCall, prepare) =>
          openIsolatedPlugin({
            id,
            path,
            onHostCall,
            prepare,
            loadDeadlineMs: PLUGIN_DEADLINES.loadMs,
            // A plugin that crashes at every call shall be tried to the end.
            restart: { firstDelayMs: 1, fuseAfter: 1000 }
          })
      })
      if (json) yield* Console.log(JSON.stringify(report, undefined, 2))
      else for (const line of reportLines(report)) yield* Console.log(line)
      const wrong = report.findings.filter(({ right }) => !right).length
      if (!report.passed)
        return yield* new CommandFailed({
          message: `${basename(path)} did ${wrong} of ${report.findings.length} things wrong`
        })
    },
    (self) => Effect.provide(self, makeLog(process.stderr).layer)
  )
).pipe(Command.withDescription("Exercise every method of a plugin, and print what it does right and wrong"))
