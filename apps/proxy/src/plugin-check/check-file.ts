import { basename, resolve } from "node:path"

import { openIsolatedPlugin, parsePluginFileName } from "@cliproxy/ffi"
import { PLUGIN_DEADLINES } from "@cliproxy/pipeline"
import { Console, Effect } from "effect"

import { CommandFailed } from "../commands/command-failed.ts"
import { makeLog } from "../log/log.ts"
import { operatorSecrets } from "../operator-secrets.ts"
import { checkPlugin } from "./check-plugin.ts"
import { reportLines } from "./check-report.ts"

/** A library to check, as the command line has it. */
interface FileToCheck {
  readonly file: string
  /** Tries also what may change or delete something. */
  readonly exerciseAll: boolean
  /** Prints the report as JSON. */
  readonly json: boolean
  /** The plugin's own settings as YAML. */
  readonly settings: string
}

/** Checks a library in a process of its own and prints the report. Fails when anything was wrong. */
export const checkFile = Effect.fnUntraced(
  function* ({ exerciseAll, file, json, settings }: FileToCheck) {
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
          withheldVariables: operatorSecrets,
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
