import { connect } from "node:net"

import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"

import { answerJson, startEvents } from "./scripted-gateway.ts"
import { arrival, chat, request, textOf, until, withServer } from "./with-server.ts"

describe("draining", () => {
  it.live("an open stream finishes, new connections are refused", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const finish = yield* Deferred.make<void>()
      const server = yield* withServer((_request, sink) =>
        Effect.gen(function* () {
          yield* startEvents(sink, "data: 1\n\n")
          yield* Deferred.succeed(started, undefined)
          yield* Deferred.await(finish)
          sink.write(Buffer.from("data: [DONE]\n\n"))
          sink.end()
        })
      )
      const response = yield* chat(server, {})
      yield* Deferred.await(started)
      const drain = yield* Effect.forkChild(server.drain(600_000))
      yield* arrival
      const refused = yield* Effect.exit(Effect.tryPromise(() => fetch(`${server.url}/healthz`)))
      assert.strictEqual(refused._tag, "Failure")
      yield* Deferred.succeed(finish, undefined)
      assert.strictEqual(yield* textOf(response), "data: 1\n\ndata: [DONE]\n\n")
      assert.deepStrictEqual(yield* Fiber.join(drain), { finished: 1, aborted: 0 })
    })
  )

  it.live("what is still open after the grace period is told why and ended", () =>
    Effect.gen(function* () {
      let interrupted = 0
      const server = yield* withServer((incoming, sink) =>
        (incoming.json["stream"] === true ? startEvents(sink, "data: 1\n\n") : Effect.void).pipe(
          Effect.andThen(Effect.never),
          Effect.onInterrupt(() => Effect.sync(() => (interrupted += 1)))
        )
      )
      const streamed = yield* chat(server, { stream: true })
      const waiting = yield* Effect.forkChild(chat(server, {}))
      let open = 0
      while (open < 2) open = yield* Effect.andThen(Effect.sleep("5 millis"), server.openRequests)
      const report = yield* server.drain(50)
      assert.deepStrictEqual(report, { finished: 0, aborted: 2 })
      assert.strictEqual(interrupted, 2)
      const text = yield* textOf(streamed)
      assert.match(text, /^data: 1\n\ndata: \{"error":\{.*"code":"server_shutting_down"\}\}\n\n$/)
      const response = yield* Fiber.join(waiting)
      assert.deepStrictEqual([response.status, response.headers.get("connection")], [503, "close"])
    })
  )

  it.live("idle connections are closed at once, so that they do not hold the drain up", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      assert.strictEqual((yield* request(`${server.url}/healthz`)).status, 200)
      // Longer than the test may take.
      assert.deepStrictEqual(yield* server.drain(3_600_000), { finished: 0, aborted: 0 })
    })
  )

  it.live("health says draining to those who are still connected, and the connection is closed", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const finish = yield* Deferred.make<void>()
      const server = yield* withServer((_request, sink) =>
        Effect.gen(function* () {
          yield* Deferred.succeed(started, undefined)
          yield* Deferred.await(finish)
          sink.start(200, { "content-type": "application/json", "content-length": "2" })
          sink.write(Buffer.from("{}"))
          sink.end()
        })
      )
      const client = yield* Effect.forkChild(Effect.flatMap(chat(server, {}), textOf))
      yield* Deferred.await(started)
      const socket = connect(server.port, "127.0.0.1")
      let got = ""
      let closed = false
      socket.on("data", (chunk) => (got += chunk.toString()))
      socket.on("close", () => (closed = true))
      // A request that has begun to arrive keeps its connection through the beginning of the drain.
      socket.write(`GET /healthz HTTP/1.1\r\nhost: x\r\n`)
      yield* arrival
      const drain = yield* Effect.forkChild(server.drain(600_000))
      yield* arrival
      socket.write("\r\n")
      yield* until(() => closed)
      assert.match(got, /^HTTP\/1.1 503 /)
      assert.match(got, /\r\nconnection: close\r\n[^]*\{"status":"draining"\}$/)
      yield* Deferred.succeed(finish, undefined)
      assert.strictEqual(yield* Fiber.join(client), "{}")
      yield* Fiber.join(drain)
    })
  )

  it.live("draining twice is draining once", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      const [first, second] = yield* Effect.all([server.drain(), server.drain()], { concurrency: "unbounded" })
      assert.strictEqual(first, second)
    })
  )
})
