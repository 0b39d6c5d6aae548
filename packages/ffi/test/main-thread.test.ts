import { assert, describe, it } from "vitest"
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

import { goPlugin } from "./support/fixtures.ts"

const script = fileURLToPath(new URL("support/call-many.ts", import.meta.url))
const tracerSource = fileURLToPath(new URL("fixtures/c/count-opens.c", import.meta.url))

// ptrace is Linux's; so is the file.
describe.runIf(process.platform === "linux")("the main thread", () => {
  // Built before the first test, since a first build takes its time.
  const plugin = goPlugin()
  const tracer = join(mkdtempSync(join(tmpdir(), "cliproxy-trace-")), "count-opens")
  execFileSync(process.env["CC"] || "cc", ["-O1", "-o", tracer, tracerSource], { stdio: "inherit" })

  /** How often the main thread of a run opened /proc/self/maps. */
  const opensOf = (way: "bridge" | "direct", count: number): number => {
    const run = spawnSync(
      tracer,
      ["/proc/self/maps", process.execPath, "--conditions=@cliproxy/source", script, plugin, way, String(count)],
      { encoding: "utf8", cwd: dirname(script) }
    )
    assert.strictEqual(run.status, 0, run.stderr)
    return Number(run.stderr.trim().split("\n").at(-1))
  }

  it("never opens /proc/self/maps for a call of a Go plugin, in place or queued", () => {
    assert.strictEqual(opensOf("bridge", 200), opensOf("bridge", 0))
  })

  it("does open it when the plugin is entered on it, so this test can tell", () => {
    assert.isAtLeast(opensOf("direct", 100) - opensOf("direct", 0), 100)
  })
})
