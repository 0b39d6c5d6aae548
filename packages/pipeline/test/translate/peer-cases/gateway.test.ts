import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { randomUUID } from "node:crypto"

import type { ProtocolName } from "../../../src/canonical/extensions.ts"
import type { JsonObject } from "../../../src/canonical/json.ts"
import { Gateway } from "../../../src/gateway.ts"
import { layerGatewayWith } from "../../../src/gateway-live.ts"
import type { ProviderSettings } from "../../../src/settings.ts"
import { provider, settings } from "../../gateway-settings.ts"
import { pluginDoubles } from "../../plugin-double.ts"
import { recordingSink } from "../../recording-sink.ts"
import { type Behaviour, completion, json, startProvider, streaming } from "../../scripted-provider.ts"
import { chunk, claudeAsk, gemini } from "./wire.ts"

// What providers really send, over HTTP and through the gateway.

const start = Effect.fnUntraced(function* (providers: ReadonlyArray<ProviderSettings>) {
  const context = yield* Layer.build(layerGatewayWith(pluginDoubles()))
  const gateway = Context.get(context, Gateway)
  yield* gateway.configure(settings(providers, { strategy: "fill-first" }))
  return (protocol: ProtocolName, path: string, body: JsonObject) => {
    const sink = recordingSink()
    const bytes = Buffer.from(JSON.stringify(body))
    return gateway
      .generate({ id: randomUUID(), path, protocol, headers: {}, body: bytes, json: body }, sink)
      .pipe(Effect.as(sink))
  }
})

const claudeBody = (stream: boolean) => claudeAsk([{ role: "user", content: "Hi" }], { model: "m", stream })
const frames = (...events: ReadonlyArray<object | string>): string =>
  events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`).join("")
const hello = frames(
  chunk({ role: "assistant", content: "Hel" }),
  chunk({ content: "lo" }),
  chunk({}, "stop"),
  "[DONE]"
)

/** What a Claude client gets when the first key's answer is this, and the second key's is good. */
const afterFirst = Effect.fnUntraced(function* (first: Behaviour, stream: boolean) {
  const server = yield* startProvider
  server.script.set("key-a", [first])
  server.script.set("key-b", [stream ? streaming([hello]) : completion("Hello")])
  const ask = yield* start([provider(server.baseUrl, ["a", "b"])])
  const sink = yield* ask("claude", "/v1/messages", claudeBody(stream))
  return { text: sink.text(), keys: server.received.map(({ key }) => key) }
})

const errors: ReadonlyArray<readonly [string, object]> = [
  ["an error where an answer should be", { error: { message: "Provider returned error", code: 502 } }],
  [
    "an error in the choice",
    { choices: [{ error: { message: "gone", code: 503 }, message: { content: "" }, finish_reason: "error" }] }
  ],
  ["vLLM's error", { object: "error", message: "engine is dead", type: "InternalServerError", code: 500 }],
  ["nothing at all", { id: "x", choices: [] }]
]

describe("an answer with status 200", () => {
  for (const [name, body] of errors) {
    it.live(`that is ${name} is another key's turn`, () =>
      Effect.gen(function* () {
        const { keys, text } = yield* afterFirst(json(200, JSON.stringify(body)), false)
        assert.deepStrictEqual(keys, ["key-a", "key-b"])
        assert.deepStrictEqual(JSON.parse(text).content, [{ type: "text", text: "Hello" }])
      })
    )

    it.live(`that is ${name} in place of a stream is another key's turn`, () =>
      Effect.gen(function* () {
        const { keys, text } = yield* afterFirst(json(200, JSON.stringify(body)), true)
        assert.deepStrictEqual(keys, ["key-a", "key-b"])
        assert.include(text, "Hel")
        assert.include(text, "event: message_stop")
      })
    )
  }
})

