import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"

import { Data, Effect } from "effect"

import { abiHeader, kitFolder, type PluginLanguage, templatesFolder } from "./kit-folder.ts"

/** A new plugin could not be written. The message is for people. */
export class PluginNotWritten extends Data.TaggedError("PluginNotWritten")<{ readonly message: string }> {}

/** Name that stands for the plugin's in the templates, in file names too. */
const placeholder = "my-plugin"

/** Lower case, so that the name does as plugin ID, Go module, Rust crate and file name alike. */
const namePattern = /^[a-z][a-z0-9-]{0,63}$/

/** Tests of the kits and what builds leave behind stay out of new plugins. */
const ofKit = (path: string) =>
  !["target", "dist", "test", "Cargo.lock"].includes(basename(path)) && !path.endsWith("_test.go")

const copyKit = (language: PluginLanguage, folder: string) => {
  const kit = kitFolder(language)
  if (language !== "c") return cpSync(kit, join(folder, "sdk"), { recursive: true, filter: ofKit })
  copyFileSync(join(kit, "cliproxy_sdk.h"), join(folder, "cliproxy_sdk.h"))
  copyFileSync(abiHeader(), join(folder, "cliproxy_plugin.h"))
}

const camelCase = (name: string) => name.replaceAll(/(?:^|-+)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

const fill = (text: string, name: string) =>
  text
    .replaceAll(placeholder, name)
    .replaceAll(placeholder.replaceAll("-", "_"), name.replaceAll("-", "_"))
    .replaceAll(camelCase(placeholder), camelCase(name))

/**
 * Writes a small plugin that builds and passes `cliproxy plugin check` into `folder`, which must be empty or not there
 * yet. Gives the paths of the files to begin with, below `folder`. Fails with `PluginNotWritten`.
 */
export const writePlugin = (
  name: string,
  language: PluginLanguage,
  folder: string
): Effect.Effect<ReadonlyArray<string>, PluginNotWritten> =>
  Effect.gen(function* () {
    if (!namePattern.test(name)) {
      return yield* new PluginNotWritten({
        message: `"${name}" cannot name a plugin: use lower-case letters, digits and "-", with a letter first, at most 64`
      })
    }
    if (existsSync(folder) && readdirSync(folder).length > 0) {
      return yield* new PluginNotWritten({ message: `${folder} is not empty: nothing was written` })
    }
    return yield* Effect.try({
      try: () => {
        const template = join(templatesFolder, language)
        const files = readdirSync(template, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name).slice(template.length + 1))
        const written = files.map((file) => {
          const target = file.replace(placeholder, name)
          mkdirSync(dirname(join(folder, target)), { recursive: true })
          writeFileSync(join(folder, target), fill(readFileSync(join(template, file), "utf8"), name))
          return target
        })
        copyKit(language, folder)
        return written.toSorted((a, b) => (a < b ? -1 : 1))
      },
      catch: (cause) =>
        new PluginNotWritten({
          message: `cannot write ${folder}: ${cause instanceof Error ? cause.message : String(cause)}`
        })
    })
  })
