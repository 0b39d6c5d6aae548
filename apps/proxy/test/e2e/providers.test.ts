import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http"
import { text as readText } from "node:stream/consumers"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { proxyWith } from "../configured-proxy.ts"
import { startServer } from "../loopback-server.ts"
import { textOf } from "../run-proxy.ts"

/** What a server was asked. */
interface Seen {
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

const message = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-provider",
  content: [{ type: "text", text: "Hello" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 }
}

const generated = {
  candidates: [{ index: 0, finishReason: "STOP", content: { role: "model", parts: [{ text: "Hello" }] } }],
  usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
  modelVersion: "gemini-provider"
}

/** Answers as Claude's or Gemini's API does, whichever is asked, and as an HTTP proxy between: it gets whole URLs. */
const startProvider = Effect.gen(function* () {
  const seen: Array<Seen> = []
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const target = request.url ?? ""
    seen.push({ target, headers: request.headers, body: JSON.parse(await readText(request)) })
    response.writeHead(200, { "content-type": "application/json" })
    response.end(JSON.stringify(target.includes("/models/") ? generated : message))
  }
  const url = yield* startServer((request, response) => void serve(request, response))
  return { url, seen }
})

/** A proxy, and clients that ask it. */
const askable = Effect.fnUntraced(function* (config: string) {
  const proxy = yield* proxyWith(config)
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    Effect.promise((signal) =>
      fetch(`${proxy.url}${path}`, {
        method: "POST",
        signal,
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body)
      })
    )
  const claude = (model: string, headers?: Record<string, string>) =>
    post("/v1/messages", { model, max_tokens: 9, messages: [{ role: "user", content: "Hi" }] }, headers)
  const gemini = (model: string) =>
    post(`/v1beta/models/${model}:generateContent`, { contents: [{ role: "user", parts: [{ text: "Hi" }] }] })
  const get = (path: string) => Effect.promise((signal) => fetch(`${proxy.url}${path}`, { signal }))
  return { proxy, claude, gemini, get }
})

describe("keys of Claude and Gemini", () => {
  it.live("serve every model of their provider, with the headers that it wants", () =>
    Effect.gen(function* () {
      const provider = yield* startProvider
      const { claude, gemini, get } = yield* askable(`
claude-api-key:
  - api-key: claude-secret
    base-url: ${provider.url}/v1
    prefix: team
    excluded-models: ["*-old"]
    headers: {X-Session: $x-session, X-Team: blue}
gemini-api-key:
  - api-key: gemini-secret
    base-url: ${provider.url}
`)
      assert.strictEqual((yield* get("/readyz")).status, 200)
      const beta = { "anthropic-beta": "some-beta", "x-session": "s-1", "x-api-key": "what the client has" }
      assert.strictEqual((yield* claude("team/claude-new(high)", beta)).status, 200)
      assert.strictEqual((yield* gemini("gemini-new")).status, 200)
      assert.strictEqual((yield* claude("claude-old")).status, 404)
      const [first, second] = provider.seen
      assert.strictEqual(first?.target, "/v1/messages")
      assert.deepInclude(first?.headers, {
        "x-api-key": "claude-secret",
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "some-beta",
        "x-session": "s-1",
        "x-team": "blue"
      })
      assert.deepInclude(first?.body, { model: "claude-new" })
      assert.strictEqual(second?.target, "/v1beta/models/gemini-new:generateContent")
      assert.deepInclude(second?.headers, { "x-goog-api-key": "gemini-secret" })
      assert.lengthOf(provider.seen, 2)

      const listed = yield* get("/v1/models/claude-any")
      assert.strictEqual(listed.status, 200)
      assert.include(yield* textOf(listed), `"claude-any"`)
    })
  )

  it.live("call a model by its alias in answers where that is forced, in any protocol", () =>
    Effect.gen(function* () {
      const provider = yield* startProvider
      const { claude, gemini } = yield* askable(`
claude-api-key:
  - api-key: c
    base-url: ${provider.url}
    models:
      - {name: claude-new, alias: big, force-mapping: true}
      - {name: claude-new, alias: plain}
`)
      const names = yield* Effect.forEach([claude("big"), gemini("big"), claude("plain"), gemini("plain")], (asked) =>
        Effect.map(Effect.flatMap(asked, textOf), (text) => /"model(?:Version)?":"([^"]*)"/.exec(text)?.[1])
      )
      assert.deepStrictEqual(names, ["big", "big", "claude-provider", "claude-provider"])
    })
  )

  it.live("get the share of the requests that they are given", () =>
    Effect.gen(function* () {
      const provider = yield* startProvider
      const { claude } = yield* askable(`
routing: {strategy: weighted-round-robin}
claude-api-key:
  - {api-key: much, base-url: "${provider.url}", weight: 3}
  - {api-key: little, base-url: "${provider.url}"}
  - {api-key: nothing, base-url: "${provider.url}", weight: 0}
`)
      yield* Effect.forEach(Array.from({ length: 8 }), () => claude("claude-x"))
      const served = Map.groupBy(provider.seen, ({ headers }) => headers["x-api-key"])
      assert.deepStrictEqual(
        ["much", "little", "nothing"].map((key) => served.get(key)?.length),
        [6, 2, undefined]
      )
    })
  )

  it.live("go each through the proxy of its own, and never show its password", () =>
    Effect.gen(function* () {
      const provider = yield* startProvider
      const own = yield* startProvider
      const general = yield* startProvider
      const { claude, gemini, proxy } = yield* askable(`
proxy-url: ${general.url}
claude-api-key:
  - api-key: c
    base-url: http://claude.invalid
    proxy-url: ${own.url.replace("//", "//jane:proxy-secret@")}
gemini-api-key:
  - api-key: g
    base-url: http://gemini.invalid
    excluded-models: [gemini-direct]
  - api-key: g
    base-url: ${provider.url}
    proxy-url: direct
    excluded-models: [gemini-proxied]
`)
      yield* claude("claude-x")
      yield* gemini("gemini-proxied")
      yield* gemini("gemini-direct")
      assert.deepStrictEqual(
        [own, general, provider].map(({ seen }) => seen.map(({ target }) => target)),
        [
          ["http://claude.invalid/v1/messages"],
          ["http://gemini.invalid/v1beta/models/gemini-proxied:generateContent"],
          ["/v1beta/models/gemini-direct:generateContent"]
        ]
      )
      const password = Buffer.from("jane:proxy-secret").toString("base64")
      assert.strictEqual(own.seen[0]?.headers["proxy-authorization"], `Basic ${password}`)
      assert.notInclude(proxy.stdout() + proxy.stderr(), "proxy-secret")
    })
  )

  it.live("that all are disabled make the proxy say that it is not ready", () =>
    Effect.gen(function* () {
      const { claude, get } = yield* askable("claude-api-key: [{api-key: c, disabled: true}]\n")
      assert.strictEqual((yield* get("/readyz")).status, 503)
      assert.strictEqual((yield* claude("claude-x")).status, 503)
    })
  )
})
