import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"

/**
 * `cliproxy plugin call`: registers a plugin with the given settings, sends it one request, and prints the result as
 * JSON; exit code 1 and the typed error when there is none. The request is sent as it is, JSON or not.
 */
export const pluginCallCommand = Command.make(
  "call",
  {
    file: Argument.String("file").pipe(Argument.withDescription("Library to call: .so, .dylib or .dll")),
    method: Argument.String("method").pipe(Argument.withDescription("Method, such as scheduler.pick")),
    request: Argument.String("request").pipe(
      Argument.withDescription("The request's JSON, or - for the standard input; {} when it is missing"),
      Argument.optional
    ),
    settings: Flag.String("settings").pipe(
      Flag.withDescription("The plugin's own settings as YAML, for example 'deny: true'"),
      Flag.withDefault("")
    ),
    deadline: Flag.Int("deadline").pipe(
      Flag.withDescription("Milliseconds to wait for the answer"),
      Flag.withDefault(30_000)
    )
  },
  Effect.fnUntraced(function* (call) {
    const { callPlugin } = yield* Effect.promise(() => import("../plugin-call/call-plugin.ts"))
    yield* callPlugin(call)
  })
).pipe(Command.withDescription("Send one request to a plugin and print its answer"))
