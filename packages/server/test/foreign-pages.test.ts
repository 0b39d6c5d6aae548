import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { answerJson } from "./scripted-gateway.ts"
import { jsonOf, request, textOf, withServer } from "./with-server.ts"

const ask = (url: string, headers: Record<string, string>) =>
  request(url, { method: "POST", body: `{"model":"demo"}`, headers: { "content-type": "text/plain", ...headers } })

describe("a web page of another origin", () => {
  for (const origin of ["https://page.example", "null", "http://10.0.0.7:8317", "http://localhost.page.example"]) {
    it.live(`may not use a gateway that asks for no keys: ${origin}`, () =>
      Effect.gen(function* () {
        let served = 0
        const server = yield* withServer((incoming, sink) => {
          served++
          return answerJson({})(incoming, sink)
        })
        const openai = yield* ask(`${server.url}/v1/chat/completions`, { origin })
        assert.strictEqual(openai.status, 403)
        const body = yield* jsonOf(openai)
        assert.nestedPropertyVal(body, "error.code", "foreign_origin")
        assert.include(JSON.stringify(body), "api-keys")
        const claude = yield* ask(`${server.url}/v1/messages`, { origin })
        assert.strictEqual(claude.status, 403)
        assert.nestedPropertyVal(yield* jsonOf(claude), "error.type", "permission_error")
        assert.strictEqual(served, 0)
      })
    )
  }

  it.live("may, with a key, where there are keys", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}), { apiKeys: () => ["k"] })
      const origin = "https://page.example"
      const response = yield* ask(`${server.url}/v1/chat/completions`, { origin, authorization: "Bearer k" })
      assert.deepStrictEqual([response.status, response.headers.get("access-control-allow-origin")], [200, "*"])
    })
  )

  for (const origin of ["http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:80", "http://a.localhost"]) {
    it.live(`is not what a page of this machine is: ${origin}`, () =>
      Effect.gen(function* () {
        const server = yield* withServer(answerJson({}))
        assert.strictEqual((yield* ask(`${server.url}/v1/chat/completions`, { origin })).status, 200)
      })
    )
  }

  for (const path of ["/v0/management/credentials", "/metrics"]) {
    it.live(`is not told that it may read ${path}`, () =>
      Effect.gen(function* () {
        const server = yield* withServer(answerJson({}), {
          management: () => ({ secretKey: "right", allowRemote: false })
        })
        const headers = { origin: "https://page.example", "access-control-request-headers": "authorization" }
        const preflight = yield* request(`${server.url}${path}`, { method: "OPTIONS", headers })
        const get = yield* request(`${server.url}${path}`, { headers: { ...headers, authorization: "Bearer right" } })
        assert.isAtLeast(preflight.status, 400)
        for (const answer of [preflight, get]) {
          const allowed = [...answer.headers.keys()].filter((name) => name.startsWith("access-control"))
          assert.deepStrictEqual(allowed, [])
          yield* textOf(answer)
        }
      })
    )
  }
})
