import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { asking, type Asked, startServer } from "./loopback-server.ts"
import { base64, openPluginHttp, text } from "./plugin-http.ts"

/** `/<status>/<path>` redirects to `/<path>`; `/loop` to itself; `/hops/<n>` n times; the rest is answered. */
const startRedirects = Effect.gen(function* () {
  const asked: Array<Asked> = []
  const server = yield* startServer(
    asking(asked, ({ method, path, body }, response) => {
      const [, first = "", second = ""] = path.split("/")
      if (first === "loop") response.writeHead(302, { location: "/loop" }).end()
      else if (first === "hops" && second !== "0")
        response.writeHead(302, { location: `/hops/${Number(second) - 1}` }).end("here")
      else if (first === "nowhere") response.writeHead(302).end("no location")
      else if (first === "long") response.writeHead(302, { location: "/end" }).end(Buffer.alloc(1_000_000))
      else if (first === "mail") response.writeHead(302, { location: "mailto:a@example.invalid" }).end()
      else if (/^3\d\d$/.test(first))
        response.writeHead(Number(first), { location: path.slice(4).replace(/^\/http/, "http") }).end()
      else response.end(`${method} ${path} ${body}`)
    })
  )
  return { ...server, asked }
})

describe("a redirect", () => {
  for (const [status, method, expected] of [
    [301, "POST", "GET /end "],
    [302, "PUT", "GET /end "],
    [303, "DELETE", "GET /end "],
    [307, "POST", "POST /end body"],
    [308, "PATCH", "PATCH /end body"],
    [302, "HEAD", ""]
  ] as const) {
    it.live(`of ${status} turns ${method} into ${expected === "" ? "HEAD" : expected}`, () =>
      Effect.gen(function* () {
        const { result } = yield* openPluginHttp
        const { asked, url } = yield* startRedirects
        const headers = { "Content-Type": ["text/plain"], Authorization: ["Bearer t"] }
        const answer = yield* result("host.http.do", {
          method,
          url: `${url}/${status}/end`,
          headers,
          body: base64("body")
        })
        assert.strictEqual(answer["StatusCode"], 200)
        assert.strictEqual(text(answer["Body"]), expected)
        assert.strictEqual(asked.at(1)!.headers.authorization, "Bearer t")
        assert.strictEqual(asked.at(1)!.headers["content-type"], status > 303 ? "text/plain" : undefined)
      })
    )
  }

  it.live("is followed ten times and no more", () =>
    Effect.gen(function* () {
      const { failure, result } = yield* openPluginHttp
      const { url } = yield* startRedirects
      assert.strictEqual(text((yield* result("host.http.do", { url: `${url}/hops/10` }))["Body"]), "GET /hops/0 ")
      for (const path of ["/hops/11", "/loop"]) {
        for (const method of ["host.http.do", "host.http.do_stream"]) {
          assert.strictEqual(
            yield* failure(method, { url: `${url}${path}` }),
            "execute host http request: stopped after 10 redirects"
          )
        }
      }
    })
  )

  it.live("without a location, and of another status, is the answer", () =>
    Effect.gen(function* () {
      const { result } = yield* openPluginHttp
      const { url } = yield* startRedirects
      const nowhere = yield* result("host.http.do", { url: `${url}/nowhere` })
      assert.deepStrictEqual([nowhere["StatusCode"], text(nowhere["Body"])], [302, "no location"])
      for (const status of [300, 304, 305]) {
        assert.strictEqual((yield* result("host.http.do", { url: `${url}/${status}/end` }))["StatusCode"], status)
      }
    })
  )

  it.live("is followed past a long body, and not out of HTTP", () =>
    Effect.gen(function* () {
      const { failure, result } = yield* openPluginHttp
      const { url } = yield* startRedirects
      assert.strictEqual(text((yield* result("host.http.do", { url: `${url}/long` }))["Body"]), "GET /end ")
      assert.match(
        yield* failure("host.http.do", { url: `${url}/mail` }),
        /^execute host http request: .*unsupported protocol scheme "mailto"/
      )
    })
  )

  it.live("to another host leaves credentials behind, also on the way back", () =>
    Effect.gen(function* () {
      const { result } = yield* openPluginHttp
      const { asked, url } = yield* startRedirects
      const other = url.replace("127.0.0.1", "localhost")
      const headers = { Authorization: ["Bearer t"], Cookie: ["c=1"], "X-Mine": ["kept"] }
      yield* result("host.http.do", { url: `${url}/307/${other}/307/${url}/end`, headers })
      assert.deepStrictEqual(
        asked.map((one) => [
          one.headers.host?.split(":")[0],
          one.headers.authorization,
          one.headers.cookie,
          one.headers["x-mine"]
        ]),
        [
          ["127.0.0.1", "Bearer t", "c=1", "kept"],
          ["localhost", undefined, undefined, "kept"],
          ["127.0.0.1", undefined, undefined, "kept"]
        ]
      )
    })
  )
})
