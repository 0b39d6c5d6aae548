import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib"

import { arrival, asking, type Asked, startServer, until } from "./loopback-server.ts"
import { base64, openPluginHttp, text } from "./plugin-http.ts"

/** A server that answers with what it was asked. */
const startEcho = Effect.gen(function* () {
  const asked: Array<Asked> = []
  const server = yield* startServer(
    asking(asked, ({ body, method, path }, response) => {
      response.writeHead(path === "/teapot" ? 418 : 200, { "content-type": "text/plain", "x-two": ["1", "2"] })
      response.end(`${method} ${path} ${body}`)
    })
  )
  return { ...server, asked }
})

describe("host.http.do", () => {
  it.live("answers in PascalCase with canonical header names and the body in base64", () =>
    Effect.gen(function* () {
      const { result } = yield* openPluginHttp
      const { url } = yield* startEcho
      const answer = yield* result("host.http.do", { method: "POST", url: `${url}/a?b=c`, body: base64("hello") })
      assert.deepStrictEqual(Object.keys(answer), ["StatusCode", "Headers", "Body"])
      assert.strictEqual(answer["StatusCode"], 200)
      assert.deepInclude(answer["Headers"], { "Content-Type": ["text/plain"], "X-Two": ["1", "2"] })
      assert.strictEqual(text(answer["Body"]), "POST /a?b=c hello")
    })
  )

  it.live("takes a blank method for GET, and an error status for an answer", () =>
    Effect.gen(function* () {
      const { result } = yield* openPluginHttp
      const { url } = yield* startEcho
      const answer = yield* result("host.http.do", { method: " ", url: `${url}/teapot` })
      assert.strictEqual(answer["StatusCode"], 418)
      assert.strictEqual(text(answer["Body"]), "GET /teapot ")
    })
  )

  it.live("reads field names in any case, and prefers a nested request as a whole", () =>
    Effect.gen(function* () {
      const { result } = yield* openPluginHttp
      const { url } = yield* startEcho
      const pascal = yield* result("host.http.do", { Method: "PUT", URL: `${url}/p`, Headers: null, Body: base64("x") })
      assert.strictEqual(text(pascal["Body"]), "PUT /p x")
      const nested = yield* result("host.http.do", {
        method: "PUT",
        url: `${url}/outer`,
        body: base64("outer"),
        request: { URL: `${url}/inner` }
      })
      assert.strictEqual(text(nested["Body"]), "GET /inner ")
      const nulled = yield* result("host.http.do", { url: `${url}/outer`, request: null })
      assert.strictEqual(text(nulled["Body"]), "GET /outer ")
    })
  )

  it.live("sends headers as given, but none that belong to the connection, and the URL's host", () =>
    Effect.gen(function* () {
      const { result } = yield* openPluginHttp
      const { asked, url } = yield* startEcho
      yield* result("host.http.do", {
        method: "POST",
        url,
        headers: {
          Authorization: ["Bearer t"],
          "X-List": ["a", "b"],
          Host: ["evil.invalid"],
          "Content-Length": ["999"],
          "Transfer-Encoding": ["chunked"],
          Connection: ["close"],
          "User-Agent": ["lab/1"]
        },
        body: base64("four")
      })
      const { headers } = asked.at(0)!
      assert.strictEqual(headers.authorization, "Bearer t")
      assert.strictEqual(headers["x-list"], "a, b")
      assert.strictEqual(headers.host, new URL(url).host)
      assert.strictEqual(headers["content-length"], "4")
      assert.isUndefined(headers["transfer-encoding"])
      assert.strictEqual(headers["user-agent"], "lab/1")
    })
  )

  it.live("turns a user name in the URL into an authorization that the plugin did not set", () =>
    Effect.gen(function* () {
      const { result } = yield* openPluginHttp
      const { asked, url } = yield* startEcho
      const withUser = url.replace("//", "//jane:s%20x@")
      yield* result("host.http.do", { url: withUser })
      yield* result("host.http.do", { url: withUser, headers: { authorization: ["Bearer t"] } })
      assert.deepStrictEqual(
        asked.map(({ headers }) => headers.authorization),
        [`Basic ${base64("jane:s x")}`, "Bearer t"]
      )
      yield* result("host.http.do", { url: url.replace("//", "//odd:%zz@") })
      assert.strictEqual(asked.at(-1)?.headers.authorization, `Basic ${base64("odd:%zz")}`)
    })
  )

  it.live("says what is wrong with a request that is none", () =>
    Effect.gen(function* () {
      const { failure, raw } = yield* openPluginHttp
      for (const request of [
        { url: "" },
        { url: "/relative" },
        { url: "ftp://127.0.0.1/" },
        { url: "http://127.0.0.1/", method: "GE T" },
        { url: "http://127.0.0.1/", method: "CONNECT" }
      ]) {
        assert.match(yield* failure("host.http.do", request), /^create host http request: ./)
        assert.match(yield* failure("host.http.do_stream", request), /^create host http request: ./)
      }
      const wrongType = yield* raw("host.http.do", '{"url":1}')
      assert.match("error" in wrongType ? wrongType.error : "", /^decode host\.http\.do request: ./)
    })
  )

  it.live("says when the request cannot be sent", () =>
    Effect.gen(function* () {
      const { failure } = yield* openPluginHttp
      assert.match(
        yield* failure("host.http.do", { url: "http://127.0.0.1:1/" }),
        /^execute host http request: .*ECONNREFUSED/
      )
      assert.match(
        yield* failure("host.http.do", { url: "http://127.0.0.1:1/", headers: { "X-A": ["two\nlines"] } }),
        /^execute host http request: .*x-a/
      )
    })
  )

  it.live("says when the response breaks off", () =>
    Effect.gen(function* () {
      const { failure } = yield* openPluginHttp
      const { url } = yield* startServer((_, response) => {
        response.writeHead(200, { "content-length": "100" })
        response.write("half")
        setTimeout(() => response.destroy(), 20)
      })
      assert.match(yield* failure("host.http.do", { url }), /^read host http response: ./)
    })
  )

  it.live("serves 200 calls at once", () =>
    Effect.gen(function* () {
      const { result } = yield* openPluginHttp
      const waiting: Array<() => void> = []
      const { url } = yield* startServer((request, response) => {
        waiting.push(() => response.end(request.url))
        // Nobody is answered before all are there: they really are under way at the same time.
        if (waiting.length === 200) for (const answer of waiting) answer()
      })
      const answers = yield* Effect.forEach(
        Array.from({ length: 200 }, (_, index) => index),
        (index) => result("host.http.do", { url: `${url}/${index}` }),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        answers.map(({ Body }) => text(Body)),
        Array.from({ length: 200 }, (_, index) => `/${index}`)
      )
    })
  )

  it.live("uses connections again", () =>
    Effect.gen(function* () {
      const { result } = yield* openPluginHttp
      const { connections, url } = yield* startEcho
      for (let index = 0; index < 20; index++) yield* result("host.http.do", { url })
      assert.isAtMost(connections(), 2)
    })
  )

  describe("compression", () => {
    for (const [encoding, compress] of [
      ["gzip", gzipSync],
      ["deflate", deflateSync],
      ["br", brotliCompressSync],
      ["zstd", zstdCompressSync]
    ] as const) {
      it.live(`decodes ${encoding} when the plugin asked for no encoding`, () =>
        Effect.gen(function* () {
          const { result } = yield* openPluginHttp
          const body = "all work and no play ".repeat(5000)
          const { url } = yield* startServer((_, response) => {
            const bytes = compress(body)
            response.writeHead(200, { "content-encoding": encoding, "content-length": bytes.length }).end(bytes)
          })
          const answer = yield* result("host.http.do", { url })
          assert.strictEqual(text(answer["Body"]), body)
          assert.notProperty(answer["Headers"], "Content-Encoding")
          assert.notProperty(answer["Headers"], "Content-Length")
        })
      )
    }

    it.live("leaves the bytes alone when the plugin asked for an encoding, or the encoding is unknown", () =>
      Effect.gen(function* () {
        const { result } = yield* openPluginHttp
        const { url } = yield* startServer((request, response) => {
          response.writeHead(200, { "content-encoding": request.url === "/odd" ? "odd" : "gzip" }).end("as it is")
        })
        const asked = yield* result("host.http.do", { url, headers: { "accept-encoding": ["gzip"] } })
        assert.strictEqual(text(asked["Body"]), "as it is")
        assert.deepInclude(asked["Headers"], { "Content-Encoding": ["gzip"] })
        const odd = yield* result("host.http.do", { url: `${url}/odd` })
        assert.strictEqual(text(odd["Body"]), "as it is")
      })
    )

    it.live("says when what is called compressed is not, or is cut", () =>
      Effect.gen(function* () {
        const { failure } = yield* openPluginHttp
        const { url } = yield* startServer((request, response) => {
          response.writeHead(200, { "content-encoding": "gzip" })
          response.end(request.url === "/cut" ? gzipSync("x".repeat(9999)).subarray(0, 30) : "no gzip at all")
        })
        assert.match(yield* failure("host.http.do", { url }), /^read host http response: the body cannot be decoded/)
        assert.match(
          yield* failure("host.http.do", { url: `${url}/cut` }),
          /^read host http response: the body cannot be decoded/
        )
      })
    )

    it.live("finds nothing to decode in a response without a body", () =>
      Effect.gen(function* () {
        const { result } = yield* openPluginHttp
        const { url } = yield* startServer((_, response) => {
          response.writeHead(200, { "content-encoding": "gzip" }).end()
        })
        for (const method of ["GET", "HEAD"]) {
          assert.strictEqual((yield* result("host.http.do", { method, url }))["StatusCode"], 200)
        }
      })
    )
  })

  describe("a request that is cancelled", () => {
    it.live("ends the call and its connection", () =>
      Effect.gen(function* () {
        const { failure, scopes } = yield* openPluginHttp
        let arrived = 0
        const { connections, url } = yield* startServer((request, response) => {
          arrived++
          if (request.url === "/body") response.writeHead(200).write("begun")
        })
        const controller = new AbortController()
        const { id } = scopes.open({ plugin: "geo", signal: controller.signal })
        const head = yield* Effect.forkChild(failure("host.http.do", { host_callback_id: id, url }))
        const body = yield* Effect.forkChild(failure("host.http.do", { host_callback_id: id, url: `${url}/body` }))
        yield* until(() => arrived === 2)
        yield* arrival
        controller.abort()
        assert.strictEqual(yield* Fiber.join(head), "execute host http request: the request was cancelled")
        assert.strictEqual(yield* Fiber.join(body), "read host http response: the request was cancelled")
        yield* until(() => connections() === 0)
        assert.strictEqual(
          yield* failure("host.http.do", { host_callback_id: id, url }),
          "execute host http request: the request was cancelled"
        )
        assert.strictEqual(arrived, 2)
      })
    )

    it.live("is not ended by the closing of its scope, nor by a scope that is closed or unknown", () =>
      Effect.gen(function* () {
        const { result, scopes } = yield* openPluginHttp
        let answer: (() => void) | undefined
        const { url } = yield* startServer((request, response) => {
          if (request.url === "/slow") answer = () => response.end("late")
          else response.end("now")
        })
        const controller = new AbortController()
        const { close, id } = scopes.open({ plugin: "geo", signal: controller.signal })
        const slow = yield* Effect.forkChild(result("host.http.do", { host_callback_id: id, url: `${url}/slow` }))
        yield* until(() => answer !== undefined)
        close()
        answer?.()
        assert.strictEqual(text((yield* Fiber.join(slow))["Body"]), "late")
        controller.abort()
        for (const unknown of [id, "77", "no number"]) {
          assert.strictEqual(text((yield* result("host.http.do", { host_callback_id: unknown, url }))["Body"]), "now")
        }
      })
    )
  })
})
