import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { answerJson } from "./scripted-gateway.ts"
import { chat, jsonOf, request, textOf, withServer } from "./with-server.ts"

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe("routes", () => {
  it.live("a chat completion reaches the gateway with path, canonical headers, bytes and parsed body", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const server = yield* withServer((incoming, sink) => {
        seen.push({
          path: incoming.path,
          type: incoming.headers["Content-Type"],
          custom: incoming.headers["X-Trace-Id"],
          body: Buffer.from(incoming.body).toString(),
          json: incoming.json,
          id: uuid.test(incoming.id)
        })
        return answerJson({ ok: true })(incoming, sink)
      })
      const response = yield* chat(server, { model: "demo", messages: [] }, { "x-TRACE-id": "t1" })
      assert.strictEqual(response.status, 200)
      assert.match(response.headers.get("x-request-id") ?? "", uuid)
      assert.strictEqual(response.headers.get("access-control-allow-origin"), "*")
      assert.deepStrictEqual(yield* jsonOf(response), { ok: true })
      assert.deepStrictEqual(seen, [
        {
          path: "/v1/chat/completions",
          type: ["application/json"],
          custom: ["t1"],
          body: `{"model":"demo","messages":[]}`,
          json: { model: "demo", messages: [] },
          id: true
        }
      ])
    })
  )

  it.live("models are listed in the shape of the OpenAI API", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      const response = yield* request(`${server.url}/v1/models`)
      assert.strictEqual(response.status, 200)
      assert.deepStrictEqual(yield* jsonOf(response), {
        object: "list",
        data: [
          { id: "demo", object: "model", created: 1_700_000_000, owned_by: "demo" },
          { id: "team/large model", object: "model", created: 1_700_000_001, owned_by: "other" }
        ]
      })
    })
  )

  it.live("one model is found by its name, slashes and encoded characters included", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      for (const path of ["team/large%20model", "team%2Flarge%20model"]) {
        const response = yield* request(`${server.url}/v1/models/${path}`)
        assert.strictEqual(response.status, 200)
        assert.deepStrictEqual(yield* jsonOf(response), {
          id: "team/large model",
          object: "model",
          created: 1_700_000_001,
          owned_by: "other"
        })
      }
    })
  )

  it.live("an unknown model is a 404 that names it", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      const response = yield* request(`${server.url}/v1/models/nobody`)
      assert.strictEqual(response.status, 404)
      assert.deepStrictEqual(yield* jsonOf(response), {
        error: {
          message: "The model `nobody` does not exist.",
          type: "invalid_request_error",
          param: "model",
          code: "model_not_found"
        }
      })
    })
  )

  it.live("health answers GET and HEAD", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      const get = yield* request(`${server.url}/healthz`)
      assert.deepStrictEqual([get.status, yield* textOf(get)], [200, `{"status":"ok"}`])
      const head = yield* request(`${server.url}/healthz`, { method: "HEAD" })
      assert.deepStrictEqual([head.status, yield* textOf(head)], [200, ""])
      assert.match(head.headers.get("x-request-id") ?? "", uuid)
    })
  )

  it.live("the root says what this is", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      const response = yield* request(server.url)
      assert.strictEqual(response.status, 200)
      assert.propertyVal(yield* jsonOf(response), "name", "cliproxy")
    })
  )

  it.live("an unknown path is a 404 in the OpenAI shape and never shows the query", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      const response = yield* request(`${server.url}/v1/nothing?key=secret-of-mine`)
      assert.strictEqual(response.status, 404)
      assert.deepStrictEqual(yield* jsonOf(response), {
        error: {
          message: "There is no GET /v1/nothing here.",
          type: "invalid_request_error",
          param: null,
          code: "unknown_route"
        }
      })
    })
  )

  it.live("a client whose base URL lacks /v1 is told so", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      const response = yield* request(`${server.url}/chat/completions`, { method: "POST", body: "{}" })
      assert.strictEqual(response.status, 404)
      assert.include(yield* textOf(response), "Did you mean /v1/chat/completions?")
    })
  )

  it.live("a known path with the wrong method is a 405 that says which are right", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      const get = yield* request(`${server.url}/v1/chat/completions`)
      assert.deepStrictEqual([get.status, get.headers.get("allow")], [405, "POST, OPTIONS"])
      assert.nestedPropertyVal(yield* jsonOf(get), "error.code", "method_not_allowed")
      const post = yield* request(`${server.url}/v1/models`, { method: "POST", body: "{}" })
      assert.deepStrictEqual([post.status, post.headers.get("allow")], [405, "GET, HEAD, OPTIONS"])
    })
  )

  it.live("a preflight is answered before any key is asked for and allows Authorization by name", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}), { apiKeys: () => ["k"] })
      const response = yield* request(`${server.url}/v1/chat/completions`, {
        method: "OPTIONS",
        headers: { origin: "https://page.example", "access-control-request-method": "POST" }
      })
      assert.strictEqual(response.status, 204)
      assert.strictEqual(response.headers.get("access-control-allow-origin"), "*")
      assert.match(response.headers.get("access-control-allow-headers") ?? "", /\bAuthorization\b/)
      assert.match(response.headers.get("access-control-allow-methods") ?? "", /\bPOST\b/)
    })
  )
})
