import { connect, type Socket } from "node:net"

import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import * as fc from "fast-check"

import { makeEventBoundary } from "../src/event-boundary.ts"
import type { RunningServer } from "../src/index.ts"
import { answerJson, startEvents } from "./scripted-gateway.ts"
import { arrival, chat, request, textOf, until, withServer } from "./with-server.ts"

/** A client that sends a chat request and reads only when told to. */
const slowClient = (server: RunningServer) =>
  Effect.acquireRelease(
    Effect.callback<Socket>((resume) => {
      const socket = connect(server.port, "127.0.0.1", () => {
        socket.pause()
        socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}`)
        resume(Effect.succeed(socket))
      })
      socket.on("error", () => {})
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

describe("streaming", () => {
  it.live("an event stream has the headers that keep proxies from buffering, and its head is sent at once", () =>
    Effect.gen(function* () {
      const more = yield* Deferred.make<void>()
      const server = yield* withServer((_request, sink) =>
        Effect.gen(function* () {
          sink.start(200, { "content-type": "text/event-stream" })
          yield* Deferred.await(more)
          sink.write(Buffer.from("data: [DONE]\n\n"))
          sink.end()
        })
      )
      // The head arrives although not one byte of the body was written.
      const response = yield* chat(server, {})
      assert.strictEqual(response.headers.get("content-type"), "text/event-stream")
      assert.strictEqual(response.headers.get("cache-control"), "no-cache")
      assert.strictEqual(response.headers.get("x-accel-buffering"), "no")
      yield* Deferred.succeed(more, undefined)
      assert.strictEqual(yield* textOf(response), "data: [DONE]\n\n")
    })
  )

  it.live("each event reaches the client when it is written", () =>
    Effect.gen(function* () {
      const step = [yield* Deferred.make<void>(), yield* Deferred.make<void>()] as const
      const server = yield* withServer((_request, sink) =>
        Effect.gen(function* () {
          yield* startEvents(sink, "data: 1\n\n")
          yield* Deferred.await(step[0])
          sink.write(Buffer.from("data: 2\n\n"))
          yield* Deferred.await(step[1])
          sink.end()
        })
      )
      const response = yield* chat(server, {})
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
      const next = Effect.map(
        Effect.promise(() => reader.read()),
        ({ value }) => value
      )
      assert.strictEqual(yield* next, "data: 1\n\n")
      yield* Deferred.succeed(step[0], undefined)
      assert.strictEqual(yield* next, "data: 2\n\n")
      yield* Deferred.succeed(step[1], undefined)
      assert.strictEqual(yield* next, undefined)
    })
  )

  it.live("a provider's connection headers are not handed on", () =>
    Effect.gen(function* () {
      const server = yield* withServer((_request, sink) =>
        Effect.sync(() => {
          sink.start(200, {
            "content-type": "application/json",
            "X-Request-Id": "theirs",
            Connection: "close",
            "x-own": "1"
          })
          sink.write(Buffer.from("{}"))
          sink.end()
        })
      )
      const response = yield* chat(server, {})
      assert.notStrictEqual(response.headers.get("x-request-id"), "theirs")
      assert.strictEqual(response.headers.get("connection"), "keep-alive")
      assert.strictEqual(response.headers.get("x-own"), "1")
    })
  )

  it.live("a client that hangs up in mid-stream interrupts the request", () =>
    Effect.gen(function* () {
      let interrupted = false
      const log: Array<string> = []
      const server = yield* withServer(
        (_request, sink) =>
          startEvents(sink, "data: 1\n\n").pipe(
            Effect.andThen(Effect.never),
            Effect.onInterrupt(() => Effect.sync(() => (interrupted = true)))
          ),
        { log }
      )
      const response = yield* chat(server, {})
      const reader = response.body!.getReader()
      yield* Effect.promise(() => reader.read())
      yield* Effect.promise(() => reader.cancel())
      yield* until(() => interrupted)
      yield* until(() => log.length > 0)
      assert.include(log[0], "status=499")
      assert.isFalse(log.some((line) => line.includes("level=ERROR")))
      while ((yield* server.openRequests) > 0) yield* arrival
    })
  )

  it.live("a client that hangs up before the first byte interrupts the request as well", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      let interrupted = false
      const server = yield* withServer(() =>
        Deferred.succeed(started, undefined).pipe(
          Effect.andThen(Effect.never),
          Effect.onInterrupt(() => Effect.sync(() => (interrupted = true)))
        )
      )
      const client = yield* Effect.forkChild(chat(server, {}))
      yield* Deferred.await(started)
      yield* Fiber.interrupt(client)
      yield* until(() => interrupted)
      assert.strictEqual((yield* request(`${server.url}/healthz`)).status, 200)
    })
  )

  it.live("a client that hangs up while it sends its body never reaches the gateway", () =>
    Effect.gen(function* () {
      let called = false
      const server = yield* withServer(() => Effect.sync(() => void (called = true)))
      const socket = connect(server.port, "127.0.0.1")
      socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{`)
      let open = 0
      while (open === 0) open = yield* Effect.andThen(Effect.sleep("5 millis"), server.openRequests)
      socket.destroy()
      while (open > 0) open = yield* Effect.andThen(Effect.sleep("5 millis"), server.openRequests)
      assert.isFalse(called)
    })
  )

  it.live("a slow reader stops the writer, and gets every byte in the end", () =>
    Effect.gen(function* () {
      const chunk = Buffer.alloc(64 * 1024, "x")
      const total = 512
      let written = 0
      let stalls = 0
      const server = yield* withServer((_request, sink) =>
        Effect.callback<void>((resume) => {
          sink.start(200, { "content-type": "application/octet-stream" })
          const pump = () => {
            let wanted = true
            while (wanted && written < total) {
              written += 1
              wanted = sink.write(chunk)
            }
            if (written < total) {
              stalls += 1
              sink.onWritable(pump)
            } else {
              sink.end()
              resume(Effect.void)
            }
          }
          pump()
        })
      )
      const socket = yield* slowClient(server)
      yield* until(() => stalls > 0)
      // Nobody reads: what was written stays what the buffers of the two sockets hold, far from everything.
      let before = -1
      while (before !== written) {
        before = written
        yield* Effect.sleep("100 millis")
      }
      assert.isBelow(written, total / 2)
      let received = 0
      socket.on("data", (data) => {
        received += data.length
      })
      socket.resume()
      yield* until(() => received > total * chunk.length)
      assert.strictEqual(written, total)
    })
  )

  it.live("a client that takes nothing is cut off, and what it asked for ends", () =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<string>()
      let answering = 0
      const server = yield* withServer(
        (_request, sink) => {
          if (++answering > 1) return answerJson({})(_request, sink)
          return Effect.callback<void>(() => {
            sink.start(200, { "content-type": "text/event-stream" })
            const pump = () => {
              while (sink.write(Buffer.alloc(64 * 1024, "x")));
              sink.onWritable(pump)
            }
            pump()
          }).pipe(Effect.onInterrupt(() => Deferred.succeed(ended, "interrupted")))
        },
        { limits: { writeTimeoutMs: 100 } }
      )
      yield* slowClient(server)
      assert.strictEqual(yield* Deferred.await(ended), "interrupted")
      assert.strictEqual((yield* chat(server, {})).status, 200)
    })
  )

  it.live("a client that only waits long for the next piece is not", () =>
    Effect.gen(function* () {
      const more = yield* Deferred.make<void>()
      const piece = Buffer.alloc(1024 * 1024, "x")
      let drained = false
      const server = yield* withServer(
        (_request, sink) =>
          Effect.gen(function* () {
            sink.start(200, { "content-type": "text/event-stream" })
            // More than is taken at once: from here on the reader is watched.
            assert.isFalse(sink.write(piece))
            sink.onWritable(() => (drained = true))
            yield* Deferred.await(more)
            sink.write(Buffer.from("end"))
            sink.end()
          }),
        { limits: { writeTimeoutMs: 1000 } }
      )
      const response = yield* chat(server, {})
      const text = yield* Effect.forkChild(textOf(response))
      yield* until(() => drained)
      yield* Effect.sleep("2200 millis")
      yield* Deferred.succeed(more, undefined)
      assert.strictEqual((yield* Fiber.join(text)).length, piece.length + 3)
    })
  )

  it.live("asking for a call when bytes are wanted already is answered at once", () =>
    Effect.gen(function* () {
      const server = yield* withServer((_request, sink) =>
        Effect.callback<void>((resume) => {
          sink.start(200, { "content-type": "text/plain" })
          sink.onWritable(() => {
            sink.write(Buffer.from("called"))
            sink.end()
            resume(Effect.void)
          })
        })
      )
      assert.strictEqual(yield* textOf(yield* chat(server, {})), "called")
    })
  )

  it("the end of an event is seen wherever the bytes were cut", () => {
    const line = fc.constantFrom("data: x", ": comment", "event: y", "")
    const lineEnd = fc.constantFrom("\n", "\r\n", "\r")
    const stream = fc
      .tuple(fc.array(fc.tuple(line, lineEnd)), fc.constantFrom("", "data: cut"))
      .map(([lines, last]) => lines.map(([text, end]) => text + end).join("") + last)
    let compared = 0
    fc.assert(
      fc.property(stream, fc.array(fc.nat({ max: 40 })), (text, cuts) => {
        const bytes = Buffer.from(text)
        const boundary = makeEventBoundary()
        let from = 0
        for (const size of cuts) {
          boundary.push(bytes.subarray(from, from + size))
          from += size
        }
        boundary.push(bytes.subarray(from))
        const normal = text.replace(/\r\n|\r/g, "\n")
        const expected = text === "" || normal.endsWith("\n\n") ? "" : normal.endsWith("\n") ? "\n" : "\n\n"
        // A stream that begins with a blank line has no event before it; both answers are right there.
        if (normal === "\n") return
        compared += 1
        assert.strictEqual(boundary.missing(), expected)
      })
    )
    assert.isAbove(compared, 0)
  })
})
