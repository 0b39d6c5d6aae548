import { HOST_SCHEMA_VERSION, PluginCrashed } from "@cliproxy/abi"
import { PluginDiscoveryFailed } from "@cliproxy/ffi"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Scope } from "effect"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { makePluginHost } from "../../src/plugin-host/plugin-host.ts"
import type { PluginSettings } from "../../src/settings.ts"
import { file, type PluginDoubles, pluginDoubles, refused, registration } from "../plugin-double.ts"

const config = (more: Partial<PluginSettings> = {}): PluginSettings => ({
  enabled: true,
  isolation: "process",
  priority: 0,
  version: undefined,
  yaml: "enabled: true\npriority: 0\n",
  ...more
})

const plugins = (configs: Record<string, PluginSettings>, enabled = true) => ({
  enabled,
  dir: "/plugins",
  allowNewerSchema: false,
  configs: new Map(Object.entries(configs))
})

const methods = (doubles: PluginDoubles, path: string) =>
  doubles.calls.filter((call) => call.path === path).map(({ method }) => method)

const registered = (schema: number) => () => registration("a", { scheduler: true }, schema)

/** Both life cycle calls, answered as a plugin of this schema. */
const lifecycle = (schema: number) => ({
  "plugin.register": registered(schema),
  "plugin.reconfigure": registered(schema)
})

const A = file("a")
const B = file("b")

