import { resolve, basename } from "node:path"

import {
  capabilityFlags,
  HOST_SCHEMA_VERSION,
  pluginRegister,
  type Registration,
  schemaVersionOf,
  validateRegistration
} from "@cliproxy/abi"
import { openIsolatedPlugin, parsePluginFileName } from "@cliproxy/ffi"
import { callPlugin, hostCallHandler, PLUGIN_DEADLINES } from "@cliproxy/pipeline"
import { Console, Effect } from "effect"

import { CommandFailed } from "../commands/command-failed.ts"
import { makeLog } from "../log/log.ts"
import { operatorSecrets } from "../operator-secrets.ts"

/** Settings of a plugin that is looked at, not used. */
const inspectYaml = "enabled: true\npriority: 0\n"

const rows = (path: string, id: string, fileVersion: string, registration: Registration): ReadonlyArray<string> => {
  const { metadata, capabilities } = registration
  const can = capabilityFlags.filter((flag) => capabilities[flag])
  const table: Array<readonly [string, string]> = [
    ["file", path],
    ["id", fileVersion === "" ? id : `${id} (version ${fileVersion} by its file name)`],
    ["name", metadata.Name],
    ["version", metadata.Version],
    ["author", metadata.Author],
    ["repository", metadata.GitHubRepository],
    ["schema", `${schemaVersionOf(registration)}; this host speaks up to ${HOST_SCHEMA_VERSION}`],
    ["capabilities", can.length === 0 ? "none" : can.join(", ")],
    ...metadata.ConfigFields.map((field, index) => {
      const type = field.EnumValues.length === 0 ? field.Type : `${field.Type}: ${field.EnumValues.join(" | ")}`
      return [index === 0 ? "settings" : "", `${field.Name} (${type}) ${field.Description}`.trim()] as const
    })
  ]
  return table.map(([name, value]) => `${name.padEnd(14)}${value}`)
}

/** Loads a library into a process of its own, registers it, and prints what it says of itself. */
export const inspectPlugin = Effect.fnUntraced(
  function* (file: string) {
    const path = resolve(file)
    const name = parsePluginFileName(basename(path))
    if (name === undefined) {
      yield* Console.log(
        "note: with this file name the proxy would not find it; a name such as `my-plugin.so` is needed"
      )
    }
    const id = name?.id ?? basename(path)
    const plugin = yield* openIsolatedPlugin({
      id,
      path,
      onHostCall: hostCallHandler(id),
      loadDeadlineMs: PLUGIN_DEADLINES.loadMs,
      withheldVariables: operatorSecrets,
      // One crash says enough.
      restart: { fuseAfter: 1 }
    })
    const request = { config_yaml: Buffer.from(inspectYaml), schema_version: HOST_SCHEMA_VERSION }
    const registration = yield* callPlugin(plugin, pluginRegister, request, {
      deadlineMs: PLUGIN_DEADLINES.lifecycleMs
    })
    for (const line of rows(path, id, name?.version ?? "", registration)) yield* Console.log(line)
    const problems = validateRegistration(registration)
    if (problems.length > 0) {
      return yield* new CommandFailed({ message: `the registration is not valid: ${problems.join("; ")}` })
    }
  },
  (self) => Effect.scoped(self).pipe(Effect.provide(makeLog(process.stderr).layer))
)
