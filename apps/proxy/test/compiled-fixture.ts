import { execFileSync } from "node:child_process"
import { copyFileSync, mkdtempSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

import { libraryExtension } from "@cliproxy/ffi"

const include = join(dirname(createRequire(import.meta.url).resolve("@cliproxy/abi/package.json")), "include")

/** Libraries that this process has compiled, by the fixture's name. */
const compiled = new Map<string, string>()

const compile = (name: string): string => {
  const library = join(mkdtempSync(join(tmpdir(), "fixture-")), `${name}${libraryExtension()}`)
  const source = fileURLToPath(new URL(`fixtures/${name}.c`, import.meta.url))
  const shape = ["-std=gnu11", "-D_GNU_SOURCE", "-fPIC", "-shared", "-fvisibility=hidden", "-pthread"]
  const warnings = ["-Wall", "-Wextra", "-Werror"]
  execFileSync(process.env["CC"] || "cc", [...shape, ...warnings, `-I${include}`, "-o", library, source], {
    stdio: "inherit"
  })
  return library
}

/** Puts a C plugin of test/fixtures into a folder, as the plugin `id`; gives the library's path. */
export const placeFixture = (name: string, folder: string, id = name): string => {
  const library = compiled.get(name) ?? compile(name)
  compiled.set(name, library)
  const placed = join(folder, `${id}${libraryExtension()}`)
  copyFileSync(library, placed)
  return placed
}
