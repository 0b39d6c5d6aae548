import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync
} from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

import { libraryExtension } from "../../src/platform.ts"

const folder = fileURLToPath(new URL("../fixtures", import.meta.url))
const headers = join(dirname(createRequire(import.meta.url).resolve("@cliproxy/abi/package.json")), "include")
const output = join(folder, "dist")
const compiler = process.env["CC"] || "cc"

/** Builds once per content; several test files may ask at the same time. */
const built = (
  name: string,
  inputs: ReadonlyArray<string>,
  flags: ReadonlyArray<string>,
  build: (target: string) => void
) => {
  const hash = createHash("sha256").update(flags.join(" "))
  for (const input of inputs) hash.update(readFileSync(input))
  const target = join(output, `${name}-${hash.digest("hex").slice(0, 12)}${libraryExtension()}`)
  if (existsSync(target)) return target
  mkdirSync(output, { recursive: true })
  const staging = mkdtempSync(join(output, ".build-"))
  const staged = join(staging, "library")
  build(staged)
  renameSync(staged, target)
  rmSync(staging, { recursive: true })
  return target
}

/** Compiles one of the C plugins, with `-D` for each define; gives the library's path. */
export const cPlugin = (name: string, defines: ReadonlyArray<string> = []): string => {
  const source = join(folder, "c", `${name}.c`)
  const flags = [
    "-std=gnu11",
    "-Wall",
    "-Wextra",
    "-O1",
    "-g",
    "-fPIC",
    "-shared",
    "-pthread",
    "-fvisibility=hidden",
    `-I${headers}`
  ]
  const definitions = defines.map((define) => `-D${define}`)
  return built([name, ...defines].join("-"), [source], [...flags, ...definitions], (target) =>
    execFileSync(compiler, [...flags, ...definitions, "-o", target, source], { stdio: "inherit" })
  )
}

/** Builds the Go plugin; gives the library's path. */
export const goPlugin = (): string => {
  const source = join(folder, "go-echo")
  const files = readdirSync(source)
    .filter((file) => /\.(go|mod|h)$/.test(file))
    .map((file) => join(source, file))
  // The flags of the examples: with others, Go would compile its standard library once more.
  const flags = ["-buildmode=c-shared", "-buildvcs=false", "-trimpath"]
  return built("go-echo", files, flags, (target) => {
    execFileSync("go", ["build", ...flags, "-o", target, "."], { cwd: source, stdio: "inherit" })
  })
}

/** A copy of a library in a folder of its own: to the dynamic loader it is another library, with a state of its own. */
export const freshCopy = (library: string): string => {
  const copy = join(mkdtempSync(join(tmpdir(), "cliproxy-ffi-")), `plugin${libraryExtension()}`)
  copyFileSync(library, copy)
  return copy
}
