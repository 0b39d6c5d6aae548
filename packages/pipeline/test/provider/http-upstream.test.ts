import type { Quota } from "@cliproxy/scheduler"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Redacted } from "effect"
import { once } from "node:events"
import { type AddressInfo, createServer, type Socket } from "node:net"
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import { Agent } from "undici"

import { type Credential, credentialsOf } from "../../src/credentials/credentials.ts"
import { endpointOf } from "../../src/provider/endpoint.ts"
import { makeHttpUpstream } from "../../src/provider/http-upstream.ts"
import { untouchedReading } from "../../src/translate/answer-reading.ts"
import { EMPTY_REQUEST, makeTranslationContext } from "../../src/translate/translation-context.ts"
import {
  openUpstreamConnections,
  UPSTREAM_DEADLINES,
  type UpstreamDeadlines
} from "../../src/provider/upstream-connections.ts"
import type { ProviderSettings } from "../../src/settings.ts"
import { provider } from "../gateway-settings.ts"
import { recordingSink } from "../recording-sink.ts"
import {
  type Behaviour,
  completion,
  completionBody,
  eventStream,
  failing,
  hang,
  json,
  resetBeforeHeaders,
  startProvider,
  streaming
} from "../scripted-provider.ts"

const credentialOf = (of: ProviderSettings): Credential => credentialsOf([of]).at(0)![1].at(0)!

/** A call whose answer the client gets untouched. */
const generate = (credential: Credential, stream: boolean) => ({
  credential,
  stream,
  path: endpointOf(credential, { operation: "generate", model: "m", stream }) ?? "",
  reading: untouchedReading("openai", makeTranslationContext(EMPTY_REQUEST, "m", 0))
})

/** A provider that shows one behaviour, and a way to call it. */
const upstream = Effect.fnUntraced(function* (
  behaviour: Behaviour,
  options: {
    deadlines?: Partial<UpstreamDeadlines>
    provider?: Partial<ProviderSettings>
    baseUrl?: string
    query?: string
  } = {}
) {
  const server = yield* startProvider
  server.script.set("key-a", [behaviour])
  const deadlines = { ...UPSTREAM_DEADLINES, ...options.deadlines }
  const connections = yield* openUpstreamConnections(deadlines)
  const agent = connections.dispatcherFor(Redacted.make("direct"))
  const quotas: Array<Quota> = []
  const call = makeHttpUpstream({ dispatcherOf: () => agent, deadlines, onQuota: (_, quota) => quotas.push(quota) })
  const credential = credentialOf(
    provider(`${options.baseUrl ?? server.baseUrl}${options.query ?? ""}`, ["a"], options.provider)
  )
  const send = (stream: boolean, sink = recordingSink()) =>
    Effect.suspend(() =>
      Effect.as(call({ ...generate(credential, stream), body: Buffer.from('{"model":"m"}'), sink }), sink)
    )
  if (!(agent instanceof Agent)) return yield* Effect.die("connections without a proxy are undici's own")
  return { server, send, agent, quotas }
})

const until = (condition: () => boolean) =>
  Effect.gen(function* () {
    while (!condition()) yield* Effect.sleep("2 millis")
  })

/** Refuses a request with much of what it holds. */
const quoting: Behaviour = (response, request) => {
  const message = `no ${request.path} with ${String(request.headers["x-gate"])} through pass word`
  json(400, JSON.stringify({ error: { message } }))(response, request)
}

