import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { OpenAI } from "openai"

import { startDemoProvider } from "../src/demo/demo-provider.ts"
import { textOf } from "./run-proxy.ts"

const messages = [{ role: "user" as const, content: "What is up?" }]

describe("the demo provider", () => {
  it.live("answers whole and says which key served", () =>
    Effect.gen(function* () {
      const { baseUrl, keys } = yield* startDemoProvider
      assert.lengthOf(keys, 3)
      for (const { apiKey } of keys) {
        const client = new OpenAI({ baseURL: baseUrl, apiKey })
        const answer = yield* Effect.promise(() => client.chat.completions.create({ model: "demo", messages }))
        assert.include(answer.choices[0]?.message.content ?? "", `served by ${apiKey}.`)
        assert.include(answer.choices[0]?.message.content ?? "", "What is up?")
        assert.strictEqual(answer.usage?.prompt_tokens, 3)
      }
    })
  )

  it.live("streams the same text in pieces, spaced in time, with usage when asked for", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* startDemoProvider
      const client = new OpenAI({ baseURL: baseUrl, apiKey: "demo-key-2" })
      const chunks = yield* Effect.promise(async () => {
        const stream = await client.chat.completions.create({
          model: "demo",
          messages,
          stream: true,
          stream_options: { include_usage: true }
        })
        const seen = []
        for await (const chunk of stream) seen.push({ chunk, at: performance.now() })
        return seen
      })
      const text = chunks.map(({ chunk }) => chunk.choices[0]?.delta.content ?? "").join("")
      assert.include(text, "served by demo-key-2.")
      assert.strictEqual(chunks.at(-1)?.chunk.usage?.completion_tokens, chunks.length - 3)
      assert.isAbove((chunks.at(-1)?.at ?? 0) - (chunks[0]?.at ?? 0), 10 * 10)
    })
  )

  it.live("knows its own keys only, and its own routes", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* startDemoProvider
      const get = (path: string, authorization: string) =>
        Effect.promise(() => fetch(`${baseUrl}${path}`, { headers: { authorization } }))
      for (const wrong of ["Bearer demo-key-4", "demo-key-1", ""]) {
        const refused = yield* get("/models", wrong)
        assert.strictEqual(refused.status, 401)
        assert.include(yield* textOf(refused), "invalid_api_key")
      }
      assert.strictEqual((yield* get("/models", "Bearer demo-key-1")).status, 200)
      assert.strictEqual((yield* get("/nothing", "Bearer demo-key-1")).status, 404)
      const broken = yield* Effect.promise(() =>
        fetch(`${baseUrl}/chat/completions`, {
          method: "POST",
          body: "{",
          headers: { authorization: "Bearer demo-key-1" }
        })
      )
      assert.strictEqual(broken.status, 400)
    })
  )
})
