import type { ServerResponse } from "node:http"

import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"

import { proxyWith } from "../configured-proxy.ts"
import { ask, chat, textOf } from "../run-proxy.ts"
import { complete, startUpstream } from "./upstream.ts"

/** A provider with keys a, b and c that serves two models. */
const providerAt = (url: string, more = "") => `openai-compatibility:
  - name: p
    base-url: "${url}"
    api-key-entries: [{api-key: key-a, name: a}, {api-key: key-b, name: b}, {api-key: key-c, name: c}]
    models: [{name: m, alias: demo}, {name: spare, alias: small}]
${more}`

const messages = (text: string) => ({ messages: [{ role: "user", content: text }] })

const fail = (response: ServerResponse, status: number, message: string): void =>
  void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error: { message } }))

describe("routing", () => {
  it.live("goes on with the model that stands in, and says so", () =>
    Effect.gen(function* () {
      const upstream = yield* startUpstream(({ body }, response) =>
        body.includes('"spare"') ? complete(response, "from the spare model") : fail(response, 503, "overloaded")
      )
      const proxy = yield* proxyWith(`${providerAt(upstream.url)}routing: {fallbacks: {demo: [small]}}\n`)
      const response = yield* chat(proxy)
      assert.strictEqual(response.status, 200)
      assert.strictEqual(response.headers.get("x-cliproxy-model"), "small")
      assert.include(yield* textOf(response), "from the spare model")
    })
  )

  it.live("keeps a session at its key", () =>
    Effect.gen(function* () {
      const upstream = yield* startUpstream((_, response) => complete(response, "ok"))
      const proxy = yield* proxyWith(`${providerAt(upstream.url)}routing: {session-affinity: true}\n`)
      for (let i = 0; i < 3; i++) for (const text of ["one", "two"]) yield* ask(proxy, messages(text))
      const keys = upstream.seen.map(({ authorization }) => authorization?.slice(-1)).join("")
      assert.strictEqual(keys, "ababab")
    })
  )

  it.live("follows the operator's rules for errors", () =>
    Effect.gen(function* () {
      const upstream = yield* startUpstream(({ authorization }, response) =>
        authorization === "Bearer key-a" ? fail(response, 400, "Billing hard limit reached") : complete(response, "ok")
      )
      const rules = "    request-scoped-errors: [{status: 400, match: billing, action: continue-and-cooldown}]\n"
      const proxy = yield* proxyWith(providerAt(upstream.url, rules))
      assert.strictEqual((yield* ask(proxy))[0], 200)
      assert.deepStrictEqual(
        upstream.seen.map(({ authorization }) => authorization),
        ["Bearer key-a", "Bearer key-b"]
      )
    })
  )

  it.live("lets a request wait for room, and says what is in its way when it waits in vain", () =>
    Effect.gen(function* () {
      const arrived = Promise.withResolvers<ServerResponse>()
      const upstream = yield* startUpstream((_, response) => arrived.resolve(response))
      const proxy = yield* proxyWith(`openai-compatibility:
  - name: p
    base-url: "${upstream.url}"
    api-key-entries: [{api-key: key-a, name: a, max-in-flight: 1}]
    models: [{name: m, alias: demo}]
routing: {queue-wait-seconds: 1}
`)
      const first = yield* Effect.forkChild(ask(proxy))
      const response = yield* Effect.promise(() => arrived.promise)
      const late = yield* chat(proxy)
      assert.strictEqual(late.status, 429)
      assert.strictEqual(late.headers.get("retry-after"), "1")
      assert.include(yield* textOf(late), "p/a: at its limit of 1 requests at once")
      complete(response, "at last")
      assert.include((yield* Fiber.join(first))[1], "at last")
    })
  )
})
