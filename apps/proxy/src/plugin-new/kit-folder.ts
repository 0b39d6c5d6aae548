import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

import { packageRoot } from "../package-root.ts"

/** Languages in which a plugin can be begun. */
export const pluginLanguages = ["go", "c", "rust"] as const

/** Language of a new plugin. */
export type PluginLanguage = (typeof pluginLanguages)[number]

/** Folder of the templates. */
export const templatesFolder = join(packageRoot, "templates")

/** Where the build puts the kits; see build/copy-kits.ts. */
export const builtKits = join(packageRoot, "dist", "kits")

/** Where the kits come from: the repository. Not there in an installed package. */
export const kitSources = join(packageRoot, "..", "..", "examples", "sdk")

/** Folder of a language's kit for plugin authors: in a checkout the sources, which may be newer than the last build. */
export const kitFolder = (language: PluginLanguage): string =>
  join(existsSync(kitSources) ? kitSources : builtKits, language)

/** The C header of the plugin ABI. */
export const abiHeader = (): string =>
  join(dirname(createRequire(import.meta.url).resolve("@cliproxy/abi/package.json")), "include", "cliproxy_plugin.h")
