import { cpSync, rmSync } from "node:fs"
import { basename } from "node:path"

import { builtKits, kitSources } from "../src/plugin-new/kit-folder.ts"

const leftOut = new Set(["target", "dist", "test"])

/** Puts the kits of the examples into the build, so that an installed `cliproxy plugin new` has them. */
export const copyKits = (): void => {
  rmSync(builtKits, { recursive: true, force: true })
  cpSync(kitSources, builtKits, { recursive: true, filter: (path) => !leftOut.has(basename(path)) })
}
