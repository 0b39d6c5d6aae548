import { assert, describe, it } from "vitest"
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const native = fileURLToPath(new URL("../native", import.meta.url))
const fixtures = fileURLToPath(new URL("fixtures/c", import.meta.url))
const headers = join(dirname(createRequire(import.meta.url).resolve("@cliproxy/abi/package.json")), "include")
const compiler = process.env["CC"] || "cc"
const folder = mkdtempSync(join(tmpdir(), "cliproxy-sanitize-"))
const common = ["-std=gnu11", "-g", "-O1", "-fno-omit-frame-pointer", "-pthread", `-I${headers}`, `-I${native}`]

/** Some installations of a compiler have no sanitizer libraries. */
const isAvailable = (sanitizer: string): boolean =>
  spawnSync(compiler, [`-fsanitize=${sanitizer}`, "-x", "c", "-", "-o", join(folder, "probe")], {
    input: "int main(void){return 0;}"
  }).status === 0

/** Builds the bridge, its driver and the plugin with a sanitizer, and drives them. */
const drive = (sanitizer: string) => {
  const flags = [...common, `-fsanitize=${sanitizer}`]
  const sources = readdirSync(native)
    .filter((file) => file.endsWith(".c") && file !== "process_host.c")
    .map((file) => join(native, file))
  const driver = join(folder, `drive-${sanitizer.split(",")[0]}`)
  const plugin = join(folder, `plugin-${sanitizer.split(",")[0]}.so`)
  execFileSync(compiler, [...flags, "-o", driver, join(fixtures, "drive-bridge.c"), ...sources, "-ldl"], {
    stdio: "inherit"
  })
  execFileSync(
    compiler,
    [...flags, "-fPIC", "-shared", "-fvisibility=hidden", "-o", plugin, join(fixtures, "echo.c")],
    { stdio: "inherit" }
  )
  return spawnSync(driver, [plugin], {
    encoding: "utf8",
    env: {
      ...process.env,
      ASAN_OPTIONS: "detect_leaks=1:halt_on_error=1",
      TSAN_OPTIONS: "halt_on_error=1",
      UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1"
    }
  })
}

describe.runIf(process.platform === "linux")("the bridge", () => {
  for (const [sanitizer, promise] of [
    ["address,undefined", "neither leaks nor touches memory that is not its own"],
    ["thread", "has no data race"]
  ] as const) {
    it.runIf(isAvailable(sanitizer))(promise, () => {
      const run = drive(sanitizer)
      assert.strictEqual(run.status, 0, `${run.stdout}\n${run.stderr}`)
      assert.match(run.stdout, /accounted 2000 of 2000/)
      assert.strictEqual(run.stderr, "")
    })
  }
})
