import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"

import { MAX_UNUSED } from "../../src/host-http/http-operations.ts"
import { startServer, until } from "./loopback-server.ts"
import { openPluginHttp, text } from "./plugin-http.ts"

/** A server that never answers, or answers a head and never a body, and tells when it was asked and when it was left. */
const startSilent = Effect.gen(function* () {
  const asked = yield* Deferred.make<void>()
  const left = yield* Deferred.make<void>()
  const server = yield* startServer((request, response) => {
    response.on("close", () => Deferred.doneUnsafe(left, Effect.void))
    if (request.url === "/head") response.writeHead(200).flushHeaders()
    Deferred.doneUnsafe(asked, Effect.void)
  })
  return { ...server, asked, left }
})

const CANCELLED = "execute host http request: the request was cancelled"

describe("an HTTP operation", () => {
  for (const method of ["host.http.do", "host.http.do_stream"]) {
    it.live(`lets a plugin give up ${method} while it waits for an answer`, () =>
      Effect.gen(function* () {
        const { call, failure, http, result } = yield* openPluginHttp
        const { asked, left, url } = yield* startSilent
        const { operation_id } = yield* result("host.http.operation_open", {})
        const waiting = yield* Effect.forkChild(failure(method, { operation_id, url }))
        yield* Deferred.await(asked)
        assert.deepStrictEqual(yield* call("host.http.cancel", { operation_id }), { result: {} })
        assert.strictEqual(yield* Fiber.join(waiting), CANCELLED)
        yield* Deferred.await(left)
        assert.strictEqual(http.openOperations(), 0)
      })
    )
  }

  it.live("ends a stream that is being read", () =>
    Effect.gen(function* () {
      const { call, http, result } = yield* openPluginHttp
      const { left, url } = yield* startSilent
      const { operation_id } = yield* result("host.http.operation_open", {})
      const { stream_id } = yield* result("host.http.do_stream", { operation_id, url: `${url}/head` })
      const reading = yield* Effect.forkChild(result("host.http.stream_read", { stream_id }), {
        startImmediately: true
      })
      yield* call("host.http.cancel", { operation_id })
      assert.deepStrictEqual(yield* Fiber.join(reading), { error: "the request was cancelled", done: true })
      yield* Deferred.await(left)
      assert.deepStrictEqual([http.openStreams(), http.openOperations()], [0, 0])
    })
  )

  it.live("is for one exchange, and gone when that is over", () =>
    Effect.gen(function* () {
      const { call, failure, http, result } = yield* openPluginHttp
      const { url } = yield* startServer((_, response) => response.end("hello"))
      const { operation_id } = yield* result("host.http.operation_open", {})
      const answer = yield* result("host.http.do", { operation_id, url })
      assert.strictEqual(text(answer["Body"]), "hello")
      assert.strictEqual(http.openOperations(), 0)
      const notOpen = `http operation ${String(operation_id)} is not open`
      assert.strictEqual(yield* failure("host.http.do", { operation_id, url }), notOpen)
      assert.deepStrictEqual(yield* call("host.http.cancel", { operation_id }), { result: {} })
      assert.deepStrictEqual(yield* call("host.http.cancel", {}), { result: {} })
    })
  )

  it.live("that was cancelled before it was used sends nothing", () =>
    Effect.gen(function* () {
      const { call, failure, result } = yield* openPluginHttp
      const { operation_id } = yield* result("host.http.operation_open", {})
      yield* call("host.http.cancel", { operation_id })
      const refused = yield* failure("host.http.do", { operation_id, url: "http://127.0.0.1:9/" })
      assert.strictEqual(refused, `http operation ${String(operation_id)} is not open`)
    })
  )

  it.live("belongs to the plugin that opened it", () =>
    Effect.gen(function* () {
      const { connect, failure, result } = yield* openPluginHttp
      const { asked, url } = yield* startSilent
      const { operation_id } = yield* result("host.http.operation_open", {})
      const stranger = connect("stranger")
      assert.match(yield* stranger.failure("host.http.do", { operation_id, url }), /is not open$/)
      const waiting = yield* Effect.forkChild(failure("host.http.do", { operation_id, url }))
      yield* Deferred.await(asked)
      yield* stranger.call("host.http.cancel", { operation_id })
      assert.isUndefined(waiting.pollUnsafe(), "a stranger cannot cancel it")
      yield* Fiber.interrupt(waiting)
    })
  )

  it.live("that nobody uses goes with its scope and with its plugin, and there cannot be endless many", () =>
    Effect.gen(function* () {
      const { connect, end, failure, http, result, scopes } = yield* openPluginHttp
      const scope = scopes.open({ plugin: "geo" })
      yield* result("host.http.operation_open", { host_callback_id: scope.id })
      scope.close()
      yield* until(() => http.openOperations() === 0)
      for (let opened = 0; opened < MAX_UNUSED; opened++) yield* result("host.http.operation_open", {})
      assert.strictEqual(yield* failure("host.http.operation_open", {}), "too many http operations are open")
      yield* connect("other").result("host.http.operation_open", {})
      end()
      assert.strictEqual(http.openOperations(), 1)
    })
  )
})
