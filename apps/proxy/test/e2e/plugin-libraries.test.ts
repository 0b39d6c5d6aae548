import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { goArch, goOs, libraryExtension } from "@cliproxy/ffi"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { beforeAll, inject } from "vitest"

import { ask, type RunningProxy, servedBy, startProxy, temporaryFolder, until } from "../run-proxy.ts"
import { schedulerLibrary } from "../scheduler-example.ts"
import { scriptedPlugin } from "../scripted-plugin.ts"

beforeAll(() => assert.include(inject("schedulerBuild"), "built dist/", "these tests need Go"))

const config = `demo: true
routing: {strategy: fill-first}
plugins:
  enabled: true
  dir: plugins
  configs:
    scheduler: {enabled: true, auth_id: demo/second}
`

/** A proxy with a plugin folder of its own, and what puts another library into the folder. */
const proxyWith = Effect.fnUntraced(function* (libraries: Readonly<Record<string, string>>) {
  const cwd = yield* temporaryFolder
  const folder = join(cwd, "plugins", goOs(), goArch())
  mkdirSync(folder, { recursive: true })
  const put = (name: string, library: string) => {
    copyFileSync(library, join(cwd, "incoming"))
    renameSync(join(cwd, "incoming"), join(folder, name))
  }
  for (const [name, library] of Object.entries(libraries)) put(name, library)
  writeFileSync(join(cwd, "c.yaml"), config)
  const proxy = yield* startProxy(["--config", "c.yaml"], { cwd })
  return { proxy, put, cwd, folder }
})

/** A library that always picks the third key. */
const thirdLibrary = Effect.map(temporaryFolder, (folder) => {
  const plugin = scriptedPlugin(folder, "scheduler", { scheduler: true })
  plugin.answer("scheduler.pick", { Handled: true, AuthID: "demo/third" })
  return { ...plugin, script: join(folder, "scheduler.script") }
})

const file = `scheduler${libraryExtension()}`

/** Asks until the answers come from this key. */
const untilServedBy = (proxy: RunningProxy, key: string): Effect.Effect<void> =>
  Effect.flatMap(servedBy(proxy), (served) =>
    served === key ? Effect.void : Effect.andThen(Effect.sleep("20 millis"), untilServedBy(proxy, key))
  )

describe("the plugin folders", () => {
  it.live("may get another library under the same name while requests run: none fails, and the new one decides", () =>
    Effect.gen(function* () {
      const third = yield* thirdLibrary
      const { folder, proxy, put } = yield* proxyWith({ [file]: schedulerLibrary })
      const answers: Array<readonly [number, string]> = []
      let asking = true
      const client = Effect.gen(function* () {
        while (asking) answers.push(yield* ask(proxy))
      })
      const clients = yield* Effect.forkChild(Effect.all([client, client, client, client], { concurrency: 4 }))
      yield* until(() => answers.length >= 40)
      mkdirSync(join(folder, "scheduler.script"))
      for (const name of ["plugin.register", "plugin.reconfigure", "scheduler.pick"]) {
        copyFileSync(join(third.script, `${name}.json`), join(folder, "scheduler.script", `${name}.json`))
      }
      put(file, third.path)
      yield* untilServedBy(proxy, "3")
      put(file, schedulerLibrary)
      yield* untilServedBy(proxy, "2")
      asking = false
      yield* Fiber.join(clients)
      const served = answers.map(([status, text]) => (status === 200 ? /demo-key-(\d)/.exec(text)?.[1] : text))
      assert.deepStrictEqual(new Set(served), new Set(["2", "3"]))
      assert.include(proxy.stderr(), "the new file is in use")
    })
  )

  it.live("may get a library later, lose it again, and get a newer version beside the old one", () =>
    Effect.gen(function* () {
      const third = yield* thirdLibrary
      const { folder, proxy, put } = yield* proxyWith({})
      assert.match(proxy.stdout(), /scheduler: NOT LOADED: no library/)
      assert.strictEqual(yield* servedBy(proxy), "1")
      put(file, schedulerLibrary)
      yield* untilServedBy(proxy, "2")
      rmSync(join(folder, file))
      yield* untilServedBy(proxy, "1")
      put(file, schedulerLibrary)
      yield* untilServedBy(proxy, "2")
      const newer = `scheduler-v1.1.0`
      mkdirSync(join(folder, `${newer}.script`))
      for (const name of ["plugin.register", "plugin.reconfigure", "scheduler.pick"]) {
        copyFileSync(join(third.script, `${name}.json`), join(folder, `${newer}.script`, `${name}.json`))
      }
      put(`${newer}${libraryExtension()}`, third.path)
      yield* untilServedBy(proxy, "3")
    })
  )
})
