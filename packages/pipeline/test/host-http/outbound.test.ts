import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { startServer } from "./loopback-server.ts"
import { openPluginHttp, text } from "./plugin-http.ts"
import { startProxy, startSocks } from "./proxy-servers.ts"

describe("the way out", () => {
  it.live("is the proxy for everything first, then the credential's, then none", () =>
    Effect.gen(function* () {
      const { outbound, result, scopes } = yield* openPluginHttp
      const target = yield* startServer((_, response) => response.end("direct"))
      const everything = yield* startProxy("everything")
      const own = yield* startProxy("own")
      const { id } = scopes.open({ plugin: "geo", proxyUrl: own.url.replace("//", "//jane:secret@") })
      const get = (scope: string) =>
        Effect.map(result("host.http.do", { host_callback_id: scope, url: `${target.url}/x` }), ({ Body }) =>
          text(Body)
        )

      assert.strictEqual(yield* get(""), "direct")
      const basic = `Basic ${Buffer.from("jane:secret").toString("base64")}`
      assert.strictEqual(yield* get(id), `own ${target.url}/x ${basic}`)
      outbound.setProxyUrl(everything.url)
      assert.strictEqual(yield* get(""), `everything ${target.url}/x `)
      assert.strictEqual(yield* get(id), `everything ${target.url}/x `)
      outbound.setProxyUrl("direct")
      assert.strictEqual(yield* get(id), "direct")
      outbound.setProxyUrl(" ")
      assert.strictEqual(yield* get(id), `own ${target.url}/x ${basic}`)
    })
  )

  it.live("may be a SOCKS5 proxy", () =>
    Effect.gen(function* () {
      const { outbound, result } = yield* openPluginHttp
      const target = yield* startServer((_, response) => response.end("reached"))
      const socks = yield* startSocks
      for (const scheme of ["socks5", "socks5h"]) {
        outbound.setProxyUrl(`${scheme}://127.0.0.1:${socks.port}`)
        assert.strictEqual(text((yield* result("host.http.do", { url: target.url }))["Body"]), "reached")
      }
      assert.include(target.url, socks.asked[0] ?? "nothing was asked")
    })
  )

  it.live("goes through the proxy of the environment, except to this machine", () =>
    Effect.gen(function* () {
      const proxy = yield* startProxy("environment")
      const target = yield* startServer((_, response) => response.end("direct"))
      const before = process.env["HTTP_PROXY"]
      process.env["HTTP_PROXY"] = proxy.url
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          if (before === undefined) delete process.env["HTTP_PROXY"]
          else process.env["HTTP_PROXY"] = before
        })
      )
      const { result } = yield* openPluginHttp
      const far = yield* result("host.http.do", { url: "http://far.invalid/x" })
      assert.strictEqual(text(far["Body"]), "environment http://far.invalid/x ")
      assert.strictEqual(text((yield* result("host.http.do", { url: target.url }))["Body"]), "direct")
    })
  )

  it.live("does not let a plugin speak to the proxy itself", () =>
    Effect.gen(function* () {
      const { failure, outbound } = yield* openPluginHttp
      const proxy = yield* startProxy("proxy")
      outbound.setProxyUrl(proxy.url)
      const message = yield* failure("host.http.do", {
        url: "http://far.invalid/",
        headers: { "Proxy-Authorization": ["Basic x"] }
      })
      assert.match(message, /^execute host http request: .*Proxy-Authorization/)
    })
  )

  it.live("is refused without showing the setting when that is no proxy", () =>
    Effect.gen(function* () {
      const { failure, outbound } = yield* openPluginHttp
      for (const setting of ["ftp://jane:secret@proxy.invalid", "secret without a scheme"]) {
        outbound.setProxyUrl(setting)
        const message = yield* failure("host.http.do", { url: "http://far.invalid/" })
        assert.match(message, /^execute host http request: the proxy URL /)
        assert.notInclude(message, "secret")
      }
    })
  )
})
