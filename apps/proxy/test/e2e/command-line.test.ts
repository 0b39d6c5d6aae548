import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { runCli, temporaryFolder } from "../run-proxy.ts"
import { named, scriptedPlugin } from "../scripted-plugin.ts"

interface Commanding {
  readonly id: string
  readonly flags: ReadonlyArray<Readonly<Record<string, string>>>
  readonly priority?: number
}

/** A folder with a configuration `c.yaml` and these plugins. */
const folderWith = Effect.fnUntraced(function* (declared: ReadonlyArray<Commanding>) {
  const cwd = yield* temporaryFolder
  const dir = join(cwd, "plugins")
  mkdirSync(dir)
  const plugins = new Map(
    declared.map(({ flags, id }) => {
      const plugin = scriptedPlugin(dir, id, { command_line_plugin: true })
      plugin.answer("command_line.register", { Flags: flags })
      return [id, plugin]
    })
  )
  const configs = declared.map(({ id, priority = 0 }) => `    ${id}: {enabled: true, priority: ${priority}}\n`).join("")
  writeFileSync(join(cwd, "c.yaml"), `demo: true\nplugins:\n  enabled: true\n  dir: plugins\n  configs:\n${configs}`)
  const run = (...args: ReadonlyArray<string>) => runCli(["--config", "c.yaml", ...args], { cwd })
  return { run, plugin: named(plugins), cwd }
})

const execute = "command_line.execute"
const body = (text: string) => Buffer.from(text).toString("base64")
const login = { Name: "lab-login", Usage: "Log in to Lab" }

