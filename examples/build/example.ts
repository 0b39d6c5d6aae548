import { existsSync, readdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

import { goArch, goOs, libraryExtension } from "@cliproxy/ffi"

/** Languages in which there are examples. */
export const languages = ["go", "c", "rust"] as const

/** Language of an example. */
export type Language = (typeof languages)[number]

/** One example: a folder `<capability>/<language>` that holds a plugin. */
export interface Example {
  /** Name of the capability's folder, such as `request-interceptor`; also the plugin's ID. */
  readonly capability: string
  readonly language: Language
  /** Absolute path of its sources. */
  readonly folder: string
  /** Absolute path of the library that a build leaves, in the folder where a proxy looks for it. */
  readonly library: string
}

/** Absolute path of the examples. */
export const examplesFolder = dirname(dirname(fileURLToPath(import.meta.url)))

/** Every example, in the order of the capabilities' names. */
export const findExamples = (): ReadonlyArray<Example> =>
  readdirSync(examplesFolder)
    .toSorted()
    .flatMap((capability) =>
      capability === "sdk"
        ? []
        : languages.flatMap((language) => {
            const folder = join(examplesFolder, capability, language)
            const library = join(folder, "dist", goOs(), goArch(), `${capability}${libraryExtension()}`)
            return existsSync(join(folder, "README.md")) ? [{ capability, language, folder, library }] : []
          })
    )
