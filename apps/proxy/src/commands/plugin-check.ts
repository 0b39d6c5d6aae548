import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"

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
  Effect.fnUntraced(function* (given) {
    const { checkFile } = yield* Effect.promise(() => import("../plugin-check/check-file.ts"))
    yield* checkFile(given)
  })
).pipe(Command.withDescription("Exercise every method of a plugin, and print what it does right and wrong"))
