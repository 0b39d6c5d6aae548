import { resolve } from "node:path"

import type { GatewaySettings, PluginIsolation, PluginSettings } from "@cliproxy/pipeline"
import { isMap } from "yaml"

import { type ConfigFile, type Decoder, type Found, section } from "./config-section.ts"
import { flag, folder, mapping, oneOf, text } from "./config-values.ts"
import { priority } from "./provider-fields.ts"
import { pluginYaml } from "./plugin-yaml.ts"
import { unsupportedKeys } from "./reference-keys.ts"

/** What a plugin ID may look like; a library with another name is never found (plugin ABI, section "File name"). */
const pluginId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

const isolation = oneOf<PluginIsolation>({ process: "process", "in-process": "in-process" })

const decodePlugin = (found: Found, file: ConfigFile, forAll: PluginIsolation): PluginSettings | undefined => {
  const fields = section(found, file)
  if (fields === undefined || !isMap(found.node)) return undefined
  const owned = { enabled: fields.optional("enabled", flag, false), priority: fields.optional("priority", priority, 0) }
  const storeFound = fields.find("store")
  const store = storeFound === undefined ? undefined : section(storeFound, file)
  const version =
    store?.optional<string | undefined>("version", text, undefined) ??
    store?.optional<string | undefined>("release-tag", text, undefined)
  const guards = fields.optional<boolean | undefined>("guards", flag, undefined)
  // Everything else belongs to the plugin, and is not ours to know.
  return {
    ...owned,
    isolation: fields.optional("isolation", isolation, forAll),
    ...(guards === undefined ? {} : { guards }),
    version: version?.replace(/^[vV]/, ""),
    yaml: pluginYaml(found, owned, file)
  }
}

/** `plugins`: relative folders are relative to `cwd`, a leading `~` is the home folder. */
export const plugins =
  (cwd: string): Decoder<GatewaySettings["plugins"]> =>
  (found, file) => {
    const fields = section(found, file)
    if (fields === undefined) return undefined
    const enabled = fields.optional("enabled", flag, false)
    const dir = fields.optional("dir", folder(cwd), resolve(cwd, "plugins"))
    const allowNewerSchema = fields.optional("allow-newer-schema", flag, false)
    const forAll = fields.optional("isolation", isolation, "process")
    const configs = fields.optional(
      "configs",
      mapping((id, value) => {
        if (pluginId.test(id)) return decodePlugin(value, file, forAll)
        file.report(
          "error",
          { ...value, path: "plugins.configs" },
          "a plugin ID has letters, digits, dots, dashes and underscores only, at most 128"
        )
        return undefined
      }),
      new Map<string, PluginSettings>()
    )
    fields.end(unsupportedKeys.plugins)
    return { enabled, dir, allowNewerSchema, configs }
  }