describe("a configuration pass", () => {
  it.effect(
    "registers and configures first, with the settings and the host's schema, and reconfigures on every later pass",
    () =>
      Effect.gen(function* () {
        const doubles = pluginDoubles(A)
        const host = yield* makePluginHost(doubles)
        for (const yaml of ["x: 1\n", "x: 2\n", "x: 2\n"]) {
          assert.deepStrictEqual(yield* host.pass(plugins({ a: config({ yaml }) })), [])
        }
        assert.deepStrictEqual(methods(doubles, A.path), [
          "plugin.register",
          "plugin.reconfigure",
          "plugin.reconfigure",
          "plugin.reconfigure"
        ])
        assert.deepStrictEqual(
          doubles.calls.map(({ request }) => request),
          ["x: 1\n", "x: 1\n", "x: 2\n", "x: 2\n"].map((yaml) => ({
            config_yaml: Buffer.from(yaml).toString("base64"),
            schema_version: HOST_SCHEMA_VERSION
          }))
        )
        assert.deepStrictEqual(doubles.events, [`open ${A.path}`])
      })
  )

  it.effect("takes what a plugin says of itself when it is configured right after it was registered", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(A)
      doubles.answers.set(A.path, { "plugin.reconfigure": () => registration("configured", { usage_plugin: true }) })
      const host = yield* makePluginHost(doubles)
      yield* host.pass(plugins({ a: config() }))
      assert.strictEqual(host.active()[0]?.registration.metadata.Name, "configured")
    })
  )

  it.effect("reads no folder and opens nothing while plugins are off, or none is enabled", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(A)
      const host = yield* makePluginHost({ ...doubles, discover: () => Effect.die("the folder was read") })
      assert.deepStrictEqual(yield* host.pass(plugins({ a: config() }, false)), [])
      assert.deepStrictEqual(yield* host.pass(plugins({ a: config({ enabled: false }) })), [])
      assert.deepStrictEqual(yield* host.pass(plugins({})), [])
      assert.deepStrictEqual(doubles.events, [])
    })
  )

  it.effect("orders the active set by priority, then ID, and takes both from the latest settings", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(B, A, file("B"), file("top"))
      const host = yield* makePluginHost(doubles)
      const configs = { a: config(), b: config(), B: config(), top: config({ priority: 5 }) }
      yield* host.pass(plugins(configs))
      assert.deepStrictEqual(
        host.active().map(({ id }) => id),
        ["top", "B", "a", "b"]
      )
      yield* host.pass(plugins({ ...configs, b: config({ priority: 9 }) }))
      assert.deepStrictEqual(
        host.active().map(({ id }) => id),
        ["b", "top", "B", "a"]
      )
    })
  )

  it.effect("reports a plugin that cannot be loaded, tries it again next time, and goes on with the others", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(A, B)
      doubles.broken.add(A.path)
      const host = yield* makePluginHost(doubles)
      const settings = plugins({ a: config(), b: config() })
      assert.deepStrictEqual(yield* host.pass(settings), [{ plugin: "a", message: `cannot open ${A.path}` }])
      assert.deepStrictEqual(
        host.active().map(({ id }) => id),
        ["b"]
      )
      doubles.broken.clear()
      assert.deepStrictEqual(yield* host.pass(settings), [])
      assert.deepStrictEqual(
        host.active().map(({ id }) => id),
        ["a", "b"]
      )
      assert.deepStrictEqual(methods(doubles, A.path), ["plugin.register", "plugin.reconfigure"])
    })
  )

  for (const [name, answer, message] of [
    ["was refused", () => refused("nope", "no licence"), /no licence/],
    ["lacks a name", () => registration(""), /metadata\.Name is blank/],
    ["has no capability", () => registration("x", { frontend_auth_provider_exclusive: true }), /no capability/],
    ["is for a newer schema", () => registration("x", { scheduler: true }, HOST_SCHEMA_VERSION + 1), /schema version/],
    ["has the wrong shape", () => ({ metadata: "no" }), /malformed answer to plugin.register: metadata/]
  ] as const) {
    it.effect(`whose first registration ${name} leaves the plugin inactive, and reconfigures it next time`, () =>
      Effect.gen(function* () {
        const doubles = pluginDoubles(A, B)
        doubles.answers.set(A.path, { "plugin.register": answer })
        const host = yield* makePluginHost(doubles)
        const settings = plugins({ a: config(), b: config() })
        const problems = yield* host.pass(settings)
        assert.deepStrictEqual(
          problems.map(({ plugin }) => plugin),
          ["a"]
        )
        assert.match(problems.at(0)!.message, message)
        assert.deepStrictEqual(
          host.active().map(({ id }) => id),
          ["b"]
        )
        assert.deepStrictEqual(yield* host.pass(settings), [])
        assert.deepStrictEqual(methods(doubles, A.path), ["plugin.register", "plugin.reconfigure"])
        assert.deepStrictEqual(
          host.active().map(({ id }) => id),
          ["a", "b"]
        )
      })
    )
  }

  it.effect("takes a plugin out that fails to reconfigure, until it succeeds again", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(A)
      const host = yield* makePluginHost(doubles)
      yield* host.pass(plugins({ a: config() }))
      doubles.answers.set(A.path, { "plugin.reconfigure": () => refused("", "bad value for region") })
      assert.deepStrictEqual(yield* host.pass(plugins({ a: config() })), [
        { plugin: "a", message: "bad value for region" }
      ])
      assert.deepStrictEqual(host.active(), [])
      doubles.answers.clear()
      yield* host.pass(plugins({ a: config() }))
      assert.strictEqual(host.active().length, 1)
    })
  )

  it.effect("takes the latest registration as the plugin's capabilities", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(A)
      const host = yield* makePluginHost(doubles)
      yield* host.pass(plugins({ a: config() }))
      doubles.answers.set(A.path, { "plugin.reconfigure": () => registration("now", { executor: true }) })
      yield* host.pass(plugins({ a: config() }))
      const active = host.active().at(0)!
      assert.strictEqual(active.registration.metadata.Name, "now")
      assert.isFalse(active.registration.capabilities.scheduler)
      assert.isTrue(active.registration.capabilities.executor)
    })
  )

  it.effect("disables without shutting down, and reconfigures what is enabled again", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(A)
      const host = yield* makePluginHost(doubles)
      yield* host.pass(plugins({ a: config() }))
      yield* host.pass(plugins({ a: config({ enabled: false }) }))
      assert.deepStrictEqual(host.active(), [])
      yield* host.pass(plugins({ a: config() }, false))
      assert.deepStrictEqual(methods(doubles, A.path), ["plugin.register", "plugin.reconfigure"])
      yield* host.pass(plugins({ a: config() }))
      assert.deepStrictEqual(methods(doubles, A.path), ["plugin.register", "plugin.reconfigure", "plugin.reconfigure"])
      assert.deepStrictEqual(doubles.events, [`open ${A.path}`])
      assert.strictEqual(host.active().length, 1)
    })
  )

  it.effect("opens the library of another path, and retires the old one without shutting it down", () =>
    Effect.gen(function* () {
      const [v1, v2] = [file("a", "1.0"), file("a", "2.0")]
      const doubles = pluginDoubles(v1)
      const scope = yield* Scope.make()
      const host = yield* Scope.provide(makePluginHost(doubles), scope)
      const settings = plugins({ a: config() })
      yield* host.pass(settings)
      doubles.files = [v2]
      yield* host.pass(settings)
      assert.deepStrictEqual(
        host.active().map(({ path }) => path),
        [v2.path]
      )
      assert.deepStrictEqual(methods(doubles, v1.path), ["plugin.register", "plugin.reconfigure"])
      assert.deepStrictEqual(methods(doubles, v2.path), ["plugin.register", "plugin.reconfigure"])

      // Back to the first: it is still open, and a library must not be opened twice.
      doubles.files = [v1]
      yield* host.pass(settings)
      assert.deepStrictEqual(
        host.active().map(({ path }) => path),
        [v1.path]
      )
      assert.deepStrictEqual(methods(doubles, v1.path), ["plugin.register", "plugin.reconfigure", "plugin.reconfigure"])
      assert.deepStrictEqual(doubles.events, [`open ${v1.path}`, `open ${v2.path}`])

      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(doubles.events.slice(2).toSorted(), [`shutdown ${v1.path}`, `shutdown ${v2.path}`])
    })
  )

  it.effect("keeps a loaded library in use when no file has the pinned version", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(file("a", "1.0"))
      const host = yield* makePluginHost(doubles)
      yield* host.pass(plugins({ a: config() }))
      doubles.files = []
      const problems = yield* host.pass(plugins({ a: config({ version: "3.0" }) }))
      assert.match(problems[0]?.message ?? "", /no library of version 3\.0 .* stays in use/)
      assert.strictEqual(host.active().length, 1)
      assert.match(
        (yield* host.pass(plugins({ a: config() })))[0]?.message ?? "",
        /^no library was found for it in \/plugins$/
      )
      assert.deepStrictEqual(host.active(), [])
    })
  )

  it.effect("empties the active set when the folder cannot be read, and says so", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(A)
      let readable = true
      const host = yield* makePluginHost({
        ...doubles,
        discover: (options) =>
          readable
            ? doubles.discover(options)
            : Effect.fail(new PluginDiscoveryFailed({ folder: "/plugins", code: "EACCES" }))
      })
      yield* host.pass(plugins({ a: config() }))
      readable = false
      const problems = yield* host.pass(plugins({ a: config() }))
      assert.match(problems[0]?.message ?? "", /EACCES/)
      assert.deepStrictEqual(host.active(), [])
    })
  )

  it.effect("runs after the one before it, and keeps the old set in use until it is done", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(A)
      const host = yield* makePluginHost(doubles)
      yield* host.pass(plugins({ a: config() }))
      const gate = yield* Deferred.make<void>()
      doubles.answers.set(A.path, {
        "plugin.reconfigure": () => Effect.as(Deferred.await(gate), registration("later"))
      })
      const first = yield* Effect.forkChild(host.pass(plugins({ a: config() })))
      const second = yield* Effect.forkChild(host.pass(plugins({ a: config({ yaml: "second: 1\n" }) })))
      yield* Effect.yieldNow
      yield* Effect.yieldNow
      assert.strictEqual(doubles.calls.length, 3, "the second pass waits")
      assert.strictEqual(host.active()[0]?.registration.metadata.Name, "double")
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(first)
      yield* Fiber.join(second)
      assert.strictEqual(doubles.calls.length, 4)
      assert.strictEqual(host.active()[0]?.registration.metadata.Name, "later")
    })
  )
})

