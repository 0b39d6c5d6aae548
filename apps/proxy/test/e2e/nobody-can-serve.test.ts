import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import {
  type Answer,
  at,
  client,
  first,
  operator,
  refuse,
  second,
  secrets,
  third,
  tieredProxy
} from "./tiered-proxy.ts"

/** Path and body of a request in each protocol, and where its errors have their text. */
const protocols = [
  ["openai", "/v1/chat/completions", { model: "demo", messages: [{ role: "user", content: "hi" }] }],
  ["openai-response", "/v1/responses", { model: "demo", input: "hi" }],
  ["claude", "/v1/messages", { model: "demo", max_tokens: 9, messages: [{ role: "user", content: "hi" }] }],
  ["gemini", "/v1beta/models/demo:generateContent", { contents: [{ role: "user", parts: [{ text: "hi" }] }] }]
] as const

const asking = (url: string, path: string, body: object) =>
  Effect.promise(async () => {
    const headers = { authorization: `Bearer ${client}`, "content-type": "application/json" }
    const response = await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) })
    const text = await response.text()
    return { status: response.status, retryAfter: response.headers.get("retry-after"), text }
  })

const allAnswer = (answer: Answer) => ({ [first]: answer, [second]: answer, [third]: answer })

describe("when nobody can serve", () => {
  it.live("a client of any protocol is told what is wrong with each credential, and when to come back", () =>
    Effect.gen(function* () {
      const { assertNoSecrets, proxy } = yield* tieredProxy(allAnswer(refuse(429, { "retry-after": "3000" })))
      const [, anyPath, anyBody] = protocols[0]
      yield* asking(proxy.url, anyPath, anyBody)
      for (const [protocol, path, body] of protocols) {
        const { retryAfter, status, text } = yield* asking(proxy.url, path, body)
        assert.strictEqual(status, 429, protocol)
        assert.isTrue(Number(retryAfter) > 0 && Number(retryAfter) <= 3000, `${protocol}: ${retryAfter}`)
        const message = String(at(JSON.parse(text), "error", "message"))
        for (const id of ["main/one", "main/two", "spare/three"]) {
          assert.match(message, new RegExp(`${id}: rate-limited \\(HTTP 429\\), until \\d{4}-`), protocol)
        }
        for (const secret of [...secrets, operator]) assert.notInclude(text, secret, protocol)
      }
      yield* assertNoSecrets
    })
  )

  it.live("refused keys are no 401 for the client, and the gateway says whose they are", () =>
    Effect.gen(function* () {
      const { manage, proxy } = yield* tieredProxy(allAnswer(refuse(401)))
      const [, path, body] = protocols[0]
      const tried = yield* asking(proxy.url, path, body)
      const rested = yield* asking(proxy.url, path, body)
      assert.deepStrictEqual([tried.status, rested.status], [503, 503])
      assert.include(rested.text, "main/one: refused by its provider (HTTP 401)")
      const { json } = yield* manage("GET", "requests?failed=true")
      const [last, before] = json["requests"] as ReadonlyArray<unknown>
      assert.deepStrictEqual([at(last, "attempts"), at(before, "attempts")], [0, 3])
      assert.deepStrictEqual([at(last, "error"), at(before, "error")], ["NoCredential", "UpstreamFailed"])
    })
  )
})
