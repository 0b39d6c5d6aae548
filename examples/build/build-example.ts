import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import { promisify } from "node:util"

import { libraryExtension } from "@cliproxy/ffi"

import { type Example, examplesFolder, type Language } from "./example.ts"

const run = promisify(execFile)

/** What became of an example. */
export type Outcome = "built" | "up to date" | { readonly skipped: string }

/** The C compiler, as everywhere in this repository. */
const cCompiler = process.env["CC"] || "cc"

const abiHeaders = join(examplesFolder, "..", "packages", "abi", "include")

const cFlags = [
  "-std=gnu11",
  "-O2",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-fPIC",
  "-shared",
  "-fvisibility=hidden",
  "-pthread",
  `-I${abiHeaders}`,
  `-I${join(examplesFolder, "sdk", "c")}`
]

/** How to see that a compiler is there. */
const probes: Record<Language, readonly [string, string]> = {
  go: ["go", "version"],
  c: [cCompiler, "--version"],
  rust: ["cargo", "--version"]
}

/** The command of a language's compiler that is missing, or `undefined` when it is there. */
export const missingCompiler = async (language: Language): Promise<string | undefined> => {
  const [command, argument] = probes[language]
  try {
    await run(command, [argument])
    return undefined
  } catch {
    return command
  }
}

const sourcesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return ["dist", "target", ".turbo"].includes(entry.name) ? [] : sourcesIn(path)
      return /\.(go|mod|c|h|rs|toml|lock)$/.test(entry.name) ? [path] : []
    })

/** A text that changes with everything that goes into the library. */
const inputsOf = ({ folder, language }: Example) => {
  const hash = createHash("sha256").update(language === "c" ? cFlags.join(" ") : "")
  const folders = [folder, join(examplesFolder, "sdk", language), ...(language === "c" ? [abiHeaders] : [])]
  for (const path of folders.flatMap(sourcesIn)) hash.update(path).update("\0").update(readFileSync(path))
  return hash.digest("hex")
}

const compile: Record<Language, (example: Example, target: string) => Promise<void>> = {
  go: async ({ folder }, target) => {
    const flags = ["-buildmode=c-shared", "-buildvcs=false", "-trimpath"]
    await run("go", ["build", ...flags, "-o", target, "."], { cwd: folder, env: { ...process.env, CGO_ENABLED: "1" } })
  },
  c: async ({ folder }, target) => {
    await run(cCompiler, [...cFlags, "-o", target, ...sourcesIn(folder).filter((path) => path.endsWith(".c"))])
  },
  rust: async ({ folder, capability }, target) => {
    const targetFolder = join(examplesFolder, "dist", "cargo")
    await run("cargo", ["build", "--release", "--offline", "--locked", "--quiet", "--target-dir", targetFolder], {
      cwd: folder
    })
    const prefix = process.platform === "win32" ? "" : "lib"
    const crate = `cliproxy_${capability.replaceAll("-", "_")}_example`
    const library = readFileSync(join(targetFolder, "release", `${prefix}${crate}${libraryExtension()}`))
    writeFileSync(target, library, { mode: 0o755 })
  }
}

/**
 * Builds one example, unless its library fits its sources already. Built aside and moved into place: a cut build leaves
 * no half library, two builds at once do no harm, and a running proxy keeps the file that it has mapped.
 */
export const buildExample = async (example: Example): Promise<Outcome> => {
  const { folder, language, library } = example
  const stamp = join(folder, "dist", ".inputs")
  const inputs = inputsOf(example)
  if (existsSync(library) && existsSync(stamp) && readFileSync(stamp, "utf8") === inputs) return "up to date"
  const missing = await missingCompiler(language)
  if (missing !== undefined) return { skipped: `${missing} missing` }
  mkdirSync(join(folder, "dist"), { recursive: true })
  const staging = mkdtempSync(join(folder, "dist", ".build-"))
  try {
    const staged = join(staging, `plugin${libraryExtension()}`)
    await compile[language](example, staged)
    mkdirSync(dirname(library), { recursive: true })
    renameSync(staged, library)
    writeFileSync(stamp, inputs)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
  return "built"
}
