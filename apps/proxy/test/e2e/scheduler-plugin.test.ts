import { renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { beforeAll, inject } from "vitest"

import { type ConfiguredProxy, proxyWith } from "../configured-proxy.ts"
import { ask, type RunningProxy, servedBy, startProxy, temporaryFolder, until } from "../run-proxy.ts"
import { schedulerFolder } from "../scheduler-example.ts"

beforeAll(() => assert.include(inject("schedulerBuild"), "built dist/", "these tests need Go"))

/** The demo provider's three keys behind the plugin with these settings. */
const configWith = (settings: ReadonlyArray<string>, strategy = "round-robin", enabled = true): string =>
  `demo: true
routing:
  strategy: ${strategy}
plugins:
  enabled: true
  dir: ${JSON.stringify(schedulerFolder)}
  configs:
    scheduler:
      enabled: ${enabled}
${settings.map((line) => `      ${line}\n`).join("")}`

/** How many new configurations were taken over. */
const reloads = ({ stderr }: RunningProxy): number => stderr().split("the new configuration is in use").length - 1

/** Replaces the file and waits until it is in use. */
const reconfigure = (proxy: ConfiguredProxy, config: string) =>
  Effect.suspend(() => {
    const before = reloads(proxy)
    writeFileSync(`${proxy.path}.new`, config)
    renameSync(`${proxy.path}.new`, proxy.path)
    return until(() => reloads(proxy) > before)
  })

/** Who serves six requests in a row. */
const six = (proxy: RunningProxy) =>
  Effect.map(Effect.all(Array.from({ length: 6 }, () => servedBy(proxy))), (keys) => keys.join(""))

/** Each key in turn, wherever the rotation stands. */
const rotation = /^(?:123123|231231|312312)$/

describe("the scheduler plugin in Go, behind the proxy", () => {
  const lines: ReadonlyArray<readonly [string, string, RegExp]> = [
    ["leaves picks to the configured strategy when nothing is set: round-robin", configWith([]), rotation],
    [
      "leaves picks to the configured strategy when nothing is set: fill-first",
      configWith([], "fill-first"),
      /^111111$/
    ],
    ["delegates to fill-first against the configured round-robin", configWith(["delegate: fill-first"]), /^111111$/],
    [
      "delegates to round-robin against the configured fill-first",
      configWith(["delegate: round-robin"], "fill-first"),
      rotation
    ],
    [
      "leaves picks unhandled for any other delegate",
      configWith(["delegate: magic", "auth_id: demo/third"], "fill-first"),
      /^111111$/
    ],
    ["picks the credential named by auth_id", configWith(["auth_id: demo/second"]), /^222222$/],
    [
      "leaves picks unhandled when auth_id is not among the candidates",
      configWith(["auth_id: demo/nobody"], "fill-first"),
      /^111111$/
    ]
  ]
  it.live("does as its settings say, whatever the configured strategy is", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyWith(configWith(["auth_id: demo/third"]))
      assert.include(proxy.stdout(), "scheduler: active")
      assert.strictEqual(yield* six(proxy), "333333")
      for (const [name, config, expected] of lines) {
        yield* reconfigure(proxy, config)
        assert.match(yield* six(proxy), expected, name)
      }
    })
  )

  it.live("refuses every request with its code and status when deny is set", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyWith(configWith(["deny: true", "auth_id: demo/first"]))
      for (const stream of [false, true]) {
        const [status, text] = yield* ask(proxy, { stream })
        assert.strictEqual(status, 403)
        assert.nestedPropertyVal(JSON.parse(text), "error.code", "scheduler_denied")
        assert.nestedPropertyVal(JSON.parse(text), "error.type", "permission_error")
      }
    })
  )

  it.live("follows an edit of its settings while it runs", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyWith(configWith([]))
      assert.match(yield* six(proxy), rotation)
      yield* reconfigure(proxy, configWith(["auth_id: demo/third"]))
      assert.strictEqual(yield* six(proxy), "333333")
      yield* reconfigure(proxy, configWith(["delegate: fill-first"]))
      assert.strictEqual(yield* six(proxy), "111111")
      yield* reconfigure(proxy, configWith(["deny: true"]))
      assert.strictEqual((yield* ask(proxy))[0], 403)
      yield* reconfigure(proxy, configWith(["auth_id: demo/second"]))
      assert.strictEqual(yield* six(proxy), "222222")
      yield* reconfigure(proxy, configWith(["auth_id: demo/second"], "round-robin", false))
      assert.match(yield* six(proxy), rotation)
      yield* reconfigure(proxy, configWith(["auth_id: demo/second"]))
      assert.strictEqual(yield* six(proxy), "222222")
    })
  )

  it.live("is told apart when its settings are wrong, and requests go on without it", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyWith(configWith(["deny: maybe"], "fill-first"))
      assert.match(proxy.stdout(), /scheduler: NOT LOADED: .*deny/)
      assert.strictEqual(yield* six(proxy), "111111")
    })
  )
})

describe("a plugin that cannot be used", () => {
  it.live("does not keep the proxy from starting and serving", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      const bytes = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919 + 13) % 251))
      writeFileSync(join(cwd, "noise.so"), bytes)
      writeFileSync(
        join(cwd, "c.yaml"),
        "demo: true\nplugins:\n  enabled: true\n  dir: .\n  configs:\n    noise: {enabled: true}\n    absent: {enabled: true}\n"
      )
      const proxy = yield* startProxy(["--config", "c.yaml"], { cwd })
      assert.match(proxy.stdout(), /noise: NOT LOADED: .*not a loadable shared library/)
      assert.match(proxy.stdout(), /absent: NOT LOADED: no library/)
      yield* until(() => /level=WARN .*plugin noise: /.test(proxy.stderr()))
      assert.strictEqual((yield* ask(proxy))[0], 200)
    })
  )
})
