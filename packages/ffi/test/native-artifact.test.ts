import { assert, describe, it, onTestFinished } from "vitest"
import { homedir } from "node:os"
import { join } from "node:path"

import { cacheFolder } from "../src/native-artifact.ts"

describe("the folder of what had to be compiled", () => {
  for (const [what, given, expected] of [
    ["empty", "", join(homedir(), ".cache", "cliproxy", "native")],
    ["relative", "caches", join(homedir(), ".cache", "cliproxy", "native")],
    ["absolute", "/var/caches", "/var/caches/cliproxy/native"]
  ] as const) {
    it(`is ${expected.startsWith("/var") ? "below XDG_CACHE_HOME" : "the user's own"} when that is ${what}`, () => {
      const before = process.env["XDG_CACHE_HOME"]
      onTestFinished(() => {
        if (before === undefined) delete process.env["XDG_CACHE_HOME"]
        else process.env["XDG_CACHE_HOME"] = before
      })
      process.env["XDG_CACHE_HOME"] = given
      assert.strictEqual(cacheFolder(), expected)
    })
  }
})