describe("a stream that breaks before it has said anything", () => {
  const comment = ": OPENROUTER PROCESSING\n\n"
  const streams: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["comments and an error", [comment, comment, frames({ error: { code: 502, message: "gone" }, choices: [] })]],
    [
      "the role and an error",
      [frames(chunk({ role: "assistant", content: "" })), frames({ object: "error", message: "dead", code: 500 })]
    ],
    ["what is no JSON", [frames("<html>Bad gateway</html>")]],
    ["nothing", [""]],
    ["an end without content", [frames(chunk({ role: "assistant", content: "" }), chunk({}, "stop"), "[DONE]")]]
  ]
  for (const [name, pieces] of streams) {
    it.live(`with ${name} is another key's turn, and the client sees none of it`, () =>
      Effect.gen(function* () {
        const { keys, text } = yield* afterFirst(streaming(pieces), true)
        assert.deepStrictEqual(keys, ["key-a", "key-b"])
        assert.strictEqual(text.split("event: message_start").length, 2)
        assert.notInclude(text, "OPENROUTER")
      })
    )
  }

  it.live("since Gemini failed to write down a call is asked for once more", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const failed = gemini([], "MALFORMED_FUNCTION_CALL")
      // Gemini's key is not where OpenAI's is: the script is that of no key.
      server.script.set("", [streaming([frames(failed)]), streaming([frames(gemini([{ text: "Hello" }], "STOP"))])])
      const models = [{ name: "gemini-3-pro-preview", alias: "m" }]
      const base = server.baseUrl.replace("/v1", "")
      const ask = yield* start([provider(base, ["a", "b"], { kind: "gemini-api-key", name: "gemini", models })])
      const sink = yield* ask("claude", "/v1/messages", claudeBody(true))
      assert.strictEqual(server.received.length, 2)
      assert.include(sink.text(), '"text":"Hello"')
    })
  )
})

describe("a stream over HTTP", () => {
  it.live("may be cut anywhere, with CR LF, a byte-order mark and an event of two million characters", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const long = "é🌍".repeat(500_000)
      const bytes = Buffer.from(
        `\uFEFF${frames(chunk({ content: long }), chunk({}, "stop"), "[DONE]")}`.replaceAll("\n", "\r\n")
      )
      const pieces: Array<Buffer> = []
      for (let at = 0; at < bytes.length; at += 65_537) pieces.push(bytes.subarray(at, at + 65_537))
      server.script.set("key-a", [streaming(pieces)])
      const ask = yield* start([provider(server.baseUrl, ["a"])])
      const sink = yield* ask("claude", "/v1/messages", claudeBody(true))
      const texts = [...sink.text().matchAll(/^data: (.*"text_delta".*)$/gm)].map(
        ([, data = ""]) => JSON.parse(data).delta.text
      )
      assert.isTrue(texts.join("") === long, "the text arrives as it was")
    })
  )

  it.live("passes untouched to a client of its own protocol, with its comments and line ends", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      const odd = `: PROCESSING\r\n\r\n${hello.replaceAll("\n", "\r\n")}`
      server.script.set("key-a", [streaming([odd.slice(0, 50), odd.slice(50)])])
      const ask = yield* start([provider(server.baseUrl, ["a"])])
      const body = { model: "m", stream: true, messages: [{ role: "user", content: "Hi" }] }
      const sink = yield* ask("openai", "/v1/chat/completions", body)
      assert.strictEqual(sink.text(), odd)
    })
  )

  it.live("that was asked for and came whole is a stream to the client all the same", () =>
    Effect.gen(function* () {
      const server = yield* startProvider
      server.script.set("key-a", [completion("Hello")])
      const ask = yield* start([provider(server.baseUrl, ["a"])])
      const sink = yield* ask("claude", "/v1/messages", claudeBody(true))
      assert.include(sink.headers()?.["content-type"] ?? "", "text/event-stream")
      assert.include(sink.text(), '"text":"Hello"')
      assert.include(sink.text(), "event: message_stop")
    })
  )
})
