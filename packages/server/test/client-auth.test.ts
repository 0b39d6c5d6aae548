import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { answerJson } from "./scripted-gateway.ts"
import { jsonOf, request, withServer } from "./with-server.ts"

const places: ReadonlyArray<readonly [string, (key: string) => { headers?: Record<string, string>; query?: string }]> =
  [
    ["Authorization with Bearer", (key) => ({ headers: { authorization: `Bearer ${key}` } })],
    ["Authorization with bearer in lower case", (key) => ({ headers: { authorization: `bearer ${key}` } })],
    ["Authorization with the bare key", (key) => ({ headers: { authorization: key } })],
    ["X-Api-Key", (key) => ({ headers: { "x-api-key": key } })],
    ["X-Goog-Api-Key", (key) => ({ headers: { "x-goog-api-key": key } })],
    ["the query parameter key", (key) => ({ query: `?key=${encodeURIComponent(key)}` })],
    ["the query parameter auth_token", (key) => ({ query: `?auth_token=${encodeURIComponent(key)}` })]
  ]

describe("client keys", () => {
  for (const [name, place] of places) {
    it.live(`a right key is taken from ${name}, a wrong one refused`, () =>
      Effect.gen(function* () {
        const server = yield* withServer(answerJson({}), { apiKeys: () => ["first", "right+key/1"] })
        const call = (key: string) => {
          const { headers, query } = place(key)
          return request(`${server.url}/v1/embeddings${query ?? ""}`, {
            method: "POST",
            body: "{}",
            ...(headers === undefined ? {} : { headers })
          })
        }
        assert.strictEqual((yield* call("right+key/1")).status, 200)
        const refused = yield* call("right+key/2")
        assert.strictEqual(refused.status, 401)
        assert.deepStrictEqual(yield* jsonOf(refused), {
          error: {
            message: "The API key that was sent is not known to this gateway.",
            type: "invalid_request_error",
            param: null,
            code: "invalid_api_key"
          }
        })
      })
    )
  }

  it.live("a request without a key is told how to send one", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}), { apiKeys: () => ["k"] })
      const response = yield* request(`${server.url}/v1/models`)
      assert.strictEqual(response.status, 401)
      assert.deepStrictEqual(yield* jsonOf(response), {
        error: {
          message: "No API key was sent. Send one as `Authorization: Bearer KEY` or `X-Api-Key: KEY`.",
          type: "invalid_request_error",
          param: null,
          code: "invalid_api_key"
        }
      })
    })
  )

  it.live("one right key among several is enough", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}), { apiKeys: () => ["right"] })
      const headers = { authorization: "Bearer wrong", "x-api-key": "right" }
      assert.strictEqual((yield* request(`${server.url}/v1/models`, { headers })).status, 200)
    })
  )

  it.live("without configured keys everybody may come in, whatever they send", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      assert.strictEqual((yield* request(`${server.url}/v1/models`)).status, 200)
      const headers = { authorization: "Bearer anything" }
      assert.strictEqual((yield* request(`${server.url}/v1/models`, { headers })).status, 200)
    })
  )

  it.live("health and the root never ask for a key", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}), { apiKeys: () => ["k"] })
      assert.strictEqual((yield* request(`${server.url}/healthz`)).status, 200)
      assert.strictEqual((yield* request(server.url)).status, 200)
    })
  )

  it.live("a change of the keys holds for the next request", () =>
    Effect.gen(function* () {
      let keys: ReadonlyArray<string> = ["old"]
      const server = yield* withServer(answerJson({}), { apiKeys: () => keys })
      const status = (key: string) =>
        Effect.map(request(`${server.url}/v1/models`, { headers: { "x-api-key": key } }), (r) => r.status)
      assert.deepStrictEqual([yield* status("old"), yield* status("new")], [200, 401])
      keys = ["new"]
      assert.deepStrictEqual([yield* status("old"), yield* status("new")], [401, 200])
    })
  )

  it.live("a wrong key is refused before the body is read", () =>
    Effect.gen(function* () {
      let called = false
      const server = yield* withServer(
        (incoming, sink) => {
          called = true
          return answerJson({})(incoming, sink)
        },
        { apiKeys: () => ["k"] }
      )
      const response = yield* request(`${server.url}/v1/chat/completions`, { method: "POST", body: "not json" })
      assert.strictEqual(response.status, 401)
      assert.isFalse(called)
    })
  )
})
