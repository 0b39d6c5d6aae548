import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const native = fileURLToPath(new URL("../../native", import.meta.url))
const fixtures = fileURLToPath(new URL("../fixtures/c", import.meta.url))
const headers = join(dirname(createRequire(import.meta.url).resolve("@cliproxy/abi/package.json")), "include")
const compiler = process.env["CC"] || "cc"
const folder = mkdtempSync(join(tmpdir(), "cliproxy-sanitize-"))
const common = ["-std=gnu11", "-g", "-O1", "-fno-omit-frame-pointer", "-pthread", `-I${headers}`, `-I${native}`]

/** What sanitizers look for, by the compiler's name for them, and what it means that they find nothing. */
export const sanitizers = [
  ["address,undefined", "neither leaks nor touches memory that is not its own"],
  ["thread", "has no data race"]
] as const

/** Some installations of a compiler have no sanitizer libraries. */
export const isAvailable = (sanitizer: string): boolean =>
  spawnSync(compiler, [`-fsanitize=${sanitizer}`, "-x", "c", "-", "-o", join(folder, "probe")], {
    input: "int main(void){return 0;}"
  }).status === 0

/** Ends a program at the first thing that is found, and says what. */
export const sanitizerEnvironment = {
  ...process.env,
  ASAN_OPTIONS: "detect_leaks=1:halt_on_error=1",
  TSAN_OPTIONS: "halt_on_error=1",
  UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1"
}

const compile = (name: string, sanitizer: string, flags: ReadonlyArray<string>, sources: ReadonlyArray<string>) => {
  const target = join(folder, `${name}-${sanitizer.split(",")[0]}`)
  execFileSync(compiler, [...common, `-fsanitize=${sanitizer}`, ...flags, "-o", target, ...sources, "-ldl"], {
    stdio: "inherit"
  })
  return target
}

const nativeSources = (without: string) =>
  readdirSync(native)
    .filter((file) => file.endsWith(".c") && file !== without)
    .map((file) => join(native, file))

/** Builds the bridge together with its driver; gives the program's path. */
export const sanitizedDriver = (sanitizer: string): string =>
  compile("drive", sanitizer, [], [join(fixtures, "drive-bridge.c"), ...nativeSources("process_host.c")])

/** Builds the process that holds one plugin. */
export const sanitizedHost = (sanitizer: string): string => compile("host", sanitizer, [], nativeSources("events.c"))

/** Builds a C plugin. */
export const sanitizedPlugin = (name: string, sanitizer: string, flags: ReadonlyArray<string> = []): string =>
  compile(
    [name, ...flags].join(""),
    sanitizer,
    ["-fPIC", "-shared", "-fvisibility=hidden", ...flags],
    [join(fixtures, `${name}.c`)]
  )
