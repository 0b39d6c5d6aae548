import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { once } from "node:events"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import type { Dispatcher } from "undici"

import { openUpstreamConnections } from "../../src/provider/upstream-connections.ts"
import { startServer } from "../host-http/loopback-server.ts"
import { startProxy, startSocks, startTunnel } from "../host-http/proxy-servers.ts"

const own = (url: string) => Redacted.make(url)

/** What a GET through a dispatcher answers. */
const get = (dispatcher: Dispatcher, url: string): Effect.Effect<string, unknown> =>
  Effect.tryPromise(async () => {
    const { origin, pathname } = new URL(url)
    return (await dispatcher.request({ origin, path: pathname, method: "GET" })).body.text()
  })

/** The environment with an HTTP proxy, until the scope closes. */
const inEnvironment = (url: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = process.env["HTTP_PROXY"]
      process.env["HTTP_PROXY"] = url
      return before
    }),
    (before) =>
      Effect.sync(() => {
        if (before === undefined) delete process.env["HTTP_PROXY"]
        else process.env["HTTP_PROXY"] = before
      })
  )

describe("the way to a provider", () => {
  it.live("is the key's proxy first, then the one for everything, then none", () =>
    Effect.gen(function* () {
      const connections = yield* openUpstreamConnections()
      const { url } = yield* startServer((_, response) => response.end("direct"))
      const everything = yield* startProxy("everything")
      const key = yield* startProxy("key")
      const asked = (proxyUrl?: Redacted.Redacted) => get(connections.dispatcherFor(proxyUrl), `${url}/x`)

      assert.strictEqual(yield* asked(), "direct")
      assert.strictEqual(yield* asked(own(key.url)), `key ${url}/x `)
      connections.setProxyUrl(everything.url)
      assert.strictEqual(yield* asked(), `everything ${url}/x `)
      assert.strictEqual(yield* asked(own(key.url)), `key ${url}/x `)
      for (const word of ["direct", "none"]) assert.strictEqual(yield* asked(own(word)), "direct")
      connections.setProxyUrl(undefined)
      assert.strictEqual(yield* asked(), "direct")
    })
  )

  it.live("to an HTTPS provider is a tunnel, with the proxy's password told to the proxy only", () =>
    Effect.gen(function* () {
      const connections = yield* openUpstreamConnections()
      const tunnel = yield* startTunnel
      const first = yield* Effect.acquireRelease(
        Effect.promise(async () => {
          const bytes: Array<number> = []
          const server = createServer((socket) => {
            socket.on("error", () => {})
            socket.once("data", (chunk) => {
              bytes.push(chunk[0] ?? -1)
              socket.destroy()
            })
          }).listen(0, "127.0.0.1")
          await once(server, "listening")
          return { server, bytes, port: (server.address() as AddressInfo).port }
        }),
        ({ server }) => Effect.sync(() => server.close())
      )
      const proxy = own(`http://jane:secret@127.0.0.1:${tunnel.port}`)
      const exit = yield* Effect.exit(get(connections.dispatcherFor(proxy), `https://127.0.0.1:${first.port}/x`))
      assert.strictEqual(exit._tag, "Failure", "the target speaks no TLS")
      assert.notInclude(String(exit), "secret")
      assert.deepStrictEqual(tunnel.asked[0], {
        target: `127.0.0.1:${first.port}`,
        authorization: `Basic ${Buffer.from("jane:secret").toString("base64")}`
      })
      assert.strictEqual(first.bytes[0], 0x16, "a TLS handshake record (RFC 8446, section 5.1)")
    })
  )

  it.live("may be a SOCKS5 proxy", () =>
    Effect.gen(function* () {
      const connections = yield* openUpstreamConnections()
      const { url } = yield* startServer((_, response) => response.end("reached"))
      const socks = yield* startSocks
      const proxy = own(`socks5h://127.0.0.1:${socks.port}`)
      assert.strictEqual(yield* get(connections.dispatcherFor(proxy), url), "reached")
      assert.deepStrictEqual(socks.asked, [url.slice("http://".length)])
    })
  )

  it.live("is the environment's proxy when nothing else is said, except to this machine", () =>
    Effect.gen(function* () {
      const proxy = yield* startProxy("environment")
      yield* inEnvironment(proxy.url)
      const connections = yield* openUpstreamConnections()
      const { url } = yield* startServer((_, response) => response.end("direct"))
      const dispatcher = connections.dispatcherFor()
      assert.strictEqual(yield* get(dispatcher, "http://far.invalid/x"), "environment http://far.invalid/x ")
      assert.strictEqual(yield* get(dispatcher, url), "direct")
      const direct = yield* Effect.exit(get(connections.dispatcherFor(own("direct")), "http://far.invalid/x"))
      assert.strictEqual(direct._tag, "Failure")
    })
  )

  it.live("is none at all for a setting that is no proxy, rather than another way, and the setting is not shown", () =>
    Effect.gen(function* () {
      const connections = yield* openUpstreamConnections()
      for (const setting of ["ftp://jane:secret@proxy.invalid", "secret without a scheme"]) {
        assert.throws(() => connections.dispatcherFor(own(setting)), /^the proxy URL (?!.*secret)/)
      }
    })
  )
})
