import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { OpenAI } from "openai"

import { proxyWith } from "../configured-proxy.ts"
import { ask, chat, until } from "../run-proxy.ts"
import { chunk, configFor, startUpstream } from "./upstream.ts"

describe("a stream through the proxy", () => {
  it.live("is cut at the provider when the client hangs up", () =>
    Effect.gen(function* () {
      let closed = false
      const upstream = yield* startUpstream((_seen, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        const timer = setInterval(() => response.write(chunk("tick")), 20)
        response.on("close", () => {
          clearInterval(timer)
          closed = true
        })
      })
      const proxy = yield* proxyWith(configFor(upstream.url, ["key-a"]))
      const response = yield* chat(proxy, { stream: true })
      const reader = response.body?.getReader()
      yield* Effect.promise(async () => reader?.read())
      yield* Effect.promise(async () => reader?.cancel())
      yield* until(() => closed)
      yield* until(() => proxy.stderr().includes("status=499"))
    })
  )

  it.live("is cut at the provider before the first byte as well", () =>
    Effect.gen(function* () {
      let closed = false
      const upstream = yield* startUpstream((_seen, response) => {
        response.on("close", () => (closed = true))
      })
      const proxy = yield* proxyWith(configFor(upstream.url, ["key-a"]))
      const client = yield* Effect.forkChild(chat(proxy))
      yield* until(() => upstream.seen.length > 0)
      yield* Fiber.interrupt(client)
      yield* until(() => closed)
      assert.lengthOf(upstream.seen, 1)
    })
  )

  it.live("that the provider cuts ends with an error event and without [DONE]", () =>
    Effect.gen(function* () {
      const upstream = yield* startUpstream((_seen, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(chunk("half"))
        setTimeout(() => response.destroy(), 100)
      })
      const proxy = yield* proxyWith(configFor(upstream.url, ["key-a", "key-b"]))
      const [status, text] = yield* ask(proxy, { stream: true })
      assert.strictEqual(status, 200)
      assert.isTrue(text.startsWith(chunk("half")))
      assert.match(text, /data: \{"error":\{.*\}\}\n\n$/)
      assert.notInclude(text, "[DONE]")
      assert.lengthOf(upstream.seen, 1)
    })
  )

  it.live("reaches the official client, as does a whole answer", () =>
    Effect.gen(function* () {
      const proxy = yield* proxyWith("demo: true\napi-keys: [client-1-key]\n")
      const client = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: "client-1-key" })
      const messages = [{ role: "user" as const, content: "Hi" }]
      const whole = yield* Effect.promise(() => client.chat.completions.create({ model: "demo", messages }))
      assert.match(whole.choices[0]?.message.content ?? "", /served by demo-key-\d/)
      const streamed = yield* Effect.promise(async () => {
        let text = ""
        const events = await client.chat.completions.create({ model: "demo", messages, stream: true })
        for await (const event of events) text += event.choices[0]?.delta.content ?? ""
        return text
      })
      assert.match(streamed, /served by demo-key-\d/)
    })
  )
})
