import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { proxyWith } from "../configured-proxy.ts"
import { ask } from "../run-proxy.ts"
import { chunk, complete, configFor, startUpstream } from "./upstream.ts"

const fillFirst = "routing: {strategy: fill-first}\n"

/** A provider with two keys. The first is the status that it is refused with. */
const refusedWith = (url: string, status: number): string =>
  `  - { name: p${status}, base-url: "${url}", models: [{name: m, alias: demo-${status}}], ` +
  `api-key-entries: [{name: a, api-key: "${status}"}, {name: b, api-key: "${status}-spare"}] }\n`

describe("failover", () => {
  const statuses = [401, 403, 408, 429, 500, 502, 503]
  it.live(`tries the next credential after a ${statuses.join(", a ")}`, () =>
    Effect.gen(function* () {
      const upstream = yield* startUpstream(({ authorization = "" }, response) => {
        if (authorization.endsWith("-spare")) return complete(response, `from ${authorization}`)
        const status = Number(authorization.slice("Bearer ".length))
        response.writeHead(status, { "content-type": "application/json" }).end(`{"error":{"message":"no"}}`)
      })
      const providers = statuses.map((status) => refusedWith(upstream.url, status)).join("")
      const proxy = yield* proxyWith(`${fillFirst}openai-compatibility:\n${providers}`)
      for (const status of statuses) {
        const before = upstream.seen.length
        const [answered, text] = yield* ask(proxy, { model: `demo-${status}` })
        assert.strictEqual(answered, 200, `${status}`)
        assert.include(text, `from Bearer ${status}-spare`)
        assert.deepStrictEqual(
          upstream.seen.slice(before).map(({ authorization }) => authorization),
          [`Bearer ${status}`, `Bearer ${status}-spare`]
        )
      }
    })
  )

  it.live("goes on to another provider when a connection is refused", () =>
    Effect.gen(function* () {
      const upstream = yield* startUpstream((_seen, response) => complete(response, "from the second"))
      const proxy = yield* proxyWith(`openai-compatibility:
  - { name: a, base-url: "http://127.0.0.1:1/v1", priority: 1, api-key-entries: [{api-key: k1}], models: [{name: m, alias: demo}] }
  - { name: b, base-url: "${upstream.url}", api-key-entries: [{api-key: k2}], models: [{name: m, alias: demo}] }
`)
      const [status, text] = yield* ask(proxy)
      assert.strictEqual(status, 200)
      assert.include(text, "from the second")
    })
  )

  it.live("happens before the first byte of a stream as well", () =>
    Effect.gen(function* () {
      const upstream = yield* startUpstream(({ authorization }, response) => {
        if (authorization !== "Bearer key-b") return void response.writeHead(500).end("broken")
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.end(`${chunk("streamed")}data: [DONE]\n\n`)
      })
      const proxy = yield* proxyWith(configFor(upstream.url, ["key-a", "key-b"], fillFirst))
      const [status, text] = yield* ask(proxy, { stream: true })
      assert.deepStrictEqual([status, text], [200, `${chunk("streamed")}data: [DONE]\n\n`])
    })
  )

  it.live("does not repeat a request that the provider finds faulty", () =>
    Effect.gen(function* () {
      const upstream = yield* startUpstream((_seen, response) =>
        response
          .writeHead(400, { "content-type": "application/json" })
          .end(
            `{"error":{"message":"bad temperature","type":"invalid_request_error","param":"temperature","code":"bad"}}`
          )
      )
      const proxy = yield* proxyWith(configFor(upstream.url, ["key-a", "key-b"]))
      const [status, text] = yield* ask(proxy)
      assert.strictEqual(status, 400)
      assert.deepInclude(JSON.parse(text).error, {
        message: "bad temperature",
        type: "invalid_request_error",
        param: "temperature",
        code: "bad"
      })
      assert.lengthOf(upstream.seen, 1)
    })
  )

  it.live("tries each credential at most once, and ends in the OpenAI shape without a key in it", () =>
    Effect.gen(function* () {
      const upstream = yield* startUpstream(({ authorization }, response) =>
        response
          .writeHead(500, { "content-type": "application/json" })
          .end(JSON.stringify({ error: { message: `cannot serve ${authorization}` } }))
      )
      const proxy = yield* proxyWith(configFor(upstream.url, ["secret-a", "secret-b", "secret-c"]))
      const [status, text] = yield* ask(proxy)
      assert.isAtLeast(status, 500)
      assert.nestedPropertyVal(JSON.parse(text), "error.type", "server_error")
      assert.lengthOf(upstream.seen, 3)
      assert.notMatch(text + proxy.stderr(), /Bearer secret-/)
    })
  )

  it.live("a model that nobody serves is an error of the client", () =>
    Effect.gen(function* () {
      const upstream = yield* startUpstream((_seen, response) => complete(response, "x"))
      const proxy = yield* proxyWith(configFor(upstream.url, ["key-a"]))
      const [status, text] = yield* ask(proxy, { model: "nobody" })
      assert.strictEqual(status, 404)
      assert.nestedPropertyVal(JSON.parse(text), "error.code", "model_not_found")
    })
  )

  it.live("a provider sees its own key and model name, and nothing of the client's credentials", () =>
    Effect.gen(function* () {
      const upstream = yield* startUpstream((_seen, response) => complete(response, "x"))
      const proxy = yield* proxyWith(configFor(upstream.url, ["key-a"], "api-keys: [client-secret-9]\n"))
      const response = yield* Effect.promise(() =>
        fetch(`${proxy.url}/v1/chat/completions?key=client-secret-9`, {
          method: "POST",
          headers: {
            "x-api-key": "client-secret-9",
            authorization: "Bearer client-secret-9",
            cookie: "a=client-secret-9"
          },
          body: JSON.stringify({ model: "demo", messages: [] })
        })
      )
      assert.strictEqual(response.status, 200)
      const seen = upstream.seen[0]
      assert.strictEqual(seen?.authorization, "Bearer key-a")
      assert.strictEqual(JSON.parse(seen?.body ?? "{}").model, "m")
      assert.notInclude(JSON.stringify(seen), "client-secret-9")
    })
  )
})