/** A plugin file that a test can change. */
const library = (content: string) => {
  const path = join(mkdtempSync(join(tmpdir(), "cliproxy-host-")), "a.so")
  writeFileSync(path, content)
  return file("a", "", path)
}

describe("a plugin in a process of its own", () => {
  it.effect(
    "that was started again is registered and configured with the latest settings, and its last answer counts",
    () =>
      Effect.gen(function* () {
        const doubles = pluginDoubles(A)
        const host = yield* makePluginHost(doubles)
        yield* host.pass(plugins({ a: config({ yaml: "mode: old\n" }) }))
        yield* host.pass(plugins({ a: config({ yaml: "mode: new\n" }) }))
        doubles.answers.set(A.path, { "plugin.reconfigure": () => registration("second life", { usage_plugin: true }) })
        yield* doubles.restart(A.path)
        const told = doubles.calls.slice(-2)
        assert.deepStrictEqual(
          told.map(({ method }) => method),
          ["plugin.register", "plugin.reconfigure"]
        )
        for (const { request } of told) {
          assert.strictEqual(Buffer.from(String(request["config_yaml"]), "base64").toString(), "mode: new\n")
        }
        const [active] = host.active()
        assert.strictEqual(active?.registration.metadata.Name, "second life")
        assert.isTrue(active?.registration.capabilities.usage_plugin)
        yield* host.pass(plugins({ a: config() }))
        assert.strictEqual(doubles.calls.at(-1)?.method, "plugin.reconfigure")
      })
  )

  it.effect("that refuses its settings after a restart is inactive, and its process stays", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(A)
      const host = yield* makePluginHost(doubles)
      yield* host.pass(plugins({ a: config() }))
      doubles.answers.set(A.path, { "plugin.register": () => refused("invalid_config", "not like this") })
      yield* doubles.restart(A.path)
      assert.deepStrictEqual(host.active(), [])
      assert.deepStrictEqual(yield* host.pass(plugins({ a: config() })), [])
      assert.strictEqual(host.active().length, 1)
    })
  )

  it.effect("is replaced when its file has changed, and only then", () =>
    Effect.gen(function* () {
      const a = library("one")
      const doubles = pluginDoubles(a)
      doubles.replaceable.add(a.path)
      const host = yield* makePluginHost(doubles)
      yield* host.pass(plugins({ a: config() }))
      yield* host.pass(plugins({ a: config() }))
      assert.deepStrictEqual(doubles.events, [`open ${a.path}`])
      writeFileSync(a.path, "another")
      yield* host.pass(plugins({ a: config() }))
      yield* host.pass(plugins({ a: config() }))
      assert.deepStrictEqual(doubles.events, [`open ${a.path}`, `restart ${a.path}`])
      assert.deepStrictEqual(methods(doubles, a.path).slice(3, 6), [
        "plugin.register",
        "plugin.reconfigure",
        "plugin.reconfigure"
      ])
    })
  )

  it.effect("makes way for its next process before that is registered, from schema 4 on", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(A)
      doubles.replaceable.add(A.path)
      doubles.answers.set(A.path, { ...lifecycle(4), "plugin.quiesce": () => ({}) })
      const host = yield* makePluginHost(doubles)
      yield* host.pass(plugins({ a: config() }))
      yield* host.connection("a")!.replace!
      assert.deepStrictEqual(methods(doubles, A.path).slice(1), [
        "plugin.reconfigure",
        "plugin.quiesce",
        "plugin.register",
        "plugin.reconfigure"
      ])
      // After a crash nobody is there to make way.
      yield* doubles.restart(A.path)
      assert.deepStrictEqual(methods(doubles, A.path).slice(5), ["plugin.register", "plugin.reconfigure"])
      // One that does not know the method is replaced all the same.
      doubles.answers.set(A.path, lifecycle(3))
      yield* host.connection("a")!.replace!
      yield* host.connection("a")!.replace!
      assert.deepStrictEqual(methods(doubles, A.path).slice(7), [
        "plugin.quiesce",
        "plugin.register",
        "plugin.reconfigure",
        "plugin.register",
        "plugin.reconfigure"
      ])
    })
  )

  it.effect("is configured again when it made way for a process that cannot be registered", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(A)
      doubles.replaceable.add(A.path)
      doubles.answers.set(A.path, {
        ...lifecycle(4),
        "plugin.quiesce": () => ({})
      })
      const host = yield* makePluginHost(doubles)
      yield* host.pass(plugins({ a: config({ yaml: "mode: on\n" }) }))
      doubles.answers.set(A.path, {
        "plugin.register": () => Effect.fail(new PluginCrashed({ plugin: "a", method: "m", ending: "signal SIGABRT" })),
        "plugin.quiesce": () => ({}),
        "plugin.reconfigure": registered(4)
      })
      assert.strictEqual((yield* Effect.flip(host.connection("a")!.replace!))._tag, "PluginCrashed")
      assert.deepStrictEqual(methods(doubles, A.path).slice(2), [
        "plugin.quiesce",
        "plugin.register",
        "plugin.reconfigure"
      ])
      assert.strictEqual(
        Buffer.from(String(doubles.calls.at(-1)?.request["config_yaml"]), "base64").toString(),
        "mode: on\n"
      )
      assert.strictEqual(host.active().length, 1)
    })
  )

  it.effect("makes way for another library of its ID before that is registered", () =>
    Effect.gen(function* () {
      const [v1, v2] = [file("a", "1.0"), file("a", "2.0")]
      const doubles = pluginDoubles(v1)
      doubles.answers.set(v1.path, {
        ...lifecycle(4),
        "plugin.quiesce": () => refused("busy", "not now")
      })
      const host = yield* makePluginHost(doubles)
      yield* host.pass(plugins({ a: config() }))
      doubles.files = [v2]
      yield* host.pass(plugins({ a: config() }))
      assert.deepStrictEqual(
        doubles.calls.map(({ method, path }) => `${method} ${path}`),
        [
          `plugin.register ${v1.path}`,
          `plugin.reconfigure ${v1.path}`,
          `plugin.quiesce ${v1.path}`,
          `plugin.register ${v2.path}`,
          `plugin.reconfigure ${v2.path}`
        ]
      )
      assert.strictEqual(host.active()[0]?.path, v2.path)
    })
  )

  it.effect("becomes another library when its isolation changes; the one before is retired", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(A)
      const host = yield* makePluginHost(doubles)
      yield* host.pass(plugins({ a: config() }))
      yield* host.pass(plugins({ a: config({ isolation: "in-process" }) }))
      assert.deepStrictEqual(doubles.events, [`open ${A.path}`, `open ${A.path} in-process`])
      assert.deepStrictEqual(methods(doubles, A.path), [
        "plugin.register",
        "plugin.reconfigure",
        "plugin.register",
        "plugin.reconfigure"
      ])
      assert.strictEqual(host.active()[0]?.isolation, "in-process")
    })
  )
})

