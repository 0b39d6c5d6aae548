import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { readFileSync } from "node:fs"
import { join } from "node:path"

import type { CheckReport } from "../../src/plugin-check/check-report.ts"
import { placeFixture } from "../compiled-fixture.ts"
import { runCli, temporaryFolder } from "../run-proxy.ts"
import { scriptedPlugin } from "../scripted-plugin.ts"

describe("cliproxy plugin check", () => {
  it.live(
    "names every fault of a plugin that breaks the contract, survives its crashes, and ends with exit code 1",
    () =>
      Effect.gen(function* () {
        const library = placeFixture("faulty", yield* temporaryFolder)
        const { code, stdout, stderr } = yield* runCli(["plugin", "check", library, "--json"])
        assert.strictEqual(code, 1)
        assert.match(stderr, /cliproxy: faulty\.so did \d+ of \d+ things wrong/)
        const report = JSON.parse(stdout) as CheckReport
        assert.isFalse(report.passed)
        const wrong = report.findings.filter(({ right }) => !right).map(({ tried, outcome }) => `${tried}: ${outcome}`)
        for (const fault of [
          "plugin.reconfigure with the same settings: gives another registration for the same settings",
          "a method that does not exist: answered as if it knew it",
          'scheduler.pick: three candidates: AuthID "nobody" is none of the candidates',
          /^model\.route: a request: the answer has the wrong shape: Handled: /,
          /^usage\.handle: an attempt that failed: the process of plugin faulty ended \(signal SIGABRT\)/,
          "frontend_auth.identifier: without fields: the plugin says that it has no such method, although its capability promises it",
          "frontend_auth.authenticate: a client with a key: Authenticated without a Principal: nobody knows who it is",
          /^frontend_auth\.authenticate: a client without a key: plugin faulty gave a malformed answer/,
          /^calls into the host: \d+ with requests that cannot be read, such as host\.log: level: expected string/
        ]) {
          const found = wrong.some((text) => (typeof fault === "string" ? text === fault : fault.test(text)))
          assert.isTrue(found, `not found: ${String(fault)}\n${wrong.join("\n")}`)
        }
        assert.isTrue(
          report.findings.some(({ tried, right }) => tried === "usage.handle: an attempt that succeeded" && right)
        )
      })
  )

  it.live("leaves out what may change something, says so, and tries it when it is told to", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const plugin = scriptedPlugin(folder, "ops", { command_line_plugin: true, management_api: true })
      plugin.answer("command_line.register", { Flags: [{ Name: "ops-reset" }] })
      plugin.answer("command_line.execute", { ExitCode: 0 })
      const routes = [
        { Method: "GET", Path: "/ops" },
        { Method: "DELETE", Path: "/ops" },
        { Method: "HEAD", Path: "/ops/x" }
      ]
      plugin.answer("management.register", { routes })
      plugin.answer("management.handle", { StatusCode: 200 })
      const changes = () => {
        const lines = readFileSync(join(folder, "ops.script", "calls"), "utf8").split("\n")
        return lines.filter((line) => line.includes('"Method":"DELETE"') || line.includes('"--ops-reset"')).length
      }
      const careful = yield* runCli(["plugin", "check", plugin.path, "--json"])
      const { findings, passed, skipped } = JSON.parse(careful.stdout) as CheckReport
      assert.isTrue(passed)
      assert.deepStrictEqual(skipped, [
        { subject: "command_line_plugin", tried: "command_line.execute: all of its flags" },
        { subject: "command_line_plugin", tried: "command_line.execute: its flag ops-reset alone" },
        { subject: "management_api", tried: "management.handle: DELETE /v0/management/ops" }
      ])
      const tried = findings.map((finding) => finding.tried)
      assert.includeMembers(tried, [
        "management.handle: GET /v0/management/ops",
        "management.handle: HEAD /v0/management/ops/x"
      ])
      assert.strictEqual(changes(), 0)
      const told = yield* runCli(["plugin", "check", plugin.path])
      assert.match(told.stdout, /^ {2}left {2}management\.handle: DELETE \/v0\/management\/ops: not tried/m)
      assert.match(told.stdout, /, 3 left out\n.*--exercise-all tries it, too\.$/m)
      assert.strictEqual(changes(), 0)
      const all = yield* runCli(["plugin", "check", plugin.path, "--exercise-all", "--json"])
      assert.match(
        all.stderr,
        /every route and flag of ops\.\w+ is tried, those that change or delete something included/
      )
      const report = JSON.parse(all.stdout) as CheckReport
      assert.deepStrictEqual([report.passed, report.skipped], [true, []])
      assert.isAbove(changes(), 0)
    })
  )

  it.live("says why a file is no plugin", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* runCli(["plugin", "check", "package.json"])
      assert.strictEqual(code, 1)
      assert.match(stdout, /^loading\n +WRONG the library: .*package\.json is not a loadable shared library: /m)
    })
  )
})

describe("cliproxy plugin call", () => {
  it.live("prints the result of one call, or the typed error", () =>
    Effect.gen(function* () {
      const library = placeFixture("faulty", yield* temporaryFolder)
      const picked = yield* runCli(["plugin", "call", library, "scheduler.pick", "{}"])
      assert.deepStrictEqual([picked.code, JSON.parse(picked.stdout)], [0, { Handled: true, AuthID: "nobody" }])
      const refused = yield* runCli(["plugin", "call", library, "frontend_auth.identifier"])
      assert.deepStrictEqual([refused.code, refused.stderr], [1, "cliproxy: PluginRefused: what?\n"])
      const crashed = yield* runCli(["plugin", "call", library, "usage.handle", '{"Failed":true}'])
      assert.strictEqual(crashed.code, 1)
      assert.match(crashed.stderr, /^cliproxy: PluginCrashed: .*SIGABRT/m)
    })
  )
})
