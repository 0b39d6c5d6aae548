import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { startServer } from "./loopback-server.ts"
import { runCli, startProxy, temporaryFolder, until } from "./run-proxy.ts"

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line !== "")

describe("the command line", () => {
  it.live("tells its version", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* runCli(["--version"])
      assert.strictEqual(code, 0)
      assert.match(stdout, /^cliproxy v\d+\.\d+\.\d+\n$/)
      assert.deepInclude(yield* runCli(["-v"]), { code: 0, stdout })
      // This one is answered by the command line, once it is loaded.
      assert.deepInclude(yield* runCli(["serve", "--version"]), { code: 0, stdout })
    })
  )

  it.live("names what is wrong with its arguments, with exit code 1", () =>
    Effect.gen(function* () {
      const port = yield* runCli(["serve", "--port", "70000"])
      assert.strictEqual(port.code, 1)
      assert.include(port.stdout + port.stderr, "a port from 0 to 65535")
      const command = yield* runCli(["sreve"])
      assert.strictEqual(command.code, 1)
      assert.include(command.stdout + command.stderr, `Unknown subcommand "sreve"`)
    })
  )
})

describe("cliproxy check", () => {
  it.live("finds the built-in configuration valid", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* runCli(["check"]), { code: 0, stdout: "built-in configuration is valid\n" })
    })
  )

  it.live("lists every problem and fails when one is an error", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      writeFileSync(join(cwd, "bad.yaml"), `port: "1"\ntls: {}\ndemo: true\nprot: 2\n`)
      const { code, stdout, stderr } = yield* runCli(["check", "--config", "bad.yaml"], { cwd })
      assert.strictEqual(code, 1)
      assert.deepStrictEqual(linesOf(stdout), [
        "bad.yaml:1:7: error: port: expected a whole number, found text; remove the quotes",
        "bad.yaml:2:1: warning: tls: is not supported yet and has no effect",
        `bad.yaml:4:1: error: prot: is not a known key; did you mean "port"?`
      ])
      assert.strictEqual(stderr, "cliproxy: bad.yaml has 2 errors\n")
    })
  )

  it.live("passes with warnings, and says which enabled plugins have no library", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      writeFileSync(
        join(cwd, "c.yaml"),
        "demo: true\nplugins:\n  enabled: true\n  configs:\n    ghost: {enabled: true}\n"
      )
      const { code, stdout } = yield* runCli(["check", "-c", "c.yaml"], { cwd })
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(linesOf(stdout), [
        `c.yaml: warning: plugins.configs.ghost: no library was found for it in ${join(cwd, "plugins")}`,
        "c.yaml is valid"
      ])
    })
  )

  it.live("explains a missing file and a folder in its place", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      mkdirSync(join(cwd, "folder.yaml"))
      const missing = yield* runCli(["check", "--config", "none.yaml"], { cwd })
      assert.deepInclude(missing, {
        code: 1,
        stderr: "cliproxy: cannot read none.yaml: there is no such file. `cliproxy init` writes one to begin with\n"
      })
      const folder = yield* runCli(["check", "--config", "folder.yaml"], { cwd })
      assert.strictEqual(folder.code, 1)
      assert.match(folder.stderr, /^cliproxy: cannot read folder.yaml: it is a folder, not a file\. Docker /)
    })
  )
})

describe("cliproxy init", () => {
  it.live("writes a file that is valid, private, and runs the demo; it overwrites nothing", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      const first = yield* runCli(["init"], { cwd })
      assert.deepInclude(first, {
        code: 0,
        stdout: "wrote config.yaml; now run: cliproxy serve --config config.yaml\n"
      })
      assert.strictEqual(statSync(join(cwd, "config.yaml")).mode & 0o777, 0o600)
      const text = readFileSync(join(cwd, "config.yaml"), "utf8")
      for (const line of ["# delegate: fill-first", "# auth_id: demo/second", "# deny: true"])
        assert.include(text, line)
      const check = yield* runCli(["check", "--config", "config.yaml"], { cwd })
      assert.strictEqual(check.code, 0)
      const proxy = yield* startProxy(["--config", "config.yaml"], { cwd })
      assert.include(proxy.stdout(), "demo: 3 credentials (demo/first, demo/second, demo/third), model demo")
      const again = yield* runCli(["init"], { cwd })
      assert.deepInclude(again, { code: 1, stderr: "cliproxy: config.yaml exists already and was left as it is\n" })
      assert.strictEqual(readFileSync(join(cwd, "config.yaml"), "utf8"), text)
    })
  )
})

describe("cliproxy serve", () => {
  it.live("says in one line that a port is in use", () =>
    Effect.gen(function* () {
      const { port } = new URL(yield* startServer(() => {}))
      const cwd = yield* temporaryFolder
      writeFileSync(join(cwd, "c.yaml"), "demo: true\n")
      const { code, stderr } = yield* runCli(["serve", "--config", "c.yaml", "--port", port], { cwd })
      assert.strictEqual(code, 1)
      assert.deepStrictEqual(linesOf(stderr), [
        `cliproxy: port ${port} on 127.0.0.1 is in use by another process; stop it or choose another port`
      ])
    })
  )

  it.live("does not start with a configuration that has an error, and says which line", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      writeFileSync(join(cwd, "c.yaml"), "demo: true\nport: many\n")
      const { code, stderr } = yield* runCli(["serve", "--config", "c.yaml"], { cwd })
      assert.deepStrictEqual(
        [code, stderr],
        [1, "cliproxy: c.yaml:2:7: error: port: expected a whole number, found text\n"]
      )
    })
  )

  it.live("warns when it is open to the network without client keys", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      writeFileSync(join(cwd, "c.yaml"), "demo: true\n")
      const warning = "because no api-keys are configured"
      const open = yield* startProxy(["--config", "c.yaml", "--host", "0.0.0.0"], { cwd })
      yield* until(() => open.stderr().includes(warning))
      assert.match(open.url, /^http:\/\/localhost:\d+$/)
      const local = yield* startProxy(["--config", "c.yaml"], { cwd })
      assert.notInclude(local.stderr(), warning)
    })
  )

  it.live("never prints a key", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      writeFileSync(
        join(cwd, "c.yaml"),
        "api-keys: [client-secret-1]\nopenai-compatibility: [{name: p, base-url: 'http://127.0.0.1:9/v1', api-key-entries: [{api-key: provider-secret-1}], models: [{name: m}]}]\n"
      )
      const proxy = yield* startProxy(["--config", "c.yaml"], { cwd })
      assert.match(proxy.stdout(), /p: 1 credential \(p:[0-9a-f]{12}\), model m/)
      assert.include(proxy.stdout(), "authorization: Bearer YOUR-CLIENT-KEY")
      const response = yield* Effect.promise(() => fetch(`${proxy.url}/v1/models?key=client-secret-1`))
      assert.strictEqual(response.status, 200)
      proxy.child.kill("SIGTERM")
      const { code, stdout, stderr } = yield* proxy.ended
      assert.strictEqual(code, 0)
      assert.notInclude(stdout + stderr, "secret")
    })
  )
})