describe("a request to an OpenAI-compatible provider", () => {
  it.live("carries the key and the configured headers, and names the gateway", () =>
    Effect.gen(function* () {
      const { server, send } = yield* upstream(completion("hi"), {
        provider: { headers: { "X-Team": "blue", Connection: "close", "Content-Length": "3" } }
      })
      yield* send(false)
      const request = server.received.at(0)!
      assert.strictEqual(request.path, "/v1/chat/completions")
      assert.strictEqual(request.body, '{"model":"m"}')
      assert.strictEqual(request.headers.authorization, "Bearer key-a")
      assert.strictEqual(request.headers["x-team"], "blue")
      assert.strictEqual(request.headers["content-length"], "13")
      assert.match(request.headers["user-agent"] ?? "", /^cliproxy\/\d/)
      assert.deepStrictEqual(Object.keys(request.headers).toSorted(), [
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "x-team"
      ])
    })
  )

  it.live("sends no authorization for a provider without keys, and keeps the query of the base URL", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const connections = yield* openUpstreamConnections()
      const credential = credentialOf(provider(`${server.baseUrl}/?api-version=2`, []))
      yield* makeHttpUpstream({
        dispatcherOf: ({ proxyUrl }) => connections.dispatcherFor(proxyUrl),
        deadlines: UPSTREAM_DEADLINES
      })({ ...generate(credential, false), body: Buffer.from("{}"), sink: recordingSink() })
      assert.strictEqual(server.received[0]?.headers.authorization, undefined)
      assert.strictEqual(server.received[0]?.path, "/v1/chat/completions?api-version=2")
    })
  )

  it.live("fails without a connection when the base URL is no HTTP URL", () =>
    Effect.gen(function* () {
      const { send } = yield* upstream(completion("hi"), { baseUrl: "ftp://host/v1" })
      const error = yield* Effect.flip(send(false))
      assert.deepInclude(error, { _tag: "ProviderBroke", midStream: false, answered: false })
    })
  )

  it.live("never shows a header value that cannot be sent", () =>
    Effect.gen(function* () {
      const { send } = yield* upstream(completion("hi"), { provider: { headers: { "x-bad": "secret\nvalue" } } })
      const error = yield* Effect.flip(send(false))
      assert.deepInclude(error, {
        _tag: "ProviderBroke",
        message: "The request could not be sent: invalid x-bad header."
      })
    })
  )
})

describe("a JSON answer", () => {
  it.live("arrives whole, with its length and none of the provider's other headers", () =>
    Effect.gen(function* () {
      const { send } = yield* upstream(json(200, completionBody("héllo"), { "x-request-id": "r", "set-cookie": "c=1" }))
      const sink = yield* send(false)
      assert.strictEqual(sink.status(), 200)
      assert.strictEqual(sink.text(), completionBody("héllo"))
      assert.deepStrictEqual(sink.headers(), {
        "content-type": "application/json",
        "content-length": String(Buffer.byteLength(completionBody("héllo")))
      })
      assert.isTrue(sink.ended())
    })
  )

  it.live("that breaks in the middle leaves the client untouched", () =>
    Effect.gen(function* () {
      const { send } = yield* upstream((response) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": "1000" })
        response.write(completionBody("x").slice(0, 40), () => response.socket?.resetAndDestroy())
      })
      const sink = recordingSink()
      const error = yield* Effect.flip(send(false, sink))
      assert.deepInclude(error, { _tag: "ProviderBroke", midStream: false, answered: true })
      assert.isFalse(sink.started())
    })
  )

  for (const [name, body] of [
    ["is empty", ""],
    ["was cut by a proxy that closed it cleanly", completionBody("x").slice(0, -1)],
    ["is not JSON", "<html>busy</html>"]
  ] as const) {
    it.live(`that ${name} leaves the client untouched`, () =>
      Effect.gen(function* () {
        const { send } = yield* upstream(json(200, body))
        const sink = recordingSink()
        const error = yield* Effect.flip(send(false, sink))
        assert.deepInclude(error, { _tag: "ProviderBroke", midStream: false })
        assert.isFalse(sink.started())
      })
    )
  }

  it.live("that is an error in spite of its status 200 counts as that error", () =>
    Effect.gen(function* () {
      const { send } = yield* upstream(json(200, '{"error":{"message":"over quota","code":429}}'))
      const error = yield* Effect.flip(send(false))
      assert.deepInclude(error, { _tag: "ProviderRefused", status: 429, message: "over quota" })
    })
  )

  it.live("that is encoded though nobody asked for it is refused with a clear message", () =>
    Effect.gen(function* () {
      const { send } = yield* upstream(json(200, "{}", { "content-encoding": "gzip" }))
      assert.match((yield* Effect.flip(send(false))).message, /gzip/)
    })
  )
})

