import { execFile } from "node:child_process"
import { mkdir } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

import { goArch, goOs, libraryExtension } from "@cliproxy/ffi"
import { Effect } from "effect"

import { BenchFailed } from "./bench.ts"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const output = join(root, "apps", "bench", "dist", "plugins")
const execute = promisify(execFile)

const build = (what: string, command: string, args: ReadonlyArray<string>, cwd: string) =>
  Effect.tryPromise({
    try: async () => {
      await mkdir(output, { recursive: true })
      await execute(command, [...args], { cwd })
    },
    catch: (error) =>
      new BenchFailed({ message: `cannot build ${what}: ${error instanceof Error ? error.message : String(error)}` })
  })

/** Compiles `native/plugin.c`: methods `echo`, `sleep` and `scheduler.pick`. Gives the library's path. */
export const buildCPlugin: Effect.Effect<string, BenchFailed> = Effect.suspend(() => {
  const target = join(output, `bench-c${libraryExtension()}`)
  const headers = join(dirname(createRequire(import.meta.url).resolve("@cliproxy/abi/package.json")), "include")
  const flags = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", "-fPIC", "-shared", `-I${headers}`]
  const source = join(root, "apps", "bench", "native", "plugin.c")
  const compiler = process.env["CC"] || "cc"
  return Effect.as(build("the C plugin", compiler, [...flags, "-o", target, source], root), target)
})

/** Builds the Go plugin of the FFI package's tests: methods `echo` and `sleep`. Gives the library's path. */
export const buildGoEchoPlugin: Effect.Effect<string, BenchFailed> = Effect.suspend(() => {
  const target = join(output, `go-echo${libraryExtension()}`)
  const source = join(root, "packages", "ffi", "test", "fixtures", "go-echo")
  const args = ["build", "-buildmode=c-shared", "-buildvcs=false", "-trimpath", "-o", target, "."]
  return Effect.as(build("the Go echo plugin", "go", args, source), target)
})

/** Folder of the Go scheduler example's build, laid out as a proxy's plugin folder. */
export const goSchedulerFolder = join(root, "examples", "scheduler", "go", "dist")

/** Builds the Go scheduler example. Gives the library's path. */
export const buildGoSchedulerPlugin: Effect.Effect<string, BenchFailed> = Effect.suspend(() => {
  const folder = join(root, "examples", "scheduler", "go")
  const target = join(goSchedulerFolder, goOs(), goArch(), `scheduler${libraryExtension()}`)
  return Effect.as(build("the Go scheduler plugin", process.execPath, ["build.mjs"], folder), target)
})
