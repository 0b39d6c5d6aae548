import { appendFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { proxyWith } from "./configured-proxy.ts"
import { type RunningProxy, until } from "./run-proxy.ts"

const inUse = "the new configuration is in use"

const occurrences = (text: string, part: string): number => text.split(part).length - 1

/** Does something to the file and waits until the log has one more of this. */
const andWaitFor = ({ stderr }: RunningProxy, part: string, act: () => void) =>
  Effect.suspend(() => {
    const before = occurrences(stderr(), part)
    act()
    return until(() => occurrences(stderr(), part) > before)
  })

const statusWith = ({ url }: RunningProxy, key: string) =>
  Effect.promise(() =>
    fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } }).then(({ status }) => status)
  )

const models = ({ url }: RunningProxy) => Effect.promise(() => fetch(`${url}/v1/models`).then((r) => r.text()))

describe("a change of the configuration file", () => {
  it.live("is taken over when the file is written in place, and when another file takes its place", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyWith("demo: true\napi-keys: [first-1]\n")
      const { path } = proxy
      assert.deepStrictEqual([yield* statusWith(proxy, "first-1"), yield* statusWith(proxy, "second-2")], [200, 401])
      yield* andWaitFor(proxy, inUse, () => writeFileSync(path, "demo: true\napi-keys: [second-2]\n"))
      assert.deepStrictEqual([yield* statusWith(proxy, "first-1"), yield* statusWith(proxy, "second-2")], [401, 200])
      yield* andWaitFor(proxy, inUse, () => {
        writeFileSync(`${path}.new`, "demo: true\napi-keys: [third-3]\n")
        renameSync(`${path}.new`, path)
      })
      assert.deepStrictEqual([yield* statusWith(proxy, "second-2"), yield* statusWith(proxy, "third-3")], [401, 200])
    })
  )

  it.live("is seen beside a log that is written all the time", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyWith("demo: true\napi-keys: [first-1]\n")
      const log = join(dirname(proxy.path), "proxy.log")
      const writing = setInterval(() => appendFileSync(log, "a line\n"), 20)
      yield* Effect.addFinalizer(() => Effect.sync(() => clearInterval(writing)))
      yield* andWaitFor(proxy, inUse, () => writeFileSync(proxy.path, "demo: true\napi-keys: [second-2]\n"))
      assert.strictEqual(yield* statusWith(proxy, "second-2"), 200)
    })
  )

  it.live("brings providers and models", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyWith("demo: true\n")
      const { path } = proxy
      assert.include(yield* models(proxy), `"id":"demo"`)
      yield* andWaitFor(proxy, inUse, () =>
        writeFileSync(
          path,
          "openai-compatibility: [{name: p, base-url: 'http://127.0.0.1:9/v1', models: [{name: new-model}]}]\n"
        )
      )
      const list = yield* models(proxy)
      assert.include(list, `"id":"new-model"`)
      assert.notInclude(list, `"id":"demo"`)
    })
  )

  it.live("that is not valid leaves the old configuration in use and says which line is wrong", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyWith("demo: true\napi-keys: [first-1]\n")
      const { path } = proxy
      yield* andWaitFor(proxy, "the configuration stays as it was", () =>
        writeFileSync(path, "demo: true\napi-keys: [second-2]\nrequest-retry: lots\n")
      )
      assert.include(proxy.stderr(), "c.yaml:3:16: error: request-retry: expected a whole number, found text")
      assert.strictEqual(yield* statusWith(proxy, "first-1"), 200)
      yield* andWaitFor(proxy, inUse, () => writeFileSync(path, "demo: true\napi-keys: [second-2]\n"))
      assert.strictEqual(yield* statusWith(proxy, "second-2"), 200)
    })
  )

  it.live("that says nothing is taken for a file that is being written", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyWith("demo: true\napi-keys: [first-1]\n")
      yield* andWaitFor(proxy, "the configuration stays as it was: c.yaml is empty", () =>
        writeFileSync(proxy.path, "")
      )
      assert.strictEqual(yield* statusWith(proxy, "nobody"), 401)
      yield* andWaitFor(proxy, inUse, () => writeFileSync(proxy.path, "demo: true\napi-keys: [second-2]\n"))
      assert.strictEqual(yield* statusWith(proxy, "second-2"), 200)
    })
  )

  it.live("does not let everybody in who reaches the proxy over a network", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyWith("host: 0.0.0.0\ndemo: true\napi-keys: [first-1]\n")
      yield* andWaitFor(proxy, "the api-keys that were removed stay in use until a restart", () =>
        writeFileSync(proxy.path, "host: 0.0.0.0\ndemo: true\n")
      )
      assert.include(proxy.stderr(), "everybody who reaches 0.0.0.0 may come in")
      assert.deepStrictEqual([yield* statusWith(proxy, "first-1"), yield* statusWith(proxy, "nobody")], [200, 401])
      yield* andWaitFor(proxy, inUse, () =>
        writeFileSync(proxy.path, "host: 0.0.0.0\ndemo: true\napi-keys: [second-2]\n")
      )
      assert.deepStrictEqual([yield* statusWith(proxy, "first-1"), yield* statusWith(proxy, "second-2")], [401, 200])
    })
  )

  it.live("takes keys back on a proxy of this machine alone", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyWith("demo: true\napi-keys: [first-1]\n")
      yield* andWaitFor(proxy, inUse, () => writeFileSync(proxy.path, "demo: true\n"))
      assert.strictEqual(yield* statusWith(proxy, "nobody"), 200)
    })
  )

  it.live("of host or port is told to need a restart", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyWith("demo: true\n")
      const { path } = proxy
      yield* andWaitFor(proxy, "a change of host or port needs a restart", () =>
        writeFileSync(path, "demo: true\nport: 1\n")
      )
      assert.include(yield* models(proxy), "demo")
    })
  )

  it.live("is looked for at SIGHUP, and the process lives on when there is none", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyWith("demo: true\n")
      const { path } = proxy
      yield* andWaitFor(proxy, "SIGHUP: c.yaml has not changed", () => proxy.child.kill("SIGHUP"))
      assert.strictEqual(occurrences(proxy.stderr(), inUse), 0)
      yield* andWaitFor(proxy, inUse, () => {
        writeFileSync(path, "demo: true\n# another\n")
        proxy.child.kill("SIGHUP")
      })
    })
  )

  it.live("is survived when the file goes away, and seen when it comes back", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyWith("demo: true\n")
      const { path } = proxy
      yield* andWaitFor(proxy, "there is no such file", () => rmSync(path))
      assert.include(yield* models(proxy), "demo")
      yield* andWaitFor(proxy, inUse, () => writeFileSync(path, "demo: true\napi-keys: [back-1]\n"))
      assert.strictEqual(yield* statusWith(proxy, "back-1"), 200)
    })
  )

  it.live("may switch debug lines on", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyWith("demo: true\n")
      const { path } = proxy
      const probe = Effect.promise(() => fetch(`${proxy.url}/healthz`))
      yield* probe
      yield* andWaitFor(proxy, inUse, () => writeFileSync(path, "demo: true\ndebug: true\n"))
      assert.notInclude(proxy.stderr(), "path=/healthz")
      yield* probe
      yield* until(() => proxy.stderr().includes("path=/healthz"))
      assert.match(proxy.stderr(), /level=DEBUG .*path=\/healthz/)
    })
  )
})
