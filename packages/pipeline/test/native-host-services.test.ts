import { NativeBridge, openIsolatedPlugin, openPlugin } from "@cliproxy/ffi"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

import { makeCredentialStore } from "../src/credential-files/credential-store.ts"
import { hostAuthMethods } from "../src/credential-files/host-auth.ts"
import { makeHostHttp } from "../src/host-http/host-http.ts"
import { openOutbound } from "../src/host-http/outbound.ts"
import { makeCallbackScopes } from "../src/plugin-host/callback-scopes.ts"
import { makeHostCalls } from "../src/plugin-host/host-calls.ts"
import { authPlugins, credentialDirectory, hostOf } from "./credential-files/auth-plugin-double.ts"
import { startServer, until } from "./host-http/loopback-server.ts"

/** The compiled fixture, in a folder that is removed at the end. */
const relayLibrary = Effect.acquireRelease(
  Effect.sync(() => {
    const dir = mkdtempSync(join(tmpdir(), "cliproxy-pipeline-"))
    const header = join(dirname(createRequire(import.meta.url).resolve("@cliproxy/abi/package.json")), "include")
    const library = join(dir, `relay.${process.platform === "darwin" ? "dylib" : "so"}`)
    const source = fileURLToPath(new URL("fixtures/relay.c", import.meta.url))
    execFileSync(process.env["CC"] || "cc", ["-std=c11", "-fPIC", "-shared", `-I${header}`, "-o", library, source])
    return { dir, library }
  }),
  ({ dir }) => Effect.sync(() => rmSync(dir, { recursive: true, force: true }))
)

/** The plugin with the host services behind it. */
const open = Effect.fnUntraced(function* (isolation: "process" | "in-process") {
  const { library } = yield* relayLibrary
  const directory = yield* credentialDirectory
  const http = makeHostHttp(yield* openOutbound)
  const store = yield* makeCredentialStore(authPlugins({}).plugins)
  yield* store.load({ dir: directory.dir, host: hostOf(directory.dir) })
  const scopes = makeCallbackScopes()
  const hostCalls = makeHostCalls(scopes, [
    http.methods,
    hostAuthMethods(
      () => store,
      () => false
    )
  ])
  const { end, handler } = hostCalls.connect("relay")
  const options = { id: "relay", path: library, onHostCall: handler }
  const connection = yield* isolation === "process" ? openIsolatedPlugin(options) : openPlugin(options)
  yield* Effect.addFinalizer(() => Effect.sync(end))
  /** Lets the plugin call the host; gives the result. */
  const relay = (method: string, request: unknown) =>
    Effect.map(
      connection.call(`relay.${method}`, Buffer.from(JSON.stringify(request))),
      (result) => result as Record<string, unknown>
    )
  return { directory, http, relay, scopes, store }
})

describe.each(["process", "in-process"] as const)("a native plugin, %s,", (isolation) => {
  const provided = Effect.provide(NativeBridge.layer())

  it.live("sends 200 HTTP requests at once", () =>
    Effect.gen(function* () {
      const { relay } = yield* open(isolation)
      const waiting: Array<() => void> = []
      const { url } = yield* startServer((request, response) => {
        waiting.push(() => response.end(request.url))
        // Nobody is answered before all are there: they really are under way at the same time.
        if (waiting.length === 200) for (const answer of waiting) answer()
      })
      const numbers = Array.from({ length: 200 }, (_, index) => index)
      const answers = yield* Effect.forEach(numbers, (index) => relay("host.http.do", { url: `${url}/${index}` }), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(
        answers.map(({ Body }) => Buffer.from(String(Body), "base64").toString()),
        numbers.map((index) => `/${index}`)
      )
    }).pipe(provided)
  )

  it.live("reads streams to their end, and leaves none behind", () =>
    Effect.gen(function* () {
      const { http, relay } = yield* open(isolation)
      const block = 30_000
      const { url } = yield* startServer((_, response) => {
        let left = 20
        const timer = setInterval(() => {
          response.write(Buffer.alloc(block))
          if (--left === 0) {
            clearInterval(timer)
            response.end()
          }
        }, 1)
      })
      const totals = yield* Effect.forEach(
        Array.from({ length: 20 }),
        () =>
          Effect.flatMap(relay("host.http.do_stream", { url }), (opened) => {
            assert.strictEqual(opened["status_code"], 200)
            return relay("drain", opened)
          }),
        { concurrency: "unbounded" }
      )
      // In base64 a stream is at least a third longer.
      for (const { total } of totals) assert.isAtLeast(Number(total), (20 * block * 4) / 3)
      assert.strictEqual(http.openStreams(), 0)
    }).pipe(provided)
  )

  it.live("loses its streams when the client of its request leaves", () =>
    Effect.gen(function* () {
      const { http, relay, scopes } = yield* open(isolation)
      const { connections, url } = yield* startServer((_, response) => {
        response.writeHead(200)
        const timer = setInterval(() => response.write("data: x\n\n"), 2)
        response.on("close", () => clearInterval(timer))
      })
      const leave = Effect.gen(function* () {
        const controller = new AbortController()
        const { close, id } = scopes.open({ plugin: "relay", signal: controller.signal })
        const { stream_id } = yield* relay("host.http.do_stream", { host_callback_id: id, url })
        yield* relay("host.http.stream_read", { stream_id })
        controller.abort()
        close()
      })
      yield* Effect.forEach(Array.from({ length: 100 }), () => leave, { concurrency: 20, discard: true })
      yield* until(() => connections() === 0)
      assert.strictEqual(http.openStreams(), 0)
    }).pipe(provided)
  )

  it.live("lists, reads and writes credentials", () =>
    Effect.gen(function* () {
      const { directory, relay, store } = yield* open(isolation)
      assert.deepStrictEqual(yield* relay("host.auth.list", {}), { files: null })
      const saved = yield* relay("host.auth.save", { name: "a.json", json: { type: "lab", token: "t-1" } })
      assert.deepStrictEqual(saved, { name: "a.json", path: join(directory.dir, "a.json") })
      assert.deepStrictEqual(readdirSync(directory.dir), ["a.json"])
      assert.deepStrictEqual(JSON.parse(readFileSync(join(directory.dir, "a.json"), "utf8")), {
        type: "lab",
        token: "t-1"
      })
      const { index } = store.find("a.json")!
      assert.deepInclude(yield* relay("host.auth.get", { auth_index: index }), {
        auth_index: index,
        json: { type: "lab", token: "t-1" }
      })
      const { auth } = yield* relay("host.auth.get_runtime", { auth_index: index })
      assert.deepInclude(auth, { id: "a.json", provider: "lab", status: "active" })
      const refused = yield* Effect.flip(relay("host.auth.get", { auth_index: "ffff" }))
      assert.include(refused.message, "auth not found for auth_index ffff")
    }).pipe(provided)
  )
})
