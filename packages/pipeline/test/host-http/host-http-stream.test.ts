import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { createHash, randomBytes } from "node:crypto"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { gzipSync } from "node:zlib"

import { startServer, until } from "./loopback-server.ts"
import { openPluginHttp, openPluginHttpWith, text } from "./plugin-http.ts"

/** Collects garbage now. */
const collect = (): void => {
  setFlagsFromString("--expose-gc")
  runInNewContext("gc")()
}

const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex")

type Answer = Record<string, unknown>

/** Reads a stream to its end. */
const readAll = Effect.fnUntraced(function* (
  result: (method: string, request: unknown) => Effect.Effect<Answer>,
  id: unknown
) {
  const blocks: Array<Buffer> = []
  for (;;) {
    const { done, error, payload } = yield* result("host.http.stream_read", { stream_id: id })
    if (typeof payload === "string") blocks.push(Buffer.from(payload, "base64"))
    if (done === true) return { blocks, error }
  }
})

describe("host.http.do_stream", () => {
  it.live("answers in snake_case when the head is there, and gives the body by reads", () =>
    Effect.gen(function* () {
      const { http, result } = yield* openPluginHttp
      let send!: (text: string) => void
      let end!: () => void
      const { url } = yield* startServer((_, response) => {
        response.writeHead(201, { "content-type": "text/event-stream" })
        response.flushHeaders()
        send = (chunk) => response.write(chunk)
        end = () => response.end()
      })
      const answer = yield* result("host.http.do_stream", { url })
      assert.deepStrictEqual(Object.keys(answer), ["status_code", "headers", "stream_id"])
      assert.strictEqual(answer["status_code"], 201)
      assert.deepInclude(answer["headers"], { "Content-Type": ["text/event-stream"] })
      assert.match(String(answer["stream_id"]), /^[1-9]\d*$/)
      const read = { stream_id: answer["stream_id"] }
      for (const chunk of ["one", "two"]) {
        const waiting = yield* Effect.forkChild(result("host.http.stream_read", read))
        yield* Effect.sleep(10)
        send(chunk)
        assert.deepStrictEqual(yield* Fiber.join(waiting), { payload: Buffer.from(chunk).toString("base64") })
      }
      end()
      assert.deepStrictEqual(yield* result("host.http.stream_read", read), { done: true })
      assert.strictEqual(http.openStreams(), 0)
    })
  )

  it.live("takes an error status for an answer", () =>
    Effect.gen(function* () {
      const { result } = yield* openPluginHttp
      const { url } = yield* startServer((_, response) => response.writeHead(503).end("busy"))
      const answer = yield* result("host.http.do_stream", { url })
      assert.strictEqual(answer["status_code"], 503)
      const { blocks } = yield* readAll(result, answer["stream_id"])
      assert.strictEqual(Buffer.concat(blocks).toString(), "busy")
    })
  )

  it.live("gives every byte in order in blocks of up to 32 KiB, decoded when it was compressed", () =>
    Effect.gen(function* () {
      const { result } = yield* openPluginHttp
      const body = randomBytes(3_000_000)
      const { url } = yield* startServer((request, response) => {
        if (request.url === "/gzip") response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(body))
        else response.end(body)
      })
      for (const path of ["/", "/gzip"]) {
        const answer = yield* result("host.http.do_stream", { url: `${url}${path}` })
        const { blocks, error } = yield* readAll(result, answer["stream_id"])
        assert.isUndefined(error)
        assert.strictEqual(digest(Buffer.concat(blocks)), digest(body))
        assert.isTrue(blocks.every((block) => block.length > 0 && block.length <= 32 * 1024))
      }
    })
  )

  it.live("holds the sender back while the plugin does not read", () =>
    Effect.gen(function* () {
      const { result } = yield* openPluginHttp
      const total = 64 * 1024 * 1024
      let sent = 0
      const { url } = yield* startServer((_, response) => {
        const chunk = Buffer.alloc(64 * 1024)
        const more = (): void => {
          while (sent < total) {
            sent += chunk.length
            if (!response.write(chunk)) return void response.once("drain", more)
          }
          response.end()
        }
        more()
      })
      const answer = yield* result("host.http.do_stream", { url })
      // What was sent stays what the buffers on the way hold.
      let before = -1
      while (before !== sent) {
        before = sent
        yield* Effect.sleep(200)
      }
      assert.isBelow(before, total / 2)
      const { blocks } = yield* readAll(result, answer["stream_id"])
      assert.strictEqual(
        blocks.reduce((sum, block) => sum + block.length, 0),
        total
      )
    })
  )

  it.live("reports a failure once, with what came before it", () =>
    Effect.gen(function* () {
      const { failure, result } = yield* openPluginHttp
      const { url } = yield* startServer((_, response) => {
        response.writeHead(200, { "content-length": "100" })
        response.write("half")
        setTimeout(() => response.destroy(), 30)
      })
      const { stream_id } = yield* result("host.http.do_stream", { url })
      const { blocks, error } = yield* readAll(result, stream_id)
      assert.strictEqual(Buffer.concat(blocks).toString(), "half")
      assert.match(String(error), /./)
      assert.strictEqual(
        yield* failure("host.http.stream_read", { stream_id }),
        `http stream ${String(stream_id)} is not open`
      )
    })
  )

  it.live("gives concurrent readers different blocks, and the one left over its end", () =>
    Effect.gen(function* () {
      const { call, result } = yield* openPluginHttp
      let response!: { write: (chunk: string) => void; end: () => void }
      const { url } = yield* startServer((_, answer) => {
        answer.flushHeaders()
        response = answer
      })
      const { stream_id } = yield* result("host.http.do_stream", { url })
      const readers = yield* Effect.forEach([1, 2, 3, 4], () =>
        Effect.forkChild(call("host.http.stream_read", { stream_id }))
      )
      for (const [index, chunk] of ["a", "b"].entries()) {
        response.write(chunk)
        // Written at once they could arrive as one.
        yield* Effect.forEach(readers.slice(index, index + 1), Fiber.await)
      }
      response.end()
      const answers = yield* Effect.forEach(readers, Fiber.join)
      assert.deepStrictEqual(
        answers.map((answer) => ("error" in answer ? answer.error : answer.result)),
        [
          { payload: Buffer.from("a").toString("base64") },
          { payload: Buffer.from("b").toString("base64") },
          { done: true },
          `http stream ${String(stream_id)} is not open`
        ]
      )
    })
  )
})

