import { writeFileSync } from "node:fs"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { beforeAll, inject } from "vitest"

import { runCli, temporaryFolder } from "../run-proxy.ts"
import { schedulerLibrary } from "../scheduler-example.ts"
import { scriptedPlugin } from "../scripted-plugin.ts"

beforeAll(() => assert.include(inject("schedulerBuild"), "built dist/", "these tests need Go"))

describe("cliproxy plugin inspect", () => {
  it.live("prints what a plugin says of itself", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* runCli(["plugin", "inspect", schedulerLibrary])
      assert.strictEqual(code, 0)
      assert.match(stdout, /^id +scheduler$/m)
      assert.match(stdout, /^capabilities +scheduler$/m)
      assert.match(stdout, /^schema +\d+; this host speaks up to \d+$/m)
      for (const setting of ["auth_id", "delegate", "deny"])
        assert.match(stdout, new RegExp(`^(settings)? +${setting} \\(`, "m"))
    })
  )

  it.live("says why a file does not load, with exit code 1", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      writeFileSync(join(cwd, "noise.so"), "this is no library")
      const noise = yield* runCli(["plugin", "inspect", "noise.so"], { cwd })
      assert.strictEqual(noise.code, 1)
      assert.match(noise.stderr, /^cliproxy: .*noise\.so is not a loadable shared library: /)
      const missing = yield* runCli(["plugin", "inspect", "none.so"], { cwd })
      assert.strictEqual(missing.code, 1)
      assert.match(missing.stderr, /^cliproxy: cannot read the plugin file .*none\.so \(ENOENT\)/)
    })
  )

  it.live("says that a plugin crashes while it registers, and does not crash itself", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      const plugin = scriptedPlugin(cwd, "falling", { scheduler: true })
      plugin.crash("plugin.register")
      const { code, signal, stdout, stderr } = yield* runCli(["plugin", "inspect", plugin.path])
      assert.deepInclude({ code, signal, stdout }, { code: 1, signal: null, stdout: "" })
      assert.match(stderr, /^cliproxy: the process of plugin falling .*SIGABRT/m)
    })
  )
})
