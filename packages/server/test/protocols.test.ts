import { type ClientRequest, UpstreamUnreachable } from "@cliproxy/pipeline"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import type { RunningServer } from "../src/index.ts"
import { answerJson, type ChatScript, type Operation, startEvents } from "./scripted-gateway.ts"
import { jsonOf, request, textOf, withServer } from "./with-server.ts"

const post = (server: RunningServer, path: string, body: unknown = {}, headers: Record<string, string> = {}) =>
  request(`${server.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body)
  })

/** Remembers what reached the gateway. */
const recording = () => {
  const seen: Array<readonly [Operation, ClientRequest]> = []
  const script: ChatScript = (incoming, sink, operation) => {
    seen.push([operation, incoming])
    return answerJson({ ok: true })(incoming, sink)
  }
  return { seen, script }
}

describe("a client's path", () => {
  const paths = [
    ["/v1/chat/completions", "generate", "openai"],
    ["/v1/completions", "completions", "openai"],
    ["/v1/embeddings", "embeddings", "openai"],
    ["/v1/responses", "generate", "openai-response"],
    ["/v1/responses/input_tokens", "countTokens", "openai-response"],
    ["/v1/messages", "generate", "claude"],
    ["/v1/messages?beta=true", "generate", "claude"],
    ["/v1/messages/count_tokens", "countTokens", "claude"]
  ] as const
  for (const [path, operation, protocol] of paths) {
    it.live(`${path} asks for ${operation} in the protocol ${protocol}`, () =>
      Effect.gen(function* () {
        const { script, seen } = recording()
        const server = yield* withServer(script)
        assert.strictEqual((yield* post(server, path, { model: "m", messages: [] })).status, 200)
        const [asked, incoming] = seen[0] ?? []
        assert.deepStrictEqual(
          [asked, incoming?.protocol, incoming?.path],
          [operation, protocol, path.replace(/\?.*/, "")]
        )
        assert.notProperty(incoming, "target")
      })
    )
  }

  const gemini = [
    ["/v1beta/models/gemini-x:generateContent", "generate", { model: "gemini-x", stream: false }, undefined],
    ["/v1beta/models/gemini-x:streamGenerateContent", "generate", { model: "gemini-x", stream: true }, undefined],
    ["/v1beta/models/gemini-x:streamGenerateContent?alt=sse", "generate", { model: "gemini-x", stream: true }, "sse"],
    ["/v1beta/models/gemini-x:countTokens", "countTokens", { model: "gemini-x", stream: false }, undefined],
    ["/v1/models/gemini-x:generateContent", "generate", { model: "gemini-x", stream: false }, undefined],
    ["/v1beta/models/models/gemini-x:generateContent", "generate", { model: "gemini-x", stream: false }, undefined],
    ["/v1beta/models/team%2Fx%3A8b:generateContent", "generate", { model: "team/x:8b", stream: false }, undefined],
    [
      "/v1beta/models/team/x:8b(high):generateContent",
      "generate",
      { model: "team/x:8b(high)", stream: false },
      undefined
    ]
  ] as const
  for (const [path, operation, target, alt] of gemini) {
    it.live(`${path} has the model and the stream in it`, () =>
      Effect.gen(function* () {
        const { script, seen } = recording()
        const server = yield* withServer(script)
        assert.strictEqual((yield* post(server, path, { contents: [] })).status, 200)
        const [asked, incoming] = seen[0] ?? []
        assert.deepStrictEqual(
          [asked, incoming?.protocol, incoming?.target, incoming?.alt],
          [operation, "gemini", target, alt]
        )
      })
    )
  }

  it.live("for chat completions takes a body of Responses for what it is, and tells errors accordingly", () =>
    Effect.gen(function* () {
      const cut = new UpstreamUnreachable({ message: "gone", midStream: true })
      const protocols: Array<string | undefined> = []
      const server = yield* withServer((incoming, sink) => {
        protocols.push(incoming.protocol)
        return Effect.andThen(startEvents(sink), Effect.fail(cut))
      })
      const bodies = [{ input: "hi" }, { instructions: "be brief" }, { input: "hi", messages: [] }, {}]
      const texts = yield* Effect.forEach(bodies, (body) =>
        Effect.flatMap(post(server, "/v1/chat/completions", { model: "m", ...body }), textOf)
      )
      assert.deepStrictEqual(protocols, ["openai-response", "openai-response", "openai", "openai"])
      assert.deepStrictEqual(
        texts.map((text) => text.includes("event: response.failed")),
        [true, true, false, false]
      )
    })
  )
})

describe("a list of models", () => {
  const shapes = [
    ["/v1/models", {}, "object"],
    ["/v1/models", { "anthropic-version": "2023-06-01" }, "first_id"],
    ["/v1/models", { "x-goog-api-key": "k" }, "models"],
    ["/v1beta/models?pageSize=10", {}, "models"]
  ] as const
  for (const [path, headers, property] of shapes) {
    it.live(`at ${path} for ${Object.keys(headers).join() || "anybody"} is the one with ${property}`, () =>
      Effect.gen(function* () {
        const server = yield* withServer(answerJson({}))
        const response = yield* request(`${server.url}${path}`, { headers })
        assert.strictEqual(response.status, 200)
        assert.property(yield* jsonOf(response), property)
      })
    )
  }

  it.live("has each model at a path of its own, in the same shape", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      const one = (path: string, headers: Record<string, string> = {}) =>
        Effect.flatMap(request(`${server.url}${path}`, { headers }), jsonOf)
      const name = "models/team/large model"
      assert.deepInclude(yield* one("/v1beta/models/team%2Flarge%20model"), { name })
      assert.deepInclude(yield* one("/v1beta/models/models/team/large%20model"), { name })
      const claude = { "anthropic-version": "2023-06-01" }
      assert.deepInclude(yield* one("/v1/models/demo", claude), { id: "demo", type: "model" })
      const missing = yield* request(`${server.url}/v1/models/nobody`, { headers: claude })
      assert.strictEqual(missing.status, 404)
      assert.deepStrictEqual(yield* jsonOf(missing), {
        type: "error",
        error: { type: "not_found_error", message: "The model `nobody` does not exist." }
      })
    })
  )
})

describe("an error", () => {
  /** Status and body of what is refused at a path. */
  const refusal = Effect.fnUntraced(function* (server: RunningServer, path: string, init: RequestInit = {}) {
    const response = yield* request(`${server.url}${path}`, init)
    return [response.status, yield* jsonOf(response)] as const
  })

  it.live("of a missing or wrong key is a 401 as each protocol words it", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}), { apiKeys: () => ["right"] })
      const init = { method: "POST", body: "{}" }
      const wrong = { ...init, headers: { "x-api-key": "wrong" } }
      assert.deepStrictEqual(yield* refusal(server, "/v1/messages", init), [
        401,
        {
          type: "error",
          error: {
            type: "authentication_error",
            message: "No API key was sent. Send one as `x-api-key: KEY` or `Authorization: Bearer KEY`."
          }
        }
      ])
      assert.deepStrictEqual(yield* refusal(server, "/v1/messages", wrong), [
        401,
        {
          type: "error",
          error: { type: "authentication_error", message: "The API key that was sent is not known to this gateway." }
        }
      ])
      const [status, google] = yield* refusal(server, "/v1beta/models/m:generateContent?key=wrong", init)
      assert.strictEqual(status, 401)
      assert.nestedPropertyVal(google, "error.code", 401)
      assert.nestedPropertyVal(google, "error.status", "UNAUTHENTICATED")
      for (const path of ["/v1/chat/completions", "/v1/responses", "/v1/embeddings"]) {
        const [code, body] = yield* refusal(server, path, wrong)
        assert.strictEqual(code, 401)
        assert.nestedPropertyVal(body, "error.code", "invalid_api_key")
      }
    })
  )

  it.live("of an unknown path, action, model or method has the shape of the path's protocol", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      const init = { method: "POST", body: "{}" }
      const google = [
        ["/v1beta/models/gemini-x:predict", init, 404, "NOT_FOUND"],
        ["/v1/models/gemini-x:embedContent", init, 404, "NOT_FOUND"],
        ["/v1beta/models/gemini-x:", init, 404, "NOT_FOUND"],
        ["/v1beta/models/nobody", {}, 404, "NOT_FOUND"],
        ["/v1beta/cachedContents", {}, 404, "NOT_FOUND"],
        ["/v1beta/models/gemini-x:generateContent", {}, 405, "INVALID_ARGUMENT"]
      ] as const
      for (const [path, how, status, name] of google) {
        const [code, body] = yield* refusal(server, path, how)
        assert.strictEqual(code, status, path)
        assert.nestedPropertyVal(body, "error.status", name)
        assert.nestedPropertyVal(body, "error.code", status)
      }
      const [code, claude] = yield* refusal(server, "/v1/messages/batches", init)
      assert.strictEqual(code, 404)
      assert.nestedPropertyVal(claude, "error.type", "not_found_error")
      const [, hint] = yield* refusal(server, "/v1/v1/messages", init)
      assert.match(JSON.stringify(hint), /Did you mean \/v1\/messages\?/)
    })
  )

  it.live("of a body that is no JSON is the protocol's own 400", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      const init = { method: "POST", body: "{" }
      const [status, claude] = yield* refusal(server, "/v1/messages", init)
      assert.strictEqual(status, 400)
      assert.nestedPropertyVal(claude, "error.type", "invalid_request_error")
      const [, google] = yield* refusal(server, "/v1beta/models/m:generateContent", init)
      assert.nestedPropertyVal(google, "error.status", "INVALID_ARGUMENT")
    })
  )
})

describe("an error in the middle of a stream", () => {
  const cut = new UpstreamUnreachable({ message: "the provider's connection broke", midStream: true })
  const broken =
    (type: string, sent: string): ChatScript =>
    (_request, sink) =>
      Effect.andThen(
        Effect.sync(() => {
          sink.start(200, { "content-type": type })
          if (sent !== "") sink.write(Buffer.from(sent))
        }),
        Effect.fail(cut)
      )
  const events = (sent: string) => broken("text/event-stream", sent)

  it.live("is the event error for Claude", () =>
    Effect.gen(function* () {
      const sent = `event: message_start\ndata: {"type":"message_start"}\n\n`
      const text = yield* textOf(yield* post(yield* withServer(events(sent)), "/v1/messages"))
      const body = { type: "error", error: { type: "api_error", message: cut.message } }
      assert.strictEqual(text, `${sent}event: error\ndata: ${JSON.stringify(body)}\n\n`)
    })
  )

  it.live("is error and response.failed for Responses", () =>
    Effect.gen(function* () {
      const text = yield* textOf(yield* post(yield* withServer(events("")), "/v1/responses"))
      assert.deepStrictEqual(
        [...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name),
        ["error", "response.failed"]
      )
    })
  )

  it.live("is an event for Gemini, and then, as a piece of its own, the bare error that its SDK looks for", () =>
    Effect.gen(function* () {
      const server = yield* withServer(events(`data: {"candidates":[]}\n\n`))
      const response = yield* post(server, "/v1beta/models/m:streamGenerateContent?alt=sse")
      const pieces: Array<string> = []
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
      for (let read = yield* Effect.promise(() => reader.read()); !read.done;) {
        pieces.push(read.value)
        read = yield* Effect.promise(() => reader.read())
      }
      const error: unknown = JSON.parse(pieces.at(-1) ?? "")
      assert.nestedPropertyVal(error, "error.status", "UNAVAILABLE")
      assert.include(pieces.slice(0, -1).join(""), `data: ${JSON.stringify(error)}\n\n`)
    })
  )

  it.live("is the last element of Gemini's array, however much of it was sent", () =>
    Effect.gen(function* () {
      for (const [sent, elements] of [
        ["", 1],
        [`[{"candidates":[]}`, 2],
        [`[{"candidates":[]},\r\n{"candidates":[]}`, 3]
      ] as const) {
        const server = yield* withServer(broken("application/json; charset=UTF-8", sent))
        const body = yield* jsonOf(yield* post(server, "/v1beta/models/m:streamGenerateContent"))
        assert.isArray(body)
        if (!Array.isArray(body)) return
        assert.strictEqual(body.length, elements)
        assert.nestedPropertyVal(body.at(-1), "error.code", 502)
      }
    })
  )
})

describe("a Claude client", () => {
  it.live("finds the request's ID in request-id too", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      const { headers } = yield* post(server, "/v1/messages")
      assert.isNotNull(headers.get("request-id"))
      assert.strictEqual(headers.get("request-id"), headers.get("x-request-id"))
      assert.isNull((yield* post(server, "/v1/chat/completions")).headers.get("request-id"))
    })
  )
})

describe("readiness", () => {
  it.live("is told apart from health", () =>
    Effect.gen(function* () {
      let ready = false
      const server = yield* withServer(answerJson({}), { ready: () => ready })
      const probe = (path: string) => Effect.map(request(`${server.url}${path}`), ({ status }) => status)
      assert.deepStrictEqual([yield* probe("/healthz"), yield* probe("/readyz")], [200, 503])
      ready = true
      assert.strictEqual(yield* probe("/readyz"), 200)
    })
  )
})
