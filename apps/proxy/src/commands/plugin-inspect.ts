import { Effect } from "effect"
import { Argument, Command } from "effect/cli"

/**
 * `cliproxy plugin inspect`: loads a library into a process of its own, registers it, and prints what it says of itself;
 * exit code 1 and the reason when it does not load, crashes, hangs, or its registration is not valid.
 */
export const pluginInspectCommand = Command.make(
  "inspect",
  { file: Argument.String("file").pipe(Argument.withDescription("Library to look at: .so, .dylib or .dll")) },
  Effect.fnUntraced(function* ({ file }) {
    const { inspectPlugin } = yield* Effect.promise(() => import("../plugin-inspect/inspect-plugin.ts"))
    yield* inspectPlugin(file)
  })
).pipe(Command.withDescription("Load a plugin and print what it says of itself, or why it does not load"))
