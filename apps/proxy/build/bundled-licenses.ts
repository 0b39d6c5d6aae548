import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"

import type { OutputChunk } from "rolldown"

/** The package that a module belongs to; `undefined` for what is ours, and for what the bundler itself adds. */
const packageOf = (moduleId: string): string | undefined => {
  if (!moduleId.includes("/node_modules/")) return undefined
  let folder = dirname(moduleId)
  // Folders within a package may hold a manifest of their own, which says how to read the files and no name.
  while (!existsSync(join(folder, "package.json")) || manifestOf(folder).version === undefined) folder = dirname(folder)
  return folder
}

interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly license?: string
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest

/** The license texts of what was bundled, as those licenses ask. Throws for a package without one. */
export const bundledLicenses = (chunks: ReadonlyArray<OutputChunk>): string => {
  const folders = chunks.flatMap(({ moduleIds }) => moduleIds.flatMap((id) => packageOf(id) ?? []))
  const texts = [...new Set(folders)]
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((folder) => {
      const { license, name, version } = manifestOf(folder)
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
      if (file === undefined) throw new Error(`${name} ${version} cannot be bundled: it comes without a license text`)
      return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`
    })
  return `cliproxy contains these packages.\n\n${texts.join(`\n${"-".repeat(80)}\n\n`)}`
}
