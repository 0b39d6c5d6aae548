import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { libraryExtension } from "@cliproxy/ffi"

const include = fileURLToPath(new URL("../../../../packages/abi/include", import.meta.url))

/** Compiles a C plugin of test/fixtures into a folder; gives the library's path. */
export const compileFixture = (name: string, folder: string): string => {
  const library = join(folder, `${name}${libraryExtension()}`)
  const source = fileURLToPath(new URL(`../fixtures/${name}.c`, import.meta.url))
  const flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden", `-I${include}`]
  execFileSync(process.env["CC"] || "cc", [...flags, "-o", library, source], { stdio: "inherit" })
  return library
}
