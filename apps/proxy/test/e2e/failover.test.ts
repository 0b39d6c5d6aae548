import { writeFileSync } from "node:fs"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { ask, startProxy, temporaryFolder } from "../run-proxy.ts"
import { chunk, complete, configFor, startUpstream } from "./upstream.ts"

const proxyWith = Effect.fnUntraced(function* (config: string) {
  const cwd = yield* temporaryFolder
  writeFileSync(join(cwd, "c.yaml"), config)
  return yield* startProxy(["--config", "c.yaml"], { cwd })
})

const fillFirst = "routing: {strategy: fill-first}\n"

describe("failover", () => {
  for (const status of [401, 403, 408, 429, 500, 502, 503]) {
    it.live(`tries the next credential after a ${status}`, () =>
      Effect.gen(function* () {
        const upstream = yield* startUpstream(({ authorization }, response) => {
          if (authorization === "Bearer key-b") complete(response, "from b")
          else response.writeHead(status, { "content-type": "application/json" }).end(`{"error":{"message":"no"}}`)
        })
        const proxy = yield* proxyWith(configFor(upstream.url, ["key-a", "key-b"], fillFirst))
        const [answered, text] = yield* ask(proxy)
        assert.strictEqual(answered, 200)
        assert.include(text, "from b")
        assert.deepStrictEqual(
          upstream.seen.map(({ authorization }) => authorization),
          ["Bearer key-a", "Bearer key-b"]
        )
      })
    )
  }

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