/** The headers of a limit of 60 requests. */
const limits = (remaining: string, seconds: number) => ({
  "x-ratelimit-limit-requests": "60",
  "x-ratelimit-remaining-requests": remaining,
  "x-ratelimit-reset-requests": `${seconds}s`
})

describe("a quota", () => {
  it.live("is read from answers that went well, and from refusals", () =>
    Effect.gen(function* () {
      const { quotas, send, server } = yield* upstream(json(200, completionBody("hi"), limits("7", 90)))
      const before = Date.now()
      yield* send(false)
      server.script.set("key-a", [failing(429, "slow", limits("0", 60))])
      assert.deepInclude(yield* Effect.flip(send(false)), { retryAfterMs: 60_000 })
      assert.deepStrictEqual(
        quotas.map(({ remaining }) => remaining),
        [7, 0]
      )
      const wait = (quotas[0]?.resetAt ?? 0) - before
      assert.isTrue(wait >= 90_000 && wait < 120_000, `${wait}`)
    })
  )

  it.live("is not made up where an answer names none", () =>
    Effect.gen(function* () {
      const { quotas, send } = yield* upstream(json(200, completionBody("hi")))
      yield* send(false)
      assert.deepStrictEqual(quotas, [])
    })
  )
})

describe("an error answer", () => {
  it.live("keeps the provider's message, type, code and pause", () =>
    Effect.gen(function* () {
      const { send } = yield* upstream(failing(429, "slow down", { "retry-after": "7" }))
      const error = yield* Effect.flip(send(true))
      assert.deepInclude(error, {
        _tag: "ProviderRefused",
        status: 429,
        message: "slow down",
        type: "type_429",
        code: "code_429",
        param: null,
        retryAfterMs: 7000
      })
    })
  )

  it.live("keeps the pause and the scope that stand in its body only, as Google writes them", () =>
    Effect.gen(function* () {
      const details = [
        { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [{ quotaId: "RequestsPerDayPerModel" }] },
        { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "22s" }
      ]
      const { send } = yield* upstream(json(429, JSON.stringify({ error: { code: 429, message: "quota", details } })))
      assert.deepInclude(yield* Effect.flip(send(false)), { status: 429, retryAfterMs: 22_000, scope: "model" })
    })
  )

  it.live("never asks for a longer pause than a day", () =>
    Effect.gen(function* () {
      const { send } = yield* upstream(failing(429, "slow down", { "retry-after": "99999999999" }))
      assert.deepInclude(yield* Effect.flip(send(false)), { retryAfterMs: 86_400_000 })
    })
  )

  for (const [encoding, pack] of [
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync]
  ] as const) {
    it.live(`is read when it is packed with ${encoding}, though nobody asked for that`, () =>
      Effect.gen(function* () {
        const body = pack(JSON.stringify({ error: { message: "slow down", code: "c" } }))
        const { send } = yield* upstream((response) =>
          response.writeHead(429, { "content-type": "application/json", "content-encoding": encoding }).end(body)
        )
        assert.deepInclude(yield* Effect.flip(send(false)), { status: 429, message: "slow down", code: "c" })
      })
    )
  }

  it.live("that cannot be unpacked is not quoted", () =>
    Effect.gen(function* () {
      for (const encoding of ["gzip", "compress"]) {
        const { send } = yield* upstream(json(500, "neither", { "content-encoding": encoding }))
        assert.deepInclude(yield* Effect.flip(send(false)), { message: "The provider answered with HTTP 500." })
      }
    })
  )

  it.live("that does not end is not waited for", () =>
    Effect.gen(function* () {
      const { send } = yield* upstream((response) =>
        response.writeHead(429, { "content-type": "application/json", "retry-after": "7" }).write('{"error"')
      )
      assert.deepInclude(yield* Effect.flip(send(false)), { status: 429, retryAfterMs: 7_000 })
    })
  )

  it.live("is what a redirect is: the key goes nowhere else", () =>
    Effect.gen(function* () {
      const { server, send } = yield* upstream(json(307, "", { location: "/v1/elsewhere" }))
      const error = yield* Effect.flip(send(false))
      assert.deepInclude(error, { _tag: "ProviderRefused", status: 502 })
      assert.include(error.message, "HTTP 307")
      assert.lengthOf(server.received, 1)
    })
  )

  it.live("that asks to prove that one is human is told from a refused key", () =>
    Effect.gen(function* () {
      const challenge = json(403, "<html>Just a moment...</html>", { "cf-mitigated": "challenge" })
      const { send } = yield* upstream(challenge)
      assert.deepInclude(yield* Effect.flip(send(false)), { status: 403, challenged: true })
    })
  )

  it.live("never carries the key, wherever the provider put it", () =>
    Effect.gen(function* () {
      const { send } = yield* upstream(json(401, '{"error":{"message":"bad key key-a!","code":"key-a","type":"t"}}'))
      const error = yield* Effect.flip(send(false))
      assert.deepInclude(error, { message: "bad key [redacted]!", code: "[redacted]" })
      assert.notInclude(JSON.stringify(error), "key-a")
    })
  )

  for (const [what, behaviour, stream] of [
    ["whole", completion("hi"), false],
    ["streamed", streaming([eventStream(["hi"])]), true]
  ] as const) {
    it.live(`is never what a defect of the gateway is, which throws while a ${what} answer is read`, () =>
      Effect.gen(function* () {
        const { send } = yield* upstream(behaviour)
        const defect = new Error("a header that cannot be sent")
        const sink = {
          ...recordingSink(),
          start: () => {
            throw defect
          }
        }
        const exit = yield* Effect.exit(send(stream, sink))
        assert.deepStrictEqual(exit, Exit.die(defect))
      })
    )
  }

  it.live("never carries a part of the key either, where its text is cut", () =>
    Effect.gen(function* () {
      const secret = "key-a"
      for (const [text, most] of [
        [`${"x".repeat(298)}${secret}`, 400],
        [`${"x".repeat(64 * 1024 - 4)}${secret}`, 64 * 1024 + 10]
      ] as const) {
        const { send } = yield* upstream(json(400, text))
        const error = yield* Effect.flip(send(false))
        assert.notInclude(JSON.stringify(error), "key-")
        assert.isBelow(error.message.length, most)
      }
    })
  )

  it.live("carries no secret of the base URL's query, of a header, or of the proxy", () =>
    Effect.gen(function* () {
      const { send } = yield* upstream(quoting, {
        query: "?code=query%20secret&api-version=2024-06-01",
        provider: {
          headers: { "X-Gate": "header secret" },
          keys: [{ apiKey: "key-a", name: "a", proxyUrl: "http://somebody:pass%20word@127.0.0.1:1" }]
        }
      })
      const { message } = yield* Effect.flip(send(false))
      assert.strictEqual(
        message,
        "no /v1/chat/completions?code=[redacted]&api-version=2024-06-01 with [redacted] through [redacted]"
      )
    })
  )

  for (const [name, body, message] of [
    ["a list around the error", '[{"error":{"message":"no such thing","code":404}}]', "no such thing"],
    ["a plain text error", '{"error":"overloaded"}', "overloaded"],
    ["a detail", '{"detail":"try later"}', "try later"],
    ["text", "upstream connect error", "The provider answered with HTTP 503: upstream connect error"],
    ["an HTML page", "<html><body>Bad gateway</body></html>", "The provider answered with HTTP 503."],
    ["nothing", "", "The provider answered with HTTP 503."]
  ] as const) {
    it.live(`is understood when its body is ${name}`, () =>
      Effect.gen(function* () {
        const { send } = yield* upstream(json(503, body))
        assert.deepInclude(yield* Effect.flip(send(false)), { _tag: "ProviderRefused", status: 503, message })
      })
    )
  }

  it.live("without an end is read only as far as it is useful", () =>
    Effect.gen(function* () {
      const { server, send } = yield* upstream((response) => {
        response.writeHead(500, { "content-type": "text/plain" })
        const timer = setInterval(() => response.write("x".repeat(10_000)), 1)
        response.on("close", () => clearInterval(timer))
      })
      const error = yield* Effect.flip(send(false))
      assert.deepInclude(error, { _tag: "ProviderRefused", status: 500 })
      assert.isBelow(error.message.length, 400)
      yield* Effect.promise(() => server.received.at(0)!.hungUp)
    })
  )
})

