import { connect } from "node:net"

import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"

import { layerServer, serve, Server } from "../src/index.ts"
import { answerJson, scriptedGateway } from "./scripted-gateway.ts"
import { request, textOf, until, withServer } from "./with-server.ts"

const gateway = scriptedGateway(answerJson({}))

/** Everything that a bare connection gives until the server closes it. */
const talk = (port: number, text: string) =>
  Effect.callback<string>((resume) => {
    let got = ""
    const socket = connect(port, "127.0.0.1", () => socket.write(text))
    socket.on("data", (chunk) => {
      got += chunk.toString()
    })
    socket.on("error", () => {})
    socket.on("close", () => resume(Effect.succeed(got)))
    return Effect.sync(() => socket.destroy())
  })

describe("listening", () => {
  it.live("port 0 takes a free port and says which", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      assert.isAbove(server.port, 0)
      assert.strictEqual(server.url, `http://127.0.0.1:${server.port}`)
    })
  )

  it.live("a port in use is an error that names it", () =>
    Effect.gen(function* () {
      const first = yield* withServer(answerJson({}))
      const error = yield* Effect.flip(serve({ host: "127.0.0.1", port: first.port, apiKeys: () => [] }))
      assert.strictEqual(error._tag, "PortInUse")
      assert.include(error.message, `port ${first.port} on 127.0.0.1 is in use`)
    }).pipe(Effect.provide(gateway))
  )

  it.live("an address of another machine and a name without an address are told apart from a port in use", () =>
    Effect.gen(function* () {
      for (const host of ["192.0.2.1", "no-such-host.invalid"]) {
        const error = yield* Effect.flip(serve({ host, port: 0, apiKeys: () => [] }))
        assert.strictEqual(error._tag, "AddressNotAvailable")
        assert.include(error.message, `cannot listen on ${host}`)
      }
    }).pipe(Effect.provide(gateway))
  )

  it.live("as a layer it listens while the layer lives", () =>
    Effect.gen(function* () {
      const layer = layerServer({ host: "127.0.0.1", port: 0, apiKeys: () => [] }).pipe(
        Layer.provide(Layer.merge(gateway, Logger.layer([])))
      )
      const url = yield* Effect.provide(
        Effect.gen(function* () {
          const server = yield* Server
          assert.strictEqual((yield* request(`${server.url}/healthz`)).status, 200)
          return server.url
        }),
        layer
      )
      assert.strictEqual((yield* Effect.exit(Effect.tryPromise(() => fetch(url))))._tag, "Failure")
    })
  )

  it.live("a client that never finishes its headers is answered 408 and cut off", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}), { limits: { headersTimeoutMs: 200 } })
      const got = yield* talk(server.port, "GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ")
      assert.match(got, /^HTTP\/1.1 408 /)
    })
  )

  it.live("a client that never finishes its body is cut off", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}), { limits: { headersTimeoutMs: 200, requestTimeoutMs: 300 } })
      const got = yield* talk(
        server.port,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{"
      )
      assert.match(got, /^(HTTP\/1.1 408 |$)/)
      let open = 1
      while (open > 0) open = yield* Effect.andThen(Effect.sleep("5 millis"), server.openRequests)
    })
  )

  it.live("what is not HTTP is answered 400 in the OpenAI shape", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      const got = yield* talk(server.port, "hello\r\n\r\n")
      assert.match(got, /^HTTP\/1.1 400 [^]*"message":"The request is not valid HTTP\."/)
    })
  )

  it.live("each request is one line in the log, without query and headers", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const server = yield* withServer(answerJson({}), { log, apiKeys: () => ["secret-1"] })
      const response = yield* request(`${server.url}/v1/models?key=secret-1`, { headers: { "x-api-key": "secret-2" } })
      yield* textOf(response)
      yield* until(() => log.length > 0)
      assert.lengthOf(log, 1)
      const line = log[0] ?? ""
      assert.include(line, "level=INFO")
      for (const part of [
        "method=GET",
        "path=/v1/models",
        "status=200",
        `requestId=${response.headers.get("x-request-id")}`
      ]) {
        assert.include(line, part)
      }
      assert.match(line, /\bms=\d+/)
      assert.notInclude(line, "secret")
    })
  )
})
