import { basename, resolve } from "node:path"
import { text } from "node:stream/consumers"

import { HOST_SCHEMA_VERSION, pluginRegister } from "@cliproxy/abi"
import { openIsolatedPlugin, parsePluginFileName } from "@cliproxy/ffi"
import { hostCallHandler, PLUGIN_DEADLINES } from "@cliproxy/pipeline"
import { Console, Effect, Option } from "effect"

import { CommandFailed } from "../commands/command-failed.ts"
import { makeLog } from "../log/log.ts"
import { operatorSecrets } from "../operator-secrets.ts"

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

/** One call of a plugin, as the command line has it. */
interface PluginCall {
  readonly file: string
  readonly method: string
  /** JSON, or `-` for the standard input. */
  readonly request: Option.Option<string>
  /** The plugin's own settings as YAML. */
  readonly settings: string
  /** In milliseconds. */
  readonly deadline: number
}

/** Registers a plugin in a process of its own, sends it one request, and prints the result as JSON. */
export const callPlugin = Effect.fnUntraced(
  function* ({ deadline, file, method, request, settings }: PluginCall) {
    const path = resolve(file)
    const id = parsePluginFileName(basename(path))?.id ?? basename(path)
    const body = yield* readRequest(request)
    const plugin = yield* openIsolatedPlugin({
      id,
      path,
      onHostCall: hostCallHandler(id),
      loadDeadlineMs: PLUGIN_DEADLINES.loadMs,
      withheldVariables: operatorSecrets
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