describe("an event stream", () => {
  const whole = eventStream(["Hel", "lo", " wörld ✓", 'say "finish_reason":"stop"', "data: [DONE]"])

  it.live("passes through byte for byte, wherever its packets are cut", () =>
    Effect.gen(function* () {
      const bytes = Buffer.from(whole)
      let pieces: ReadonlyArray<Buffer> = []
      const { send } = yield* upstream((response, request) => streaming(pieces)(response, request))
      for (let run = 0; run < 60; run++) {
        const cuts = Array.from({ length: run % 7 }, () => Math.floor(Math.random() * bytes.length)).toSorted(
          (a, b) => a - b
        )
        pieces = [0, ...cuts].map((from, i) => bytes.subarray(from, cuts[i] ?? bytes.length))
        const sink = yield* send(true)
        assert.strictEqual(sink.text(), whole, `cut at ${cuts.join()}`)
        assert.deepStrictEqual(sink.headers(), { "content-type": "text/event-stream" })
        assert.isTrue(sink.ended())
      }
    })
  )

  it.live("that ends early is never taken for a whole one, whatever byte it ends at", () =>
    Effect.gen(function* () {
      const bytes = Buffer.from(whole)
      const firstPayload = whole.indexOf("\n\n") + 2
      const finish = bytes.indexOf('"finish_reason":"stop"') + '"finish_reason":"'.length
      const done = bytes.indexOf("\ndata: [DONE]") + "\ndata: [DONE]".length
      let end = 0
      const { send } = yield* upstream((response, request) => streaming([bytes.subarray(0, end)])(response, request))
      for (end = 0; end <= bytes.length; end += 1 + (end % 3)) {
        const sink = recordingSink()
        const result = yield* Effect.result(send(true, sink))
        if (end >= finish) {
          assert.strictEqual(result._tag, "Success", `ended at ${end}`)
          assert.isTrue(sink.text().startsWith(whole.slice(0, 20)))
          const events = sink.text().trimEnd().split("\n\n")
          assert.strictEqual(events.at(-1), "data: [DONE]", `ended at ${end}`)
          if (end >= done) assert.strictEqual(sink.text(), bytes.subarray(0, end).toString())
        } else {
          assert.strictEqual(result._tag, "Failure", `ended at ${end}`)
          const started = end >= firstPayload
          assert.deepInclude(result._tag === "Failure" ? result.failure : {}, {
            _tag: "ProviderBroke",
            midStream: started
          })
          assert.strictEqual(sink.started(), started)
          assert.isFalse(sink.ended())
        }
      }
    })
  )

  it.live("whose connection breaks is broken, unless [DONE] was there", () =>
    Effect.gen(function* () {
      const bytes = Buffer.from(whole)
      let end = 0
      const { send } = yield* upstream((response, request) =>
        streaming([bytes.subarray(0, end)], "reset")(response, request)
      )
      for (end of [0, 10, 200, bytes.length - 3, bytes.length]) {
        const sink = recordingSink()
        const result = yield* Effect.result(send(true, sink))
        // A reset may overtake the bytes before it; what matters is that nothing is called whole that is not.
        if (result._tag === "Success") assert.strictEqual(sink.text().trimEnd(), whole.trimEnd())
        else assert.deepInclude(result.failure, { _tag: "ProviderBroke", midStream: sink.started() })
        if (end < bytes.length - 3) assert.strictEqual(result._tag, "Failure")
      }
    })
  )

  for (const [name, text] of [
    ["nothing", ""],
    ["comments and blank lines", ": hello\n\n: still here\n\n\n"],
    ["[DONE]", "data: [DONE]\n\n"],
    ["a data field without content", "data:\n\ndata: \n\n"]
  ] as const) {
    it.live(`that brings only ${name} can still fail over`, () =>
      Effect.gen(function* () {
        const { send } = yield* upstream(streaming([text]))
        const sink = recordingSink()
        const error = yield* Effect.flip(send(true, sink))
        assert.deepInclude(error, { _tag: "ProviderBroke", midStream: false, answered: true })
        assert.isFalse(sink.started())
      })
    )
  }

  it.live("that begins with an error event is that error", () =>
    Effect.gen(function* () {
      const { send } = yield* upstream(streaming([': wait\n\ndata: {"error":{"message":"busy","code":503}}\n\n']))
      const sink = recordingSink()
      assert.deepInclude(yield* Effect.flip(send(true, sink)), {
        _tag: "ProviderRefused",
        status: 503,
        message: "busy"
      })
      assert.isFalse(sink.started())
    })
  )

  const [first = ""] = eventStream(["Hel"]).split("\n\n")
  const limited = `data: {"error":{"message":"slow down","type":"rate_limit_error","code":429}}\n\n`
  const tellings: Readonly<Record<string, ReadonlyArray<string>>> = {
    "in a packet of its own": [`${first}\n\n`, limited],
    "together with the answer's first words": [`${first}\n\n${limited}`],
    "in several packets": [`${first}\n\n`, limited.slice(0, 30), limited.slice(30, 50), limited.slice(50)],
    "and the protocol's last word": [`${first}\n\n`, limited, "data: [DONE]\n\n"]
  }
  for (const [name, chunks] of Object.entries(tellings)) {
    it.live(
      `that tells an error in the middle, ${name}, ends with it: nobody says it twice, and it is no success`,
      () =>
        Effect.gen(function* () {
          const { send } = yield* upstream(streaming(chunks))
          let ended = 0
          const sink = { ...recordingSink(), endBroken: () => ended++ }
          const error = yield* Effect.flip(send(true, sink))
          // What became of the credential is the provider's word for it, as it is at the start of an answer.
          assert.deepInclude(error, { _tag: "ProviderRefused", status: 429, message: "slow down", midStream: true })
          assert.strictEqual(sink.text(), chunks.join(""))
          assert.strictEqual(ended, 1)
        })
    )
  }

  it.live("keeps the comments that came before its first payload", () =>
    Effect.gen(function* () {
      const { send } = yield* upstream(streaming([": wait\n\n", ": wait\n\n", whole]))
      assert.strictEqual((yield* send(true)).text(), `: wait\n\n: wait\n\n${whole}`)
    })
  )

  it.live("is not read faster than the client takes it", () =>
    Effect.gen(function* () {
      const event = `data: {"choices":[{"delta":{"content":"${"x".repeat(100_000)}"}}]}\n\n`
      let sent = 0
      const { send } = yield* upstream((response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        const next = (): void => {
          while (sent < 400) {
            sent++
            if (!response.write(event)) return void response.once("drain", next)
          }
          response.end('data: {"choices":[{"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
        }
        next()
      })
      const sink = recordingSink()
      sink.close()
      const fiber = yield* Effect.forkChild(send(true, sink))
      yield* until(() => sink.waiting() === 1)
      yield* Effect.sleep("300 millis")
      const [sentThen, gotThen] = [sent, sink.bytes()]
      assert.isBelow(sentThen, 400, "the provider was held back")
      yield* Effect.sleep("100 millis")
      assert.strictEqual(sink.bytes(), gotThen, "nothing came while the client was not ready")
      sink.open()
      yield* Fiber.join(fiber)
      assert.isAbove(sink.bytes(), 400 * 100_000)
      assert.isTrue(sink.ended())
    })
  )
})

/** Comments without end. */
const chatter: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  const timer = setInterval(() => response.write(": wait\n\n"), 20)
  response.on("close", () => clearInterval(timer))
}

