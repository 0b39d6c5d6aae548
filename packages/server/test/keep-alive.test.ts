import { NoCredential } from "@cliproxy/pipeline"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"

import type { RunningServer } from "../src/index.ts"
import { startEvents } from "./scripted-gateway.ts"
import { request, textOf, until, withServer } from "./with-server.ts"

const post = (server: RunningServer, path: string, body: unknown) =>
  request(`${server.url}${path}`, { method: "POST", body: JSON.stringify(body) })

const keepAliveMs = () => 20

/** Reads an answer's text as it comes. */
const reading = (response: Response) =>
  Effect.gen(function* () {
    const seen = { text: "" }
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    const fiber = yield* Effect.forkScoped(
      Effect.gen(function* () {
        for (;;) {
          const { done, value } = yield* Effect.promise(() => reader.read())
          if (done) return
          seen.text += value
        }
      })
    )
    return { seen, end: Fiber.join(fiber) }
  })

const streams = [
  ["/v1/chat/completions", { stream: true }, ": keep-alive\n\n"],
  ["/v1/completions", { stream: true }, ": keep-alive\n\n"],
  ["/v1/responses", { stream: true }, ": keep-alive\n\n"],
  ["/v1/messages", { stream: true }, `event: ping\ndata: {"type": "ping"}\n\n`],
  ["/v1beta/models/m:streamGenerateContent?alt=sse", {}, ": keep-alive\n\n"]
] as const

describe("a stream that is kept alive", () => {
  for (const [path, body, sign] of streams) {
    it.live(`at ${path} has signs of life before the answer, and between its events`, () =>
      Effect.gen(function* () {
        const begin = yield* Deferred.make<void>()
        const finish = yield* Deferred.make<void>()
        const started: Array<boolean> = []
        const server = yield* withServer(
          (_request, sink) =>
            Effect.gen(function* () {
              yield* Deferred.await(begin)
              started.push(sink.started())
              yield* startEvents(sink, "data: 1\n\n")
              started.push(sink.started())
              yield* Deferred.await(finish)
              sink.write(Buffer.from("data: 2\n\n"))
              sink.end()
            }),
          { keepAliveMs }
        )
        const response = yield* post(server, path, body)
        assert.strictEqual(response.status, 200)
        assert.strictEqual(response.headers.get("content-type"), "text/event-stream")
        const { end, seen } = yield* reading(response)
        yield* until(() => seen.text.includes(sign))
        yield* Deferred.succeed(begin, undefined)
        yield* until(() => seen.text.includes(`data: 1\n\n${sign}`))
        yield* Deferred.succeed(finish, undefined)
        yield* end
        assert.deepStrictEqual(started, [false, true], "until the answer begins another credential can be tried")
        assert.strictEqual(seen.text.replaceAll(sign, ""), "data: 1\n\ndata: 2\n\n")
      })
    )
  }

  it.live("never gets one in the middle of an event", () =>
    Effect.gen(function* () {
      const server = yield* withServer(
        (_request, sink) =>
          Effect.gen(function* () {
            yield* startEvents(sink, `data: {"half":`)
            // Several times as long as it may be silent.
            yield* Effect.sleep("100 millis")
            sink.write(Buffer.from("1}\n\n"))
            sink.end()
          }),
        { keepAliveMs }
      )
      const text = yield* textOf(yield* post(server, "/v1/chat/completions", { stream: true }))
      assert.strictEqual(text, `data: {"half":1}\n\n`)
    })
  )

  it.live("tells an error as its protocol does in a stream, since its status is sent", () =>
    Effect.gen(function* () {
      const fail = yield* Deferred.make<void>()
      const server = yield* withServer(
        () =>
          Effect.andThen(
            Deferred.await(fail),
            Effect.fail(new NoCredential({ message: "all rest", status: 429, code: "model_cooldown" }))
          ),
        { keepAliveMs }
      )
      const response = yield* post(server, "/v1/messages", { stream: true })
      yield* Deferred.succeed(fail, undefined)
      assert.strictEqual(response.status, 200)
      const text = (yield* textOf(response)).replaceAll(streams[3][2], "")
      const body = { type: "error", error: { type: "rate_limit_error", message: "all rest" } }
      assert.strictEqual(text, `event: error\ndata: ${JSON.stringify(body)}\n\n`)
    })
  )

  it.live("makes one event of a provider's whole JSON answer", () =>
    Effect.gen(function* () {
      const begin = yield* Deferred.make<void>()
      const server = yield* withServer(
        (_request, sink) =>
          Effect.andThen(
            Deferred.await(begin),
            Effect.sync(() => {
              sink.start(200, { "content-type": "application/json", "content-length": "21" })
              sink.write(Buffer.from(`{\r\n  "text": `))
              sink.write(Buffer.from(`"a\\n"\n}`))
              sink.end()
            })
          ),
        { keepAliveMs }
      )
      const response = yield* post(server, "/v1/chat/completions", { stream: true })
      yield* Deferred.succeed(begin, undefined)
      const text = (yield* textOf(response)).replaceAll(streams[0][2], "")
      const [, data] = /^data: (.*)\n\n$/.exec(text) ?? []
      assert.deepStrictEqual(JSON.parse(data ?? ""), { text: "a\n" })
    })
  )

  it.live("is one that was asked for: whole answers, and Gemini's array, wait in silence", () =>
    Effect.gen(function* () {
      const server = yield* withServer(
        () =>
          Effect.andThen(
            // Several times as long as a stream may be silent.
            Effect.sleep("100 millis"),
            Effect.fail(new NoCredential({ message: "all rest", status: 429, code: "model_cooldown" }))
          ),
        { keepAliveMs }
      )
      for (const [path, body] of [
        ["/v1/chat/completions", { stream: false }],
        ["/v1/messages/count_tokens", { stream: true }],
        ["/v1beta/models/m:generateContent?alt=sse", {}],
        ["/v1beta/models/m:streamGenerateContent", {}]
      ] as const) {
        assert.strictEqual((yield* post(server, path, body)).status, 429, path)
      }
    })
  )
})
