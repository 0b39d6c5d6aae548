import { existsSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { runCli, temporaryFolder } from "./run-proxy.ts"

/** Runs a command, else the shortest of those that load the command line, as a user whose caches lie in `folder`. */
const runWithCaches = (folder: string, env: Readonly<Record<string, string>> = {}, args = ["--help"]) =>
  runCli(args, { cwd: folder, env: { NODE_COMPILE_CACHE: "", XDG_CACHE_HOME: folder, ...env } })

describe("compiled code", () => {
  it.live("is kept in the user's cache folder, and not when Node is told to keep none", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      assert.strictEqual((yield* runWithCaches(folder, { NODE_DISABLE_COMPILE_CACHE: "1" })).code, 0)
      assert.isFalse(existsSync(join(folder, "cliproxy")))
      assert.strictEqual((yield* runWithCaches(folder)).code, 0)
      const [version] = readdirSync(join(folder, "cliproxy", "compiled"))
      assert.isAbove(readdirSync(join(folder, "cliproxy", "compiled", version ?? "")).length, 0)
    })
  )

  it.live("is not even made for somebody who asks for the version", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      assert.strictEqual((yield* runWithCaches(folder, {}, ["--version"])).code, 0)
      assert.deepStrictEqual(readdirSync(folder), [])
    })
  )

  it.live("is not kept where no folder can be, and that stops nothing", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const file = join(folder, "file")
      writeFileSync(file, "")
      for (const caches of [file, "relative"]) {
        const { code, stderr } = yield* runWithCaches(folder, { XDG_CACHE_HOME: caches })
        assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
      }
      assert.deepStrictEqual(readdirSync(folder), ["file"])
    })
  )
})