/** The first event at once, and the others later than the deadline for the first. */
const slow: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  const [first = "", ...others] = eventStream(["Hel", "lo"]).split(/(?<=\n\n)/)
  response.write(first)
  setTimeout(() => response.end(others.join("")), 4_000)
}

describe("deadlines and broken connections", () => {
  it.live("a connection that is reset before any header is unreachable", () =>
    Effect.gen(function* () {
      const { send } = yield* upstream(resetBeforeHeaders)
      assert.deepInclude(yield* Effect.flip(send(true)), { _tag: "ProviderBroke", midStream: false, answered: false })
    })
  )

  it.live("a port where nobody listens is unreachable", () =>
    Effect.gen(function* () {
      const { send } = yield* upstream(hang, { baseUrl: "http://127.0.0.1:1/v1" })
      const error = yield* Effect.flip(send(true))
      assert.deepInclude(error, {
        _tag: "ProviderBroke",
        answered: false,
        message: "The provider refused the connection."
      })
    })
  )

  it.live("a proxy of the credential's own is named where it may be what failed", () =>
    Effect.gen(function* () {
      const agents = yield* openUpstreamConnections()
      const proxyUrl = "http://user:secret@127.0.0.1:1"
      const one = provider("http://provider.example/v1", ["a"])
      const credential = credentialOf({ ...one, keys: one.keys.map((key) => ({ ...key, proxyUrl })) })
      const call = makeHttpUpstream({
        dispatcherOf: () => agents.dispatcherFor(credential.proxyUrl),
        deadlines: UPSTREAM_DEADLINES
      })
      const sent = call({ ...generate(credential, false), body: Buffer.from("{}"), sink: recordingSink() })
      assert.deepInclude(yield* Effect.flip(sent), {
        message: "The provider, or the credential's proxy, refused the connection."
      })
    })
  )

  it.live("a provider that speaks something else is told so", () =>
    Effect.gen(function* () {
      const plain = createServer((socket) => socket.end("220 hello\r\n"))
      plain.listen(0, "127.0.0.1")
      yield* Effect.promise(() => once(plain, "listening"))
      yield* Effect.addFinalizer(() => Effect.sync(() => plain.close()))
      const { port } = plain.address() as AddressInfo
      const http = yield* upstream(hang, { baseUrl: `http://127.0.0.1:${port}/v1` })
      assert.include((yield* Effect.flip(http.send(false))).message, "is not HTTP")
      const https = yield* upstream(hang, { baseUrl: `https://127.0.0.1:${port}/v1` })
      assert.include((yield* Effect.flip(https.send(false))).message, "does not speak TLS")
    })
  )

  it.live("a provider that never answers is given up", () =>
    Effect.gen(function* () {
      const { send, server } = yield* upstream(hang, { deadlines: { firstByteMs: 300 } })
      assert.match((yield* Effect.flip(send(true))).message, /did not begin to answer in time/)
      yield* Effect.promise(() => server.received.at(0)!.hungUp)
    })
  )

  it.live("a provider that streams nothing but comments is given up, and one that has begun is not", () =>
    Effect.gen(function* () {
      const { send, server } = yield* upstream(chatter, { deadlines: { firstByteMs: 300 } })
      assert.deepInclude(yield* Effect.flip(send(true)), {
        _tag: "ProviderBroke",
        message: "The provider's stream brought nothing of an answer within 300 ms.",
        midStream: false
      })
      yield* Effect.promise(() => server.received.at(0)!.hungUp)

      const begun = yield* upstream(slow, { deadlines: { firstByteMs: 3_000 } })
      assert.strictEqual((yield* begun.send(true)).text(), eventStream(["Hel", "lo"]))
    })
  )

  it.live("a provider's own deadlines count before the general ones, which stay generous", () =>
    Effect.gen(function* () {
      const silent = yield* upstream(hang, { provider: { deadlines: { firstByteMs: 300 } } })
      assert.match((yield* Effect.flip(silent.send(false))).message, /did not begin to answer in time/)
      const first = `${eventStream(["Hel"]).split("\n\n")[0]}\n\n`
      const stuck = yield* upstream(streaming([first], "hang"), { provider: { deadlines: { idleMs: 300 } } })
      assert.deepInclude(yield* Effect.flip(stuck.send(true)), { _tag: "ProviderBroke", midStream: true })
    })
  )

  it.live("a provider's own deadline for a connection counts before the general one", () =>
    Effect.gen(function* () {
      // It takes the connection and never says a word of TLS.
      const silent = yield* Effect.acquireRelease(
        Effect.promise(async () => {
          const sockets = new Set<Socket>()
          const server = createServer((socket) => sockets.add(socket)).listen(0, "127.0.0.1")
          await once(server, "listening")
          return { server, sockets, port: (server.address() as AddressInfo).port }
        }),
        ({ server, sockets }) =>
          Effect.sync(() => {
            server.close()
            for (const socket of sockets) socket.destroy()
          })
      )
      const baseUrl = `https://127.0.0.1:${silent.port}/v1`
      const { send } = yield* upstream(hang, { baseUrl, provider: { deadlines: { startMs: 200 } } })
      assert.deepInclude(yield* Effect.flip(send(false)), {
        _tag: "ProviderBroke",
        answered: false,
        message: "The provider took no connection within 200 ms."
      })
    })
  )

  it.live("a provider that falls silent in the middle is given up", () =>
    Effect.gen(function* () {
      const { send } = yield* upstream(streaming([`${eventStream(["Hel"]).split("\n\n")[0]}\n\n`], "hang"), {
        deadlines: { idleMs: 300 }
      })
      const error = yield* Effect.flip(send(true))
      assert.deepInclude(error, { _tag: "ProviderBroke", midStream: true })
      assert.match(error.message, /stopped sending/)
    })
  )
})

