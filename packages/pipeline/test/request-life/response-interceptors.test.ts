import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"

import { claudeKey } from "../gateway-settings.ts"
import { refused } from "../plugin-double.ts"
import { recordingSink } from "../recording-sink.ts"
import { completionBody, eventStream, failing, json, streaming } from "../scripted-provider.ts"
import { MAX_EVENT_CHARACTERS, readSseEvents } from "../../src/wire/sse-events.ts"
import { base64, hookedGateway, text } from "./hooked-gateway.ts"

type Answer = (request: Record<string, unknown>) => unknown

const whole = (answer: Answer) => ({
  capabilities: { response_interceptor: true },
  answers: { "response.intercept_after": answer }
})
const chunks = (answer: Answer, schema = 3) => ({
  capabilities: { response_stream_interceptor: true },
  schema,
  answers: { "response.intercept_stream_chunk": answer }
})

const hello = { model: "m", messages: [] }
const streamed = { ...hello, stream: true }

/** The data of the events in a stream. */
const dataOf = (stream: string) =>
  stream
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => event.replace(/^data: /, ""))
const chunk = (content: string) => JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })
const last = JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })

const upper: Answer = ({ Body, ChunkIndex }) =>
  ChunkIndex === -1 ? { Body: base64("ignored") } : { Body: base64((text(Body) ?? "").toUpperCase()) }

describe("response.intercept_after", () => {
  it.live("is a chain over the body and the upstream's headers of a whole answer", () =>
    Effect.gen(function* () {
      const { ask, calls, upstream } = yield* hookedGateway({
        one: whole(() => ({ Body: base64(`{"changed":1}`), Headers: { "x-lab": ["1"] }, ClearHeaders: ["x-secret"] })),
        two: whole(() => ({}))
      })
      upstream.script.set("key-a", [json(200, completionBody("hi"), { "x-secret": "s", "x-request-id": "u-9" })])
      const sink = yield* ask({ ...hello, model: "m(high)" }, { "User-Agent": ["cli/1"] })
      assert.strictEqual(sink.text(), `{"changed":1}`)
      const [first, second] = calls("response.intercept_after").map(({ request }) => request)
      assert.deepInclude(first, {
        SourceFormat: "openai",
        Model: "m(high)",
        Stream: false,
        RequestHeaders: { "User-Agent": ["cli/1"] },
        StatusCode: 200
      })
      assert.strictEqual(text(first?.["Body"]), completionBody("hi"))
      assert.strictEqual(text(first?.["OriginalRequest"]), JSON.stringify({ ...hello, model: "m(high)" }))
      assert.deepInclude(first?.["ResponseHeaders"], { "X-Secret": ["s"], "X-Request-Id": ["u-9"] })
      assert.strictEqual(text(second?.["Body"]), `{"changed":1}`)
      assert.deepInclude(second?.["ResponseHeaders"], { "X-Lab": ["1"] })
      assert.notProperty(second?.["ResponseHeaders"], "X-Secret")
    })
  )

  it.live("lets only headers through that interceptors changed, and never those that are not theirs (162)", () =>
    Effect.gen(function* () {
      const { ask, upstream } = yield* hookedGateway({
        one: whole(() => ({
          Headers: {
            "X-Lab": ["1", "2"],
            "X-Changed": ["new"],
            "X-Same": ["same"],
            "Set-Cookie": ["a=b"],
            "Content-Length": ["1"],
            "Content-Type": ["text/plain"],
            "Content-Encoding": ["gzip"],
            Connection: ["X-Hop"],
            "X-Hop": ["1"],
            "Transfer-Encoding": ["chunked"],
            "Access-Control-Allow-Origin": ["*"],
            "X-Litellm-Key": ["1"],
            "X-Broken": ["a\r\nb"]
          }
        }))
      })
      upstream.script.set("key-a", [
        json(200, completionBody("hi"), {
          "x-upstream": "1",
          "x-changed": "old",
          "x-same": "same",
          "set-cookie": "c=d"
        })
      ])
      const sink = yield* ask(hello)
      assert.deepStrictEqual(sink.headers(), {
        "X-Lab": "1, 2",
        "X-Changed": "new",
        "content-type": "application/json",
        "content-length": String(completionBody("hi").length)
      })
    })
  )

  it.live("is skipped when it fails", () =>
    Effect.gen(function* () {
      const { ask } = yield* hookedGateway({
        one: whole(() => refused("x", "no")),
        two: whole(() => ({ Body: base64("{}") }))
      })
      assert.strictEqual((yield* ask(hello)).text(), "{}")
    })
  )

  it.live("is not called for errors or streams (161)", () =>
    Effect.gen(function* () {
      const { ask, calls, upstream } = yield* hookedGateway({ one: whole(() => ({ Body: base64("{}") })) })
      upstream.script.set("key-a", [
        streaming([eventStream(["a"])]),
        // A provider that answers a request for a stream as a whole.
        json(200, completionBody("hi")),
        failing(422)
      ])
      assert.strictEqual((yield* ask(streamed)).text(), eventStream(["a"]))
      assert.strictEqual((yield* ask(streamed)).text(), completionBody("hi"))
      yield* Effect.flip(ask(hello))
      assert.strictEqual(calls().length, 0)
    })
  )
})

