import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises"
import { createRequire } from "node:module"
import { homedir } from "node:os"
import { dirname, isAbsolute, join } from "node:path"
import { promisify } from "node:util"

import { Effect, Schema } from "effect"

import { libraryExtension } from "./platform.ts"

/**
 * There is no usable native half: none was shipped for this platform, and it could not be compiled or loaded.
 * `detail` says why and what to do.
 */
export class BridgeUnavailable extends Schema.TaggedError<BridgeUnavailable>()("BridgeUnavailable", {
  detail: Schema.String
}) {
  override get message() {
    return `the native plugin bridge is not available: ${this.detail}`
  }
}

/** Asked of Node, not seen from here: this file may have been bundled into a program, the C sources are not. */
const rootOf = (name: string): string => dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))

const packageRoot = rootOf("@cliproxy/ffi")
const sourceFolder = join(packageRoot, "native")
/** Where the C header of the ABI lives: one copy, in `@cliproxy/abi`. */
const headerFolder = join(rootOf("@cliproxy/abi"), "include")

/** What is built of the C sources: the bridge for this process, and the process that holds one plugin. */
type Artifact = "bridge" | "plugin-host"

const commonFlags = [
  "-std=c11",
  "-D_POSIX_C_SOURCE=200809L",
  ...(process.platform === "darwin" ? ["-D_DARWIN_C_SOURCE"] : []),
  "-O2",
  "-fvisibility=hidden",
  "-pthread"
]

interface Recipe {
  readonly flags: ReadonlyArray<string>
  /** The C files of the other artifact only. */
  readonly without: string
  readonly extension: string
}

const recipes: Readonly<Record<Artifact, Recipe>> = {
  bridge: {
    flags: [
      ...commonFlags,
      "-fPIC",
      "-shared",
      // Pool threads may run its code until the process ends: it must stay mapped, whoever closes it.
      ...(process.platform === "darwin" ? [] : ["-Wl,-z,nodelete"])
    ],
    without: "process_host.c",
    extension: libraryExtension()
  },
  "plugin-host": { flags: [...commonFlags, "-fPIE"], without: "events.c", extension: "" }
}

const sources = (artifact: Artifact): ReadonlyArray<string> =>
  readdirSync(sourceFolder)
    .filter((name) => /\.[ch]$/.test(name) && name !== recipes[artifact].without)
    .toSorted()

/** Distinguishes C libraries, between which a compiled bridge cannot be exchanged. */
const cLibrary = (): string => {
  if (process.platform !== "linux") return ""
  const report = process.report as typeof process.report & { excludeNetwork: boolean }
  // Without this the report looks up the names of open connections, which takes seconds.
  report.excludeNetwork = true
  const { header } = report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } }
  return header?.glibcVersionRuntime === undefined ? "-musl" : ""
}

/** Every plugin that is opened asks; the sources of an installed package do not change. */
const fileNames = new Map<Artifact, string>()

/** The file name says what it was made from, so that a stale file is never taken for a fresh one. */
const fileName = (artifact: Artifact): string => {
  const known = fileNames.get(artifact)
  if (known !== undefined) return known
  const { extension, flags } = recipes[artifact]
  const hash = createHash("sha256").update(flags.join(" "))
  for (const name of sources(artifact)) hash.update(name).update(readFileSync(join(sourceFolder, name)))
  hash.update(readFileSync(join(headerFolder, "cliproxy_plugin.h")))
  const name = `${artifact}-${hash.digest("hex").slice(0, 16)}${extension}`
  fileNames.set(artifact, name)
  return name
}

/** Folder of what ships with this package for the platform it runs on. */
export const shippedFolder = (): string =>
  join(packageRoot, "dist", "native", `${process.platform}-${process.arch}${cLibrary()}`)

/**
 * The user's own folder for what had to be compiled. An empty or relative path counts as not set, or the folder that
 * somebody works in could hold the code that is run. Source: XDG Base Directory Specification, https://specifications.freedesktop.org/basedir-spec/
 */
export const cacheFolder = (): string => {
  const given = process.env["XDG_CACHE_HOME"] ?? ""
  return join(isAbsolute(given) ? given : join(homedir(), ".cache"), "cliproxy", "native")
}

const run = promisify(execFile)

const compilerTrouble = (cause: unknown, compiler: string): string => {
  const { code, stderr } = cause as { readonly code?: unknown; readonly stderr?: unknown }
  if (code === "ENOENT") {
    return `no C compiler ("${compiler}") to build it with: install gcc or clang (Debian: apt-get install build-essential; macOS: xcode-select --install), or set CC`
  }
  const words = typeof stderr === "string" && stderr.trim() !== "" ? stderr.trim().slice(0, 2000) : String(cause)
  return `compiling it with "${compiler}" failed: ${words}`
}

/**
 * Compiles an artifact into `folder` with the C compiler in `CC`, or `cc`, and gives its path.
 * Written beside and renamed, so that a reader never meets half a file.
 */
export const compileArtifact = Effect.fnUntraced(function* (artifact: Artifact, folder: string) {
  const compiler = process.env["CC"] || "cc"
  return yield* Effect.tryPromise({
    try: async () => {
      await mkdir(folder, { recursive: true })
      const staging = await mkdtemp(join(folder, ".build-"))
      try {
        const staged = join(staging, artifact)
        const files = sources(artifact)
          .filter((name) => name.endsWith(".c"))
          .map((name) => join(sourceFolder, name))
        await run(compiler, [...recipes[artifact].flags, `-I${headerFolder}`, "-o", staged, ...files, "-ldl"])
        const target = join(folder, fileName(artifact))
        await rename(staged, target)
        return target
      } finally {
        await rm(staging, { recursive: true, force: true })
      }
    },
    catch: (cause) => new BridgeUnavailable({ detail: compilerTrouble(cause, compiler) })
  })
})

/**
 * The path of an artifact for this machine: the one that ships with the package, else one compiled earlier into the
 * user's cache folder, else a fresh one.
 */
export const locateArtifact = (artifact: Artifact): Effect.Effect<string, BridgeUnavailable> =>
  Effect.suspend(() => {
    if (process.platform === "win32") {
      return Effect.fail(new BridgeUnavailable({ detail: "Windows is not supported yet" }))
    }
    const name = fileName(artifact)
    const found = [shippedFolder(), cacheFolder()].map((folder) => join(folder, name)).find((path) => existsSync(path))
    return found === undefined ? compileArtifact(artifact, cacheFolder()) : Effect.succeed(found)
  })