describe("flags of plugins", () => {
  it.live("stand in the help, without those that are not valid or taken, and without a word of the plugins", () =>
    Effect.gen(function* () {
      const { cwd, plugin, run } = yield* folderWith([
        {
          id: "late",
          flags: [
            { Name: "shared", Usage: "of late" },
            { Name: "lab-count", Usage: "How often", Type: "INT", DefaultValue: "3" }
          ]
        },
        {
          id: "early",
          priority: 9,
          flags: [
            login,
            { Name: "shared", Usage: "of\u001b\nearly" },
            { Name: "port", Usage: "taken" },
            { Name: "-x" },
            { Name: "help" },
            { Name: "a b" },
            { Name: "a=b" },
            { Name: "odd", Type: "colour" },
            { Name: "off", Type: "int", DefaultValue: "many" }
          ]
        }
      ])
      // The help does not wait long; on a machine that is very busy the plugins may come too late for it.
      const { code, stderr, stdout } = yield* Effect.repeat(run("--help"), {
        until: (ended) => ended.stdout.includes("PLUGIN FLAGS")
      })
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.include(stdout, "cliproxy <subcommand> [flags]")
      assert.deepStrictEqual(stdout.slice(stdout.indexOf("PLUGIN FLAGS")).trimEnd().split("\n"), [
        "PLUGIN FLAGS",
        "  --lab-login          Log in to Lab [plugin early]",
        "  --shared             of early [plugin early]",
        "  --lab-count <int>    How often (default: 3) [plugin late]"
      ])
      yield* Effect.repeat(runCli(["serve", "--config", "c.yaml", "--help"], { cwd }), {
        until: (ended) => ended.stdout.includes("--lab-login")
      })
      assert.notInclude((yield* runCli(["--help"], { cwd })).stdout, "PLUGIN FLAGS")
      assert.deepStrictEqual(plugin("early").calls(execute), [])
    })
  )

  it.live("do not keep the help waiting for a plugin that hangs", () =>
    Effect.gen(function* () {
      const { plugin, run } = yield* folderWith([{ id: "p", flags: [login] }])
      plugin("p").hang("plugin.register")
      // On a machine that is very busy the help may end before the plugin is called at all.
      const { code, stderr, stdout } = yield* Effect.repeat(run("--help"), {
        until: () => plugin("p").calls("plugin.register").length > 0
      })
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.include(stdout, "cliproxy <subcommand> [flags]")
      assert.notInclude(stdout, "PLUGIN FLAGS")
      assert.strictEqual(plugin("p").calls("plugin.register").length, 1)
    })
  )

  it.live(
    "given, run their plugins in priority order instead of the server; the first exit code that is not 0 counts",
    () =>
      Effect.gen(function* () {
        const { plugin, run } = yield* folderWith([
          { id: "c", flags: [{ Name: "c-flag" }] },
          { id: "b", flags: [{ Name: "b-flag", Type: "string" }, { Name: "b-other" }], priority: 5 },
          { id: "a", flags: [login], priority: 9 }
        ])
        plugin("a").answer(execute, { Stdout: body("a out\n") })
        plugin("b").answer(execute, { Stdout: body("b out\n"), Stderr: body("b err\n"), ExitCode: 3 })
        plugin("c").refuse(execute, "no terminal")
        const { code, stderr, stdout } = yield* run("-c-flag", "--b-flag", "one two", "-lab-login=1", "--port", "0")
        assert.strictEqual(code, 3)
        assert.strictEqual(stdout, "a out\nb out\n")
        assert.include(stderr, "b err\n")
        assert.match(stderr, /^cliproxy: plugin c: .*no terminal/m)
        const request = plugin("b").lastRequest(execute)
        assert.deepInclude(request, {
          Args: ["--config", "c.yaml", "-c-flag", "--b-flag", "one two", "-lab-login=1", "--port", "0"],
          ConfigPath: "c.yaml",
          TriggeredFlags: { "b-flag": { Name: "b-flag", Type: "string", Value: "one two", Set: true } }
        })
        assert.deepInclude(request["Flags"], {
          "lab-login": { Name: "lab-login", Type: "bool", Value: "true", Set: true },
          "b-other": { Name: "b-other", Type: "bool", Value: "false", Set: false },
          port: { Name: "port", Type: "", Value: "0", Set: false }
        })
        assert.nestedPropertyVal(request, "Plugin.Name", "scripted b")
        assert.strictEqual((yield* run("--c-flag")).code, 1)
        assert.deepStrictEqual(
          ["a", "b", "c"].map((id) => plugin(id).calls(execute).length),
          [1, 1, 2]
        )
      })
  )

  it.live("that nobody knows, or with a value of another type, run nothing", () =>
    Effect.gen(function* () {
      const { plugin, run } = yield* folderWith([{ id: "p", flags: [login, { Name: "n", Type: "int" }] }])
      const unknown = yield* run("--lab-login", "--lab-logout=now")
      assert.deepInclude(unknown, { code: 1, stderr: "cliproxy: --lab-logout is not a known flag\n" })
      const value = yield* run("--n", "many")
      assert.deepInclude(value, { code: 1, stderr: "cliproxy: --n: expected a value of type int\n" })
      const neither = yield* run("--nothing-of-the-kind")
      assert.strictEqual(neither.code, 1)
      assert.include(neither.stdout + neither.stderr, "Unrecognized flag: --nothing-of-the-kind")
      assert.deepStrictEqual(plugin("p").calls(execute), [])
    })
  )

  it.live("of a plugin that crashes count as exit code 1, and the crash is told", () =>
    Effect.gen(function* () {
      const { plugin, run } = yield* folderWith([{ id: "p", flags: [login] }])
      plugin("p").crash(execute)
      const { code, signal, stderr } = yield* run("--lab-login")
      assert.deepStrictEqual([code, signal], [1, null])
      assert.match(stderr, /^cliproxy: plugin p: the process of plugin p .*SIGABRT/m)
    })
  )

  it.live("cost nothing when none is asked for: plugins are not even started to refuse another command", () =>
    Effect.gen(function* () {
      const { cwd, plugin } = yield* folderWith([{ id: "p", flags: [login] }])
      yield* runCli(["check", "--config", "c.yaml"], { cwd })
      yield* runCli(["check", "--config", "c.yaml", "--lab-login"], { cwd })
      assert.deepStrictEqual(plugin("p").calls(), [])
      assert.isTrue(existsSync(plugin("p").path))
    })
  )
})
