import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Languages in which a plugin can be begun. */
export const pluginLanguages = ["go", "c", "rust"] as const

/** Language of a new plugin. */
export type PluginLanguage = (typeof pluginLanguages)[number]

/** Folder of the templates, from the sources and from the build alike. */
export const templatesFolder = here("../../templates")

/** Where the build puts the kits; see copy-kits.ts. */
export const builtKits = here("../../dist/kits")

/** Where the kits come from: the repository. Not there in an installed package. */
export const kitSources = here("../../../../examples/sdk")

const runsFromSources = import.meta.url.endsWith(".ts")

/** Folder of a language's kit for plugin authors. */
export const kitFolder = (language: PluginLanguage): string => join(runsFromSources ? kitSources : builtKits, language)

/** The C header of the plugin ABI. */
export const abiHeader = (): string =>
  join(dirname(createRequire(import.meta.url).resolve("@cliproxy/abi/package.json")), "include", "cliproxy_plugin.h")