describe("host.http.stream_read", () => {
  it.live("fails for a handle that is missing, unknown, closed or another plugin's", () =>
    Effect.gen(function* () {
      const { connect, failure, result } = yield* openPluginHttp
      const { url } = yield* startServer((_, response) => response.end("x"))
      assert.strictEqual(yield* failure("host.http.stream_read", {}), "http stream id is required")
      assert.strictEqual(yield* failure("host.http.stream_read", { stream_id: "99" }), "http stream 99 is not open")
      const { stream_id } = yield* result("host.http.do_stream", { url })
      const gone = `http stream ${String(stream_id)} is not open`
      assert.strictEqual(yield* connect("other").failure("host.http.stream_read", { stream_id }), gone)
      yield* connect("other").result("host.http.stream_close", { stream_id })
      assert.strictEqual(text((yield* result("host.http.stream_read", { stream_id }))["payload"]), "x")
      yield* result("host.http.stream_close", { stream_id })
      assert.strictEqual(yield* failure("host.http.stream_read", { stream_id }), gone)
    })
  )
})

describe("host.http.stream_close", () => {
  it.live("ends the connection and a read that waits", () =>
    Effect.gen(function* () {
      const { call, http, result } = yield* openPluginHttp
      const { connections, url } = yield* startServer((_, response) => response.flushHeaders())
      const { stream_id } = yield* result("host.http.do_stream", { url })
      const waiting = yield* Effect.forkChild(call("host.http.stream_read", { stream_id }))
      yield* Effect.sleep(20)
      assert.deepStrictEqual(yield* result("host.http.stream_close", { stream_id }), {})
      assert.deepStrictEqual(yield* Fiber.join(waiting), { result: { error: "the stream was closed", done: true } })
      yield* until(() => connections() === 0)
      assert.strictEqual(http.openStreams(), 0)
    })
  )

  it.live("never fails", () =>
    Effect.gen(function* () {
      const { result } = yield* openPluginHttp
      for (const request of [{}, { stream_id: "" }, { stream_id: "99" }, { stream_id: null }]) {
        assert.deepStrictEqual(yield* result("host.http.stream_close", request), {})
      }
    })
  )
})

