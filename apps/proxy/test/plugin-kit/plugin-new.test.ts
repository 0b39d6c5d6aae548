import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { libraryExtension } from "@cliproxy/ffi"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import type { CheckReport } from "../../src/plugin-check/check-report.ts"
import { runCli, temporaryFolder } from "../run-proxy.ts"

const compilers = { go: "go", c: process.env["CC"] || "cc", rust: "cargo" } as const

/** The name of a compiler that is missing. */
const missing = (command: string) =>
  spawnSync(command, [command === "go" ? "version" : "--version"]).status === 0 ? "" : ` (skipped: ${command} missing)`

/** The build commands of a README: its first block of shell. */
const buildCommands = (folder: string) =>
  (/```sh\n([^]*?)```/.exec(readFileSync(join(folder, "README.md"), "utf8"))?.[1] ?? "").replaceAll(
    ".so",
    libraryExtension()
  )

describe("cliproxy plugin new", () => {
  for (const [lang, compiler] of Object.entries(compilers)) {
    const skipped = missing(compiler)
    it.live.skipIf(skipped !== "")(
      `writes a plugin (${lang}) that builds by its README and passes the check${skipped}`,
      () =>
        Effect.gen(function* () {
          const cwd = yield* temporaryFolder
          const written = yield* runCli(["plugin", "new", "side-car", "--lang", lang], { cwd })
          assert.strictEqual(written.code, 0, written.stderr)
          const folder = join(cwd, "side-car")
          const all = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
            (entry) => entry.isFile() && !join(entry.parentPath, "/").includes(join(folder, "sdk", "/"))
          )
          const mentions = all.filter((entry) =>
            /my[-_]?plugin/i.test(readFileSync(join(entry.parentPath, entry.name), "utf8"))
          )
          assert.deepStrictEqual(
            mentions.map(({ name }) => name),
            []
          )

          const build = spawnSync("sh", ["-ec", buildCommands(folder)], {
            cwd: folder,
            encoding: "utf8",
            // -trimpath as the examples have it, so that Go need not compile its standard library once more.
            env: { ...process.env, CARGO_NET_OFFLINE: "true", GOFLAGS: "-mod=mod -trimpath" }
          })
          assert.strictEqual(build.status, 0, build.stderr)
          const library = join(folder, "plugins", `side-car${libraryExtension()}`)
          const check = yield* runCli(["plugin", "check", library, "--json"])
          const report = JSON.parse(check.stdout) as CheckReport
          assert.deepStrictEqual(
            report.findings.filter(({ right }) => !right),
            []
          )
          assert.strictEqual(report.registration?.metadata.Name, "side-car")

          const settings = ["--settings", "header: X-Hello"]
          const call = yield* runCli(["plugin", "call", library, "response.intercept_after", "{}", ...settings])
          assert.deepInclude(JSON.parse(call.stdout), { Headers: { "X-Hello": ["side-car"] } })
        })
    )
  }

  it.live("writes nothing over what is there, and nothing with a name that no plugin can have", () =>
    Effect.gen(function* () {
      const outer = yield* temporaryFolder
      const cwd = join(outer, "inner")
      mkdirSync(cwd)
      writeFileSync(join(cwd, "mine.txt"), "mine")
      const full = yield* runCli(["plugin", "new", "x", "--lang", "c", "--dir", "."], { cwd })
      assert.strictEqual(full.code, 1)
      assert.match(full.stderr, /^cliproxy: .* is not empty: nothing was written$/m)
      const named = yield* runCli(["plugin", "new", "../x", "--lang", "c"], { cwd })
      assert.match(named.stderr, /^cliproxy: "\.\.\/x" cannot name a plugin: /)
      assert.deepStrictEqual(readdirSync(cwd), ["mine.txt"])
      assert.deepStrictEqual(readdirSync(outer), ["inner"])
    })
  )
})
