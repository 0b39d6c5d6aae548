import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { startProxy, temporaryFolder } from "../run-proxy.ts"
import { scriptedPlugin } from "../scripted-plugin.ts"

const key = "operators-only"

describe("a plugin that is started anew", () => {
  it.live("lets go of what it holds before its next process is registered, and takes it back when that fails", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      mkdirSync(join(cwd, "plugins"))
      const plugin = scriptedPlugin(join(cwd, "plugins"), "p", { usage_plugin: true }, 4)
      plugin.answer("plugin.quiesce", {})
      const config = `remote-management: {secret-key: ${key}}
plugins: {enabled: true, dir: plugins, configs: {p: {enabled: true}}}
`
      writeFileSync(join(cwd, "c.yaml"), `demo: true\n${config}`)
      const proxy = yield* startProxy(["--config", "c.yaml"], { cwd })
      const reload = Effect.promise(async () => {
        const request = { method: "POST", headers: { "x-management-key": key } }
        return (await fetch(`${proxy.url}/v0/management/plugins/p/reload`, request)).status
      })
      let seen = plugin.calls().length
      const since = () => {
        const methods = plugin.calls().map(({ method }) => method)
        const news = methods.slice(seen)
        seen = methods.length
        return news
      }
      assert.strictEqual(yield* reload, 200)
      // The last is that of the configuration pass that follows.
      assert.deepStrictEqual(since(), ["plugin.quiesce", "plugin.register", "plugin.reconfigure", "plugin.reconfigure"])
      plugin.crash("plugin.register")
      assert.strictEqual(yield* reload, 409)
      assert.deepStrictEqual(since(), ["plugin.quiesce", "plugin.register", "plugin.reconfigure"])
    })
  )
})
