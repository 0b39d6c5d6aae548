import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import type { OutputChunk } from "rolldown"

/** The map without others' sources, which are larger than all code and can be had elsewhere. */
const withOwnSources = (map: NonNullable<OutputChunk["map"]>): string =>
  JSON.stringify({
    ...map,
    sourcesContent: map.sources.map((source, index) =>
      source.includes("node_modules") ? null : (map.sourcesContent?.[index] ?? null)
    )
  })

/** Writes a program and its source maps into a folder; gives the path of the file to run. */
export const writeBundle = (chunks: ReadonlyArray<OutputChunk>, folder: string): string => {
  mkdirSync(folder, { recursive: true })
  for (const { code, fileName, map } of chunks) {
    writeFileSync(join(folder, fileName), code, { mode: 0o755 })
    if (map !== null) writeFileSync(join(folder, `${fileName}.map`), withOwnSources(map))
  }
  return join(folder, "main.js")
}