describe("response.intercept_stream_chunk", () => {
  it.live("gets index -1 first, then each chunk as a bare object, wherever the bytes were cut (163)", () =>
    Effect.gen(function* () {
      const { ask, calls, upstream } = yield* hookedGateway({ one: chunks(() => ({})) })
      const events = Buffer.from(`: ping\n\n${eventStream(["Grüße", "b"])}`)
      upstream.script.set("key-a", [streaming([...events].map((byte) => Buffer.from([byte])))])
      const sink = yield* ask(streamed)
      assert.deepStrictEqual(dataOf(sink.text()), [chunk("Grüße"), chunk("b"), last, "[DONE]"])
      assert.deepStrictEqual(
        calls().map(({ request }) => [request["ChunkIndex"], text(request["Body"])]),
        [
          [-1, null],
          [0, chunk("Grüße")],
          [1, chunk("b")],
          [2, last]
        ]
      )
      assert.deepStrictEqual(
        new Set(calls().map(({ request }) => request["host_callback_id"])).size,
        4,
        "a scope for each call"
      )
    })
  )

  it.live("is a chain whose last body is delivered", () =>
    Effect.gen(function* () {
      const { ask, calls, upstream } = yield* hookedGateway({ one: chunks(upper), two: chunks(() => ({})) })
      upstream.script.set("key-a", [streaming([eventStream(["a"])])])
      const sink = yield* ask(streamed)
      assert.deepStrictEqual(dataOf(sink.text()), [chunk("a").toUpperCase(), last.toUpperCase(), "[DONE]"])
      assert.strictEqual(
        text(calls(undefined, "two").find(({ request }) => request["ChunkIndex"] === 0)?.request["Body"]),
        chunk("a").toUpperCase()
      )
    })
  )

  it.live("drops a chunk: it is not delivered, not remembered, not shown to others, and yet counted (164)", () =>
    Effect.gen(function* () {
      const { ask, calls, upstream } = yield* hookedGateway({
        one: chunks(({ ChunkIndex }) => ({ DropChunk: ChunkIndex === 1, Body: base64("dropped") })),
        two: chunks(() => ({}))
      })
      upstream.script.set("key-a", [streaming([eventStream(["a", "b", "c"])])])
      const sink = yield* ask(streamed)
      assert.deepStrictEqual(dataOf(sink.text()), ["dropped", "dropped", "dropped", "[DONE]"])
      assert.deepStrictEqual(
        calls(undefined, "two").map(({ request }) => [
          request["ChunkIndex"],
          (request["HistoryChunks"] as Array<string> | null)?.map(text) ?? null
        ]),
        [
          [-1, null],
          [0, null],
          [2, ["dropped"]],
          [3, ["dropped", "dropped"]]
        ]
      )
    })
  )

  it.live("is shown the last 64 chunks as they were delivered (165)", () =>
    Effect.gen(function* () {
      const { ask, calls, upstream } = yield* hookedGateway({
        one: chunks(({ ChunkIndex }) => ({ Body: base64(`{"n":${String(ChunkIndex)}}`) }))
      })
      upstream.script.set("key-a", [streaming([eventStream(Array.from({ length: 70 }, () => "x"))])])
      yield* ask(streamed)
      const shown = calls().at(-1)?.request["HistoryChunks"] as Array<string>
      assert.deepStrictEqual(
        shown.map(text),
        Array.from({ length: 64 }, (_, index) => `{"n":${index + 6}}`)
      )
    })
  )

  it.live("gets request bodies by its schema: always at -1, later only below 3; no history from 5 on (166)", () =>
    Effect.gen(function* () {
      const { ask, calls, upstream } = yield* hookedGateway({
        two: chunks(() => ({}), 2),
        three: chunks(() => ({}), 3),
        five: chunks(() => ({}), 5)
      })
      upstream.script.set("key-a", [streaming([eventStream(["a"])])])
      yield* ask(streamed)
      const seen = (id: string) =>
        calls(undefined, id).map(({ request }) =>
          [request["OriginalRequest"], request["RequestBody"], request["HistoryChunks"]].map((value) => value !== null)
        )
      assert.deepStrictEqual(seen("two"), [
        [true, true, false],
        [true, true, false],
        [true, true, true]
      ])
      assert.deepStrictEqual(seen("three"), [
        [true, true, false],
        [false, false, false],
        [false, false, true]
      ])
      assert.deepStrictEqual(seen("five"), [
        [true, true, false],
        [false, false, false],
        [false, false, false]
      ])
    })
  )

  it.live("sets headers until the first chunk is delivered, and not after (162, 167)", () =>
    Effect.gen(function* () {
      const { ask, calls, upstream } = yield* hookedGateway({
        one: chunks(({ ChunkIndex }) => ({
          Headers: { [`X-At${String(ChunkIndex)}`]: ["1"], "Set-Cookie": ["a=b"] },
          DropChunk: ChunkIndex === 0
        }))
      })
      upstream.script.set("key-a", [streaming([eventStream(["a", "b", "c"])])])
      const sink = yield* ask(streamed)
      assert.deepStrictEqual(sink.headers(), {
        "X-At-1": "1",
        "X-At0": "1",
        "X-At1": "1",
        "content-type": "text/event-stream"
      })
      const later = calls().at(-1)?.request["ResponseHeaders"] as Record<string, unknown>
      assert.deepStrictEqual(later["X-At2"], ["1"])
      assert.deepStrictEqual(later["X-Provider-Secret"], ["1"])
    })
  )

  it.live("is not called for a stream that fails before its first chunk; the next attempt starts at -1 (168)", () =>
    Effect.gen(function* () {
      const { ask, calls, upstream } = yield* hookedGateway({ one: chunks(() => ({})) }, ["a", "b"])
      upstream.script.set("key-a", [streaming([`data: {"error":{"message":"no"}}\n\n`])])
      upstream.script.set("key-b", [streaming([eventStream(["b"])])])
      const sink = yield* ask(streamed)
      assert.deepStrictEqual(dataOf(sink.text()), [chunk("b"), last, "[DONE]"])
      assert.deepStrictEqual(
        calls().map(({ request }) => request["ChunkIndex"]),
        [-1, 0, 1]
      )
    })
  )

  it.live("is skipped when it fails, for that chunk", () =>
    Effect.gen(function* () {
      const { ask, upstream } = yield* hookedGateway({
        one: chunks(({ ChunkIndex }) => (ChunkIndex === 0 ? refused("x", "no") : { Body: base64("{}") }))
      })
      upstream.script.set("key-a", [streaming([eventStream(["a"])])])
      assert.deepStrictEqual(dataOf((yield* ask(streamed)).text()), [chunk("a"), "{}", "[DONE]"])
    })
  )

  it.live("leaves a cut stream cut: what came before has been delivered, and there is no end mark", () =>
    Effect.gen(function* () {
      const { ask, upstream } = yield* hookedGateway({ one: chunks(() => ({})) })
      upstream.script.set("key-a", [streaming([`data: ${chunk("a")}\n\n`, `data: ${chunk("b")}\n\n`], "reset", 5)])
      const sink = recordingSink()
      const error = yield* Effect.flip(ask(streamed, {}, sink))
      assert.deepInclude(error, { _tag: "UpstreamUnreachable", midStream: true })
      assert.deepStrictEqual(dataOf(sink.text()), [chunk("a"), chunk("b")])
      assert.isFalse(sink.ended())
    })
  )

  it.live("ends a stream whose end mark the provider forgot", () =>
    Effect.gen(function* () {
      const { ask, upstream } = yield* hookedGateway({ one: chunks(() => ({})) })
      upstream.script.set("key-a", [streaming([`data: ${chunk("a")}\n\ndata: ${last}`])])
      assert.deepStrictEqual(dataOf((yield* ask(streamed)).text()), [chunk("a"), last, "[DONE]"])
    })
  )

  it.live("starts and ends the answer also when every chunk was dropped", () =>
    Effect.gen(function* () {
      const { ask, upstream } = yield* hookedGateway({ one: chunks(() => ({ DropChunk: true })) })
      upstream.script.set("key-a", [streaming([eventStream(["a"])])])
      const sink = yield* ask(streamed)
      assert.deepStrictEqual([sink.status(), dataOf(sink.text()), sink.ended()], [200, ["[DONE]"], true])
    })
  )

  it.live("leaves an event of several data lines readable", () =>
    Effect.gen(function* () {
      const hooked = yield* hookedGateway({ one: chunks(() => ({})) })
      const { configured, gateway, upstream } = hooked
      const models = [{ name: "claude-sonnet-4-5", alias: "m" }]
      yield* gateway.configure({ ...configured, providers: [claudeKey(upstream.baseUrl, "a", { models })] })
      const events = [
        { type: "message_start", message: { id: "m", role: "assistant", content: [], usage: { input_tokens: 1 } } },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "Hi" } },
        { type: "content_block_stop", index: 0 },
        { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } },
        { type: "message_stop" }
      ]
      const written = events.map((event) => {
        const lines = JSON.stringify(event, null, 1).split("\n")
        return `event: ${event.type}\n${lines.map((line) => `data: ${line}\n`).join("")}\n`
      })
      upstream.script.set("", [streaming(written)])
      const asked = { model: "m", max_tokens: 1, stream: true, messages: [{ role: "user", content: "Hi" }] }
      const body = Buffer.from(JSON.stringify(asked))
      const sink = recordingSink()
      yield* gateway.generate(
        { id: "r", path: "/v1/messages", protocol: "claude", headers: {}, body, json: asked },
        sink
      )
      const passed = readSseEvents().push(Buffer.from(sink.text()))
      assert.deepStrictEqual(
        passed.map(({ data, event }) => [event, JSON.parse(data)]),
        events.map((event) => [event.type, event])
      )
      assert.isAbove(hooked.calls("response.intercept_stream_chunk").length, events.length)
    })
  )

  it.live("gives up on a stream with an event that does not end", () =>
    Effect.gen(function* () {
      const { ask, upstream } = yield* hookedGateway({ one: chunks(() => ({})) })
      const endless = Array.from({ length: MAX_EVENT_CHARACTERS / 1024 / 1024 + 1 }, () => "x".repeat(1024 * 1024))
      upstream.script.set("key-a", [streaming([`data: ${chunk("a")}\n\ndata: `, ...endless], "hang")])
      const sink = recordingSink()
      const error = yield* Effect.flip(ask(streamed, {}, sink))
      assert.deepInclude(error, { _tag: "UpstreamUnreachable", midStream: true })
      assert.deepStrictEqual(dataOf(sink.text()), [chunk("a")])
      yield* Effect.promise(() => upstream.received[0]?.hungUp ?? Promise.reject(new Error("nothing was sent")))
    })
  )

  it.live("leaves nothing open when the client leaves in the middle, two hundred times", () =>
    Effect.gen(function* () {
      const { ask, calls, upstream } = yield* hookedGateway({ one: chunks(() => Effect.as(Effect.sleep(1), {})) })
      upstream.script.set("key-a", [streaming([`data: ${chunk("a")}\n\n`, `data: ${chunk("b")}\n\n`], "hang")])
      const leave = Effect.gen(function* () {
        const sink = recordingSink()
        const fiber = yield* Effect.forkChild(ask(streamed, {}, sink))
        while (sink.bytes() === 0) yield* Effect.sleep(1)
        yield* Fiber.interrupt(fiber)
        assert.isFalse(sink.ended())
      })
      yield* Effect.forEach(Array.from({ length: 200 }), () => leave, { concurrency: 20, discard: true })
      yield* Effect.promise(() => Promise.all(upstream.received.map(({ hungUp }) => hungUp)))
      while (upstream.connections() > 0) yield* Effect.sleep(5)
      const before = calls().length
      yield* Effect.sleep(50)
      assert.strictEqual(calls().length, before)
    })
  )

  it.live("holds the provider back while the client is slow", () =>
    Effect.gen(function* () {
      const { ask, upstream } = yield* hookedGateway({ one: chunks(() => ({})) })
      const piece = `data: ${JSON.stringify({ choices: [{ delta: { content: "x".repeat(64 * 1024) } }] })}\n\n`
      let written = 0
      upstream.script.set("key-a", [
        (response) => {
          response.writeHead(200, { "content-type": "text/event-stream" })
          let left = 400
          const more = (): void => {
            while (left > 0) {
              left--
              written++
              if (!response.write(piece)) return void response.once("drain", more)
            }
            response.end(`data: ${last}\n\ndata: [DONE]\n\n`)
          }
          more()
        }
      ])
      const sink = recordingSink()
      sink.close()
      const fiber = yield* Effect.forkChild(ask(streamed, {}, sink))
      while (sink.waiting() === 0) yield* Effect.sleep(5)
      yield* Effect.sleep(200)
      const writtenWhileSlow = written
      assert.isBelow(sink.bytes(), 2 * piece.length)
      assert.isBelow(writtenWhileSlow, 400)
      sink.open()
      yield* Fiber.join(fiber)
      assert.strictEqual(dataOf(sink.text()).length, 402)
    })
  )
})

describe("an answer that nobody looks at", () => {
  it.live("goes through byte by byte although other hooks are there", () =>
    Effect.gen(function* () {
      const odd = `:comment\r\nevent: x\r\ndata:${chunk("a")}\r\n\r\ndata: ${last}\n\ndata: [DONE]\n\n`
      const { ask, upstream } = yield* hookedGateway({
        one: {
          capabilities: { usage_plugin: true, request_interceptor: true, request_lifecycle_plugin: true },
          answers: {}
        }
      })
      upstream.script.set("key-a", [streaming([odd.slice(0, 30), odd.slice(30)])])
      assert.strictEqual((yield* ask(streamed)).text(), odd)
    })
  )
})