describe("a client that hangs up", () => {
  for (const [name, behaviour, stream] of [
    ["before the provider has answered", hang, false],
    ["in the middle of a stream", streaming([`${eventStream(["Hel"]).split("\n\n")[0]}\n\n`], "hang"), true],
    [
      "in the middle of a JSON answer",
      (response) => response.writeHead(200, { "content-type": "application/json" }).write("{"),
      false
    ]
  ] satisfies ReadonlyArray<readonly [string, Behaviour, boolean]>) {
    it.live(`${name} aborts the provider's request`, () =>
      Effect.gen(function* () {
        const { server, send } = yield* upstream(behaviour)
        const sink = recordingSink()
        const fiber = yield* Effect.forkChild(send(stream, sink))
        yield* until(() => server.received.length === 1 && (!stream || sink.started()))
        const at = performance.now()
        yield* Fiber.interrupt(fiber)
        assert.isAtLeast(yield* Effect.promise(() => server.received.at(0)!.hungUp), at)
      })
    )
  }

  it.live("while it is not reading aborts the provider's request, too", () =>
    Effect.gen(function* () {
      const { server, send } = yield* upstream(
        streaming([eventStream(["x".repeat(200_000)]).slice(0, 150_000)], "hang")
      )
      const sink = recordingSink()
      sink.close()
      const fiber = yield* Effect.forkChild(send(true, sink))
      yield* until(() => server.received.length === 1)
      yield* Effect.sleep("50 millis")
      yield* Fiber.interrupt(fiber)
      yield* Effect.promise(() => server.received.at(0)!.hungUp)
      sink.open()
    })
  )
})

describe("connections", () => {
  it.live("are used again, and 1,000 streams leave no listener and no request behind", () =>
    Effect.gen(function* () {
      const warnings: Array<Error> = []
      const onWarning = (warning: Error): void => void warnings.push(warning)
      process.on("warning", onWarning)
      const { server, send, agent } = yield* upstream(streaming([eventStream(["a", "b"])]))
      yield* Effect.forEach(Array.from({ length: 1000 }), () => send(true), { concurrency: 20, discard: true })
      process.off("warning", onWarning)
      assert.deepStrictEqual(warnings, [])
      assert.strictEqual(server.received.length, 1000)
      // Undici lets a connection rest for a turn of the event loop, so twice as many take turns.
      assert.isAtMost(server.connections(), 40)
      yield* until(() => Object.values(agent.stats).every((stats) => stats.running === 0 && stats.pending === 0))
    })
  )
})
