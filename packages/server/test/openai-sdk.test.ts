import { NoCredential, UpstreamUnreachable } from "@cliproxy/pipeline"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { APIError, AuthenticationError, OpenAI, RateLimitError } from "openai"

import type { RunningServer } from "../src/index.ts"
import { answerJson, type ChatScript, startEvents } from "./scripted-gateway.ts"
import { withServer } from "./with-server.ts"

const client = (server: RunningServer, apiKey = "right") =>
  new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 })

const messages = [{ role: "user" as const, content: "hi" }]

const completion = {
  id: "c1",
  object: "chat.completion",
  created: 1,
  model: "demo",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
}

const chunk = (content: string) =>
  `data: ${JSON.stringify({
    id: "c1",
    object: "chat.completion.chunk",
    created: 1,
    model: "demo",
    choices: [{ index: 0, delta: { content }, finish_reason: null }]
  })}\n\n`

const stream =
  (...events: ReadonlyArray<string>): ChatScript =>
  (_request, sink) =>
    Effect.andThen(startEvents(sink, ...events), Effect.sync(sink.end))

const failureOf = (run: () => Promise<unknown>) =>
  Effect.promise(() =>
    run().then(
      () => assert.fail("the call succeeded"),
      (error: unknown) => error
    )
  )

const collect = async (server: RunningServer) => {
  const texts: Array<string> = []
  const events = await client(server).chat.completions.create({ model: "demo", messages, stream: true })
  for await (const event of events) texts.push(event.choices[0]?.delta.content ?? "")
  return texts
}

describe("the official openai client", () => {
  it.live("gets a whole completion", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson(completion), { apiKeys: () => ["right"] })
      const answer = yield* Effect.promise(() => client(server).chat.completions.create({ model: "demo", messages }))
      assert.strictEqual(answer.choices[0]?.message.content, "Hello")
      assert.strictEqual(answer.usage?.total_tokens, 2)
    })
  )

  it.live("gets a streamed completion", () =>
    Effect.gen(function* () {
      const server = yield* withServer(stream(chunk("Hel"), chunk("lo"), "data: [DONE]\n\n"))
      assert.deepStrictEqual(yield* Effect.promise(() => collect(server)), ["Hel", "lo"])
    })
  )

  it.live("lists models and retrieves one", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson({}))
      const list = yield* Effect.promise(() => client(server).models.list())
      assert.deepStrictEqual(
        list.data.map(({ id }) => id),
        ["demo", "team/large model"]
      )
      const one = yield* Effect.promise(() => client(server).models.retrieve("demo"))
      assert.strictEqual(one.owned_by, "demo")
    })
  )

  it.live("sees a wrong key as its authentication error", () =>
    Effect.gen(function* () {
      const server = yield* withServer(answerJson(completion), { apiKeys: () => ["right"] })
      const error = yield* failureOf(() => client(server, "wrong").chat.completions.create({ model: "demo", messages }))
      assert.instanceOf(error, AuthenticationError)
      assert.strictEqual(error.code, "invalid_api_key")
      assert.match(error.requestID ?? "", /^[0-9a-f-]{36}$/)
    })
  )

  it.live("sees cooling credentials as its rate limit error", () =>
    Effect.gen(function* () {
      const server = yield* withServer(() =>
        Effect.fail(new NoCredential({ message: "all are cooling", status: 429, code: "cooling", retryAfterMs: 5000 }))
      )
      const error = yield* failureOf(() => client(server).chat.completions.create({ model: "demo", messages }))
      assert.instanceOf(error, RateLimitError)
      assert.strictEqual(error.headers?.get("retry-after"), "5")
    })
  )

  it.live("throws the error that ends a stream in the middle", () =>
    Effect.gen(function* () {
      const server = yield* withServer((_request, sink) =>
        Effect.andThen(
          startEvents(sink, chunk("Hel")),
          Effect.fail(new UpstreamUnreachable({ message: "the provider went away", midStream: true }))
        )
      )
      const error = yield* failureOf(() => collect(server))
      assert.instanceOf(error, APIError)
      assert.include(error.message, "the provider went away")
    })
  )
})
