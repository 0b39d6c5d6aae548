import { createRequire } from "node:module"

import type { JsonObject } from "../../../src/canonical/json.ts"

// The official SDK is a dependency of the reference proxy's tests. Here it reads what the encoder wrote, without a
// server: its `fetch` is ours.

interface MessageStream {
  readonly finalMessage: () => Promise<JsonObject>
}

/** What these tests use of the `@anthropic-ai/sdk` package. */
interface AnthropicClient {
  readonly messages: {
    readonly create: (params: JsonObject) => Promise<AsyncIterable<JsonObject>>
    readonly stream: (params: JsonObject) => MessageStream
  }
}

type AnthropicConstructor = new (options: {
  readonly apiKey: string
  readonly maxRetries: number
  readonly fetch: () => Promise<Response>
}) => AnthropicClient

interface AnthropicPackage {
  readonly default: AnthropicConstructor
}

const require = createRequire(new URL("../../../../../apps/proxy/package.json", import.meta.url))
const { default: Anthropic } = require("@anthropic-ai/sdk") as AnthropicPackage

/** A client to whom the provider answers with this body. */
const clientOf = (body: string, status: number, type: string): AnthropicClient =>
  new Anthropic({
    apiKey: "test",
    maxRetries: 0,
    fetch: async () => new Response(body, { status, headers: { "content-type": type } })
  })

const params = { model: "m", max_tokens: 1, messages: [{ role: "user", content: "x" }] }

/** The message that the SDK accumulates from a stream, as JSON. Its accumulator refuses what is out of order. */
export const accumulated = async (sse: string): Promise<JsonObject> =>
  JSON.parse(JSON.stringify(await clientOf(sse, 200, "text/event-stream").messages.stream(params).finalMessage()))

/** The events of a stream as the SDK hands them out; throws what the SDK throws. */
export const streamed = async function* (sse: string): AsyncGenerator<JsonObject> {
  yield* await clientOf(sse, 200, "text/event-stream").messages.create({ ...params, stream: true })
}

/** What the SDK throws for an error answer. */
export const thrownFor = async (status: number, body: JsonObject): Promise<unknown> => {
  try {
    return await clientOf(JSON.stringify(body), status, "application/json").messages.create(params)
  } catch (error) {
    return error
  }
}
