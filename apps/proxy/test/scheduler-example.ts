import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { goArch, goOs, libraryExtension } from "@cliproxy/ffi"

const example = fileURLToPath(new URL("../../../examples/scheduler/go", import.meta.url))

/** Builds the example. */
export const buildScript = join(example, "build.mjs")

/** The folder for `plugins.dir` that the example's build makes. */
export const schedulerFolder = join(example, "dist")

/** The built library. */
export const schedulerLibrary = join(schedulerFolder, goOs(), goArch(), `scheduler${libraryExtension()}`)