describe("what ends a stream that the plugin leaves open", () => {
  /** A stream that never ends. */
  const startEndless = startServer((_, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write(Buffer.alloc(1000)), 2)
    response.on("close", () => clearInterval(timer))
  })

  it.live("is the end of the client's request, not of the scope", () =>
    Effect.gen(function* () {
      const { failure, http, result, scopes } = yield* openPluginHttp
      const { connections, url } = yield* startEndless
      const controller = new AbortController()
      const { close, id } = scopes.open({ plugin: "geo", signal: controller.signal })
      const { stream_id } = yield* result("host.http.do_stream", { host_callback_id: id, url })
      close()
      assert.property(yield* result("host.http.stream_read", { stream_id }), "payload")
      controller.abort()
      yield* until(() => connections() === 0)
      assert.strictEqual(http.openStreams(), 0)
      assert.match(yield* failure("host.http.stream_read", { stream_id }), /is not open$/)
    })
  )

  it.live("tells a read that waits when the request ends", () =>
    Effect.gen(function* () {
      const { result, scopes } = yield* openPluginHttp
      const { url } = yield* startServer((_, response) => response.flushHeaders())
      const controller = new AbortController()
      const { id } = scopes.open({ plugin: "geo", signal: controller.signal })
      const { stream_id } = yield* result("host.http.do_stream", { host_callback_id: id, url })
      const waiting = yield* Effect.forkChild(result("host.http.stream_read", { stream_id }))
      yield* Effect.sleep(20)
      controller.abort()
      assert.deepStrictEqual(yield* Fiber.join(waiting), { error: "the request was cancelled", done: true })
    })
  )

  it.live("is the end of the plugin, and of no other plugin", () =>
    Effect.gen(function* () {
      const { connect, http, result } = yield* openPluginHttp
      const { connections, url } = yield* startEndless
      const other = connect("other")
      for (let index = 0; index < 5; index++) yield* other.result("host.http.do_stream", { url })
      const { stream_id } = yield* result("host.http.do_stream", { url })
      other.end()
      yield* until(() => connections() === 1)
      assert.strictEqual(http.openStreams(), 1)
      assert.property(yield* result("host.http.stream_read", { stream_id }), "payload")
    })
  )

  it.live("is the end of the gateway", () =>
    Effect.gen(function* () {
      const { connections, url } = yield* startEndless
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { result } = yield* openPluginHttp
          yield* result("host.http.do_stream", { url })
        })
      )
      yield* until(() => connections() === 0)
    })
  )

  it.live("is the plugin's silence while there is something to read, not the sender's", () =>
    Effect.gen(function* () {
      const { failure, http, result } = yield* openPluginHttpWith(100)
      let send!: (text: string) => void
      const { connections, url } = yield* startServer((_, response) => {
        response.flushHeaders()
        send = (chunk) => response.write(chunk)
      })
      const { stream_id } = yield* result("host.http.do_stream", { url })
      yield* Effect.sleep(300)
      assert.strictEqual(http.openStreams(), 1)
      const reading = yield* Effect.forkChild(result("host.http.stream_read", { stream_id }))
      send("a")
      assert.strictEqual(text((yield* Fiber.join(reading))["payload"]), "a")
      yield* Effect.sleep(300)
      assert.strictEqual(http.openStreams(), 1)
      send("b")
      yield* until(() => connections() === 0)
      assert.strictEqual(http.openStreams(), 0)
      assert.match(yield* failure("host.http.stream_read", { stream_id }), /is not open$/)
    })
  )

  it.live("leaves nothing behind, a thousand times", () =>
    Effect.gen(function* () {
      const { http, result, scopes } = yield* openPluginHttp
      const { connections, url } = yield* startEndless
      /** Opens a stream, reads a little or not at all, and lets the client go. */
      const abandon = Effect.fnUntraced(function* (index: number) {
        const controller = new AbortController()
        const { close, id } = scopes.open({ plugin: "geo", signal: controller.signal })
        const { stream_id } = yield* result("host.http.do_stream", { host_callback_id: id, url })
        if (index % 2 === 0) yield* result("host.http.stream_read", { stream_id })
        controller.abort()
        close()
      })
      const round = Effect.forEach(
        Array.from({ length: 500 }, (_, index) => index),
        abandon,
        {
          concurrency: 50,
          discard: true
        }
      )
      const settled = Effect.gen(function* () {
        yield* until(() => connections() === 0)
        collect()
        const { arrayBuffers, heapUsed } = process.memoryUsage()
        return heapUsed + arrayBuffers
      })
      yield* round
      const before = yield* settled
      yield* round
      const after = yield* settled
      assert.strictEqual(http.openStreams(), 0)
      assert.strictEqual(scopes.size(), 0)
      // 500 more streams that each held a chunk would be far more.
      assert.isBelow(after - before, 4 * 1024 * 1024)
    })
  )
})
