import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"

import { missingCompiler } from "../build/build-example.ts"
import { examplesFolder } from "../build/example.ts"

const kit = (language: string) => join(examplesFolder, "sdk", language)

const missing = { go: await missingCompiler("go"), rust: await missingCompiler("rust") }

const because = (compiler: string | undefined) => (compiler === undefined ? "" : ` (skipped: ${compiler} missing)`)

/** Runs a command to its end; its output is the message of a failure. */
const run = (command: string, args: ReadonlyArray<string>, cwd: string) => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" })
  assert.strictEqual(status, 0, `${stdout}${stderr}`)
  return stdout
}

describe("the kits for plugin authors", () => {
  it.skipIf(missing.go !== undefined)(`pass their own tests in Go${because(missing.go)}`, () => {
    run("go", ["vet", "./..."], kit("go"))
    assert.match(run("go", ["test", "-count=1", "./..."], kit("go")), /^ok\s/m)
  })

  it.skipIf(missing.rust !== undefined)(`pass their own tests in Rust${because(missing.rust)}`, () => {
    const flags = ["--offline", "--locked", "--quiet", "--target-dir", join(examplesFolder, "dist", "cargo")]
    const passed = [kit("rust"), join(examplesFolder, "model-router", "rust")].map((folder) =>
      run("cargo", ["test", ...flags], folder)
    )
    for (const output of passed) assert.match(output, /test result: ok\. [1-9]/)
  })

  it.skipIf(missing.go !== undefined)(`and every example in Go are formatted by gofmt${because(missing.go)}`, () => {
    assert.strictEqual(run("gofmt", ["-l", "."], examplesFolder), "")
  })

  it("pass their own tests in C, under sanitizers where the compiler has them", () => {
    const folder = mkdtempSync(join(tmpdir(), "cliproxy-kit-"))
    const program = join(folder, "kit_test")
    const compile = (flags: ReadonlyArray<string>) =>
      execFileSync(
        process.env["CC"] || "cc",
        [
          "-std=gnu11",
          "-g",
          "-O1",
          "-Wall",
          "-Wextra",
          "-Werror",
          ...flags,
          `-I${join(examplesFolder, "..", "packages", "abi", "include")}`,
          `-I${kit("c")}`,
          "-o",
          program,
          join(kit("c"), "test", "kit_test.c")
        ],
        { stdio: "pipe" }
      )
    try {
      compile(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"])
    } catch {
      compile([])
    }
    assert.strictEqual(run(program, [], folder), "ok\n")
    rmSync(folder, { recursive: true })
  })
})