it.effect("a plugin of a newer schema is refused with both numbers named, unless newer ones are allowed", () =>
  Effect.gen(function* () {
    const doubles = pluginDoubles(A)
    doubles.answers.set(A.path, {
      "plugin.register": () => registration("new", undefined, 99),
      "plugin.reconfigure": () => registration("new", undefined, 99)
    })
    const host = yield* makePluginHost(doubles)
    const [problem] = yield* host.pass(plugins({ a: config() }))
    assert.match(problem?.message ?? "", /schema version 99 .* up to 7/)
    assert.deepStrictEqual(host.active(), [])
    assert.deepStrictEqual(yield* host.pass({ ...plugins({ a: config() }), allowNewerSchema: true }), [])
    assert.strictEqual(host.active().length, 1)
  })
)

describe("a fault of the host", () => {
  it.effect("while registering fuses the plugin until another file takes its place", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(A, B)
      doubles.answers.set(A.path, {
        "plugin.register": () => {
          throw new Error("host bug")
        }
      })
      const host = yield* makePluginHost(doubles)
      const settings = plugins({ a: config(), b: config() })
      assert.deepStrictEqual(
        (yield* host.pass(settings)).map(({ plugin }) => plugin),
        ["a"]
      )
      yield* host.pass(settings)
      assert.deepStrictEqual(
        methods(doubles, A.path),
        ["plugin.register"],
        "a fused plugin is not called by later passes"
      )
      doubles.files = [file("a", "2"), B]
      assert.deepStrictEqual(yield* host.pass(settings), [])
      assert.deepStrictEqual(
        host.active().map(({ id }) => id),
        ["a", "b"]
      )
    })
  )

  it.effect("while calling takes the plugin out at once", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(A, B)
      const host = yield* makePluginHost(doubles)
      const settings = plugins({ a: config(), b: config() })
      yield* host.pass(settings)
      yield* host.fuse(host.active().at(0)!, new Error("bug"))
      assert.deepStrictEqual(
        host.active().map(({ id }) => id),
        ["b"]
      )
      assert.deepStrictEqual(
        (yield* host.pass(settings)).map(({ plugin }) => plugin),
        ["a"]
      )
      assert.deepStrictEqual(
        host.active().map(({ id }) => id),
        ["b"]
      )
    })
  )
})

describe("the end of the host", () => {
  it.effect("shuts every library down once, active or not", () =>
    Effect.gen(function* () {
      const doubles = pluginDoubles(A, B)
      doubles.answers.set(B.path, { "plugin.register": () => refused("", "no") })
      const scope = yield* Scope.make()
      const host = yield* Scope.provide(makePluginHost(doubles), scope)
      yield* host.pass(plugins({ a: config(), b: config() }))
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(doubles.events.slice(2).toSorted(), [`shutdown ${A.path}`, `shutdown ${B.path}`])
    })
  )
})
