import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"

import { Gateway } from "../src/gateway.ts"
import { layerGatewayWith } from "../src/gateway-live.ts"
import type { PluginSettings } from "../src/settings.ts"
import { settings } from "./gateway-settings.ts"
import { file, pluginDoubles } from "./plugin-double.ts"

const A = file("a")
const B = file("b")

const config = (enabled = true): PluginSettings => ({
  enabled,
  isolation: "process",
  priority: 3,
  version: undefined,
  yaml: ""
})

const configured = (configs: Readonly<Record<string, PluginSettings>>, enabled = true) =>
  settings([], {
    plugins: { enabled, dir: "/plugins", allowNewerSchema: false, configs: new Map(Object.entries(configs)) }
  })

/** A gateway with the plugins `a` and `b`. */
const controlled = Effect.gen(function* () {
  const doubles = pluginDoubles(A, B)
  doubles.replaceable.add(A.path)
  const gateway = Context.get(yield* Layer.build(layerGatewayWith(doubles)), Gateway)
  const control = gateway.plugins?.control
  if (control === undefined) return yield* Effect.die("no controls")
  const states = Effect.map(control.status, (all) => all.map(({ id, state }) => `${id} ${state}`))
  return { doubles, gateway, control, states }
})

describe("the controls of plugins", () => {
  it.effect(
    "know nothing before the first configuration, and then every configured plugin and what is wrong with it",
    () =>
      Effect.gen(function* () {
        const { control, doubles, gateway } = yield* controlled
        assert.deepStrictEqual(yield* control.status, [])
        doubles.broken.add(B.path)
        yield* gateway.configure(configured({ b: config(), a: config(), c: config(false), d: config() }))
        const [b, a, c, d] = yield* control.status
        assert.deepInclude(b, { id: "b", state: "failed", problem: `cannot open ${B.path}`, priority: 3 })
        assert.deepInclude(a, { id: "a", state: "active", path: A.path, fileVersion: "", inFlight: 0, abandoned: 0 })
        assert.deepInclude(a, { capabilities: ["scheduler"], schemaVersion: 1, isolation: "process" })
        assert.deepStrictEqual(c, { id: "c", state: "disabled", enabled: false, priority: 3, isolation: "process" })
        assert.deepInclude(d, { state: "failed", problem: "no library was found for it in /plugins" })
        yield* gateway.configure(configured({ a: config() }, false))
        assert.deepStrictEqual(yield* control.status, [
          { id: "a", state: "disabled", enabled: true, priority: 3, isolation: "process" }
        ])
      })
  )

  it.effect("switch plugins over the head of the settings, until the next ones", () =>
    Effect.gen(function* () {
      const { control, doubles, gateway, states } = yield* controlled
      yield* gateway.configure(configured({ a: config(), b: config(false) }))
      assert.deepInclude(yield* control.setEnabled("a", false), { state: "disabled" })
      assert.deepInclude(yield* control.setEnabled("b", true), { state: "active" })
      yield* control.rescan
      assert.deepStrictEqual(yield* states, ["a disabled", "b active"])
      assert.notInclude(doubles.events, `shutdown ${A.path}`)
      yield* gateway.configure(configured({ a: config(), b: config(false) }))
      assert.deepStrictEqual(yield* states, ["a active", "b disabled"])
      assert.deepInclude(yield* Effect.flip(control.setEnabled("z", true)), {
        _tag: "PluginNotConfigured",
        message: "the configuration has no plugin z"
      })
    })
  )

  it.effect("start a plugin anew where that can be done, and say where not", () =>
    Effect.gen(function* () {
      const { control, doubles, gateway } = yield* controlled
      yield* gateway.configure(configured({ a: config(), b: config() }))
      assert.deepInclude(yield* control.reload("a"), { id: "a", state: "active" })
      assert.include(doubles.events, `restart ${A.path}`)
      assert.deepInclude(yield* Effect.flip(control.reload("b")), {
        _tag: "PluginNotReloaded",
        message: "plugin b has no process of its own that could be replaced"
      })
      assert.strictEqual((yield* Effect.flip(control.reload("z")))._tag, "PluginNotConfigured")
    })
  )
})
