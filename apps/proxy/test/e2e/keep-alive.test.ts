import type { ServerResponse } from "node:http"

import { Anthropic } from "@anthropic-ai/sdk"
import { assert, layer } from "@effect/vitest"
import { ApiError, GoogleGenAI } from "@google/genai"
import { Context, Effect, Fiber, Layer, Result } from "effect"
import { OpenAI } from "openai"

import { proxyWith } from "../configured-proxy.ts"
import { until } from "../run-proxy.ts"
import { chunk, configFor, startUpstream } from "./upstream.ts"

/** What a client is given: the proxy, and a `fetch` that shows what comes before the SDK reads it. */
interface Given {
  readonly url: string
  readonly fetch: typeof fetch
}

/** How an SDK ends a stream: the text that it got, or the error that it threw. */
interface Sdk {
  readonly name: string
  /** What it is kept alive with. */
  readonly sign: string
  readonly text: (given: Given) => Promise<string>
  /** What its error tells, and what that is for a request that the provider refused. */
  readonly failure: (error: unknown) => unknown
  readonly refused: unknown
}

const sdks: ReadonlyArray<Sdk> = [
  {
    name: "openai",
    sign: ": keep-alive",
    text: async ({ fetch, url }) => {
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0, fetch })
      const messages = [{ role: "user" as const, content: "Hi" }]
      let text = ""
      for await (const event of await client.chat.completions.create({ model: "demo", stream: true, messages })) {
        text += event.choices[0]?.delta.content ?? ""
      }
      return text
    },
    failure: (error) => (error instanceof OpenAI.APIError ? error.type : error),
    refused: "invalid_request_error"
  },
  {
    name: "@anthropic-ai/sdk",
    sign: "event: ping",
    text: async ({ fetch, url }) => {
      const client = new Anthropic({ baseURL: url, apiKey: "none", maxRetries: 0, fetch })
      const messages = [{ role: "user" as const, content: "Hi" }]
      return client.messages.stream({ model: "demo", max_tokens: 9, messages }).finalText()
    },
    failure: (error) => (error instanceof Anthropic.APIError ? error.type : error),
    refused: "invalid_request_error"
  },
  {
    name: "@google/genai",
    sign: ": keep-alive",
    text: async ({ fetch, url }) => {
      // It takes no `fetch` of one's own.
      const before = globalThis.fetch
      globalThis.fetch = fetch
      try {
        const client = new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl: url } })
        let text = ""
        for await (const event of await client.models.generateContentStream({ model: "demo", contents: "Hi" })) {
          text += event.text ?? ""
        }
        return text
      } finally {
        globalThis.fetch = before
      }
    },
    failure: (error) => (error instanceof ApiError ? error.status : error),
    refused: 400
  }
]

/** The proxy before a provider that holds its answers back, for all tests: none of them leaves a key resting. */
class Waiting extends Context.Service<Waiting, { readonly url: string; readonly held: Array<ServerResponse> }>()(
  "keep-alive/Waiting"
) {
  static readonly layer = Layer.effect(
    Waiting,
    Effect.gen(function* () {
      const held: Array<ServerResponse> = []
      const provider = yield* startUpstream((_seen, response) => held.push(response))
      const config = configFor(provider.url, ["key-a"], "streaming: {keepalive-seconds: 1}\n")
      const { url } = yield* proxyWith(config)
      return { url, held }
    })
  )
}

/** How a stream ends for an SDK when the provider answers so, which it does not before the SDK had a sign of life. */
const waiting = Effect.fnUntraced(function* (sdk: Sdk, answer: (response: ServerResponse) => void) {
  const { held, url } = yield* Waiting
  const real = globalThis.fetch
  let seen = ""
  const showing: typeof fetch = async (input, init) => {
    const response = await real(input, init)
    const decoder = new TextDecoder()
    const show = new TransformStream<Uint8Array, Uint8Array>({
      transform: (piece, controller) => {
        seen += decoder.decode(piece, { stream: true })
        controller.enqueue(piece)
      }
    })
    return new Response(response.body?.pipeThrough(show) ?? null, response)
  }
  const outcome = yield* Effect.forkScoped(
    Effect.tryPromise({ try: () => sdk.text({ url, fetch: showing }), catch: (error) => sdk.failure(error) })
  )
  yield* until(() => seen.includes(sdk.sign) && held.length > 0)
  for (const response of held.splice(0)) answer(response)
  return yield* Effect.result(Fiber.join(outcome))
})

const last = `data: ${JSON.stringify({
  id: "c1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta: {}, finish_reason: "stop" }]
})}\n\ndata: [DONE]\n\n`

layer(Waiting.layer, { excludeTestServices: true })("a stream that is kept alive before its answer", (it) => {
  for (const sdk of sdks) {
    it.effect(`is read by ${sdk.name} as if nothing had been`, () =>
      Effect.gen(function* () {
        const outcome = yield* waiting(sdk, (response) => {
          response.writeHead(200, { "content-type": "text/event-stream" })
          response.end(`${chunk("Hel")}${chunk("lo")}${last}`)
        })
        assert.deepStrictEqual(outcome, Result.succeed("Hello"))
      })
    )

    it.effect(`tells ${sdk.name} in the stream what went wrong`, () =>
      Effect.gen(function* () {
        const outcome = yield* waiting(sdk, (response) => {
          const error = { message: "no such thing", type: "invalid_request_error", param: null, code: null }
          response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error }))
        })
        assert.deepStrictEqual(outcome, Result.fail(sdk.refused))
      })
    )
  }
})
