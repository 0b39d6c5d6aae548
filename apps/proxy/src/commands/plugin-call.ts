import { basename, resolve } from "node:path"
import { text } from "node:stream/consumers"

import { HOST_SCHEMA_VERSION, pluginRegister } from "@cliproxy/abi"
import { openIsolatedPlugin, parsePluginFileName } from "@cliproxy/ffi"
import { hostCallHandler, PLUGIN_DEADLINES } from "@cliproxy/pipeline"
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"

import { makeLog } from "../log/log.ts"
import { CommandFailed } from "./command-failed.ts"

/** The request: the argument, the standard input for `-`, or an empty object. */
const readRequest = (argument: Option.Option<string>): Effect.Effect<string, CommandFailed> =>
  Option.match(argument, {
    onNone: () => Effect.succeed("{}"),
    onSome: (given) =>
      given === "-"
        ? Effect.tryPromise({
            try: () => text(process.stdin),
            catch: (cause) => new CommandFailed({ message: `cannot read the standard input: ${String(cause)}` })
          })
        : Effect.succeed(given)
  })

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
  Effect.fnUntraced(
    function* ({ file, method, request, settings, deadline }) {
      const path = resolve(file)
      const id = parsePluginFileName(basename(path))?.id ?? basename(path)
      const body = yield* readRequest(request)
      const plugin = yield* openIsolatedPlugin({
        id,
        path,
        onHostCall: hostCallHandler(id),
        loadDeadlineMs: PLUGIN_DEADLINES.loadMs
      })
      const registration = pluginRegister.encodeRequest({
        config_yaml: Buffer.from(`${settings}\nenabled: true\npriority: 0\n`.trimStart()),
        schema_version: HOST_SCHEMA_VERSION
      })
      const describeError = Effect.mapError(
        (error: { readonly _tag: string; readonly message: string }) =>
          new CommandFailed({ message: `${error._tag}: ${error.message}` })
      )
      const registered = yield* plugin
        .call("plugin.register", registration, { deadlineMs: PLUGIN_DEADLINES.lifecycleMs })
        .pipe(describeError)
      const result =
        method === "plugin.register"
          ? registered
          : yield* plugin.call(method, Buffer.from(body), { deadlineMs: deadline }).pipe(describeError)
      yield* Console.log(JSON.stringify(result ?? {}, undefined, 2))
    },
    (self) => Effect.scoped(self).pipe(Effect.provide(makeLog(process.stderr).layer))
  )
).pipe(Command.withDescription("Send one request to a plugin and print its answer"))
