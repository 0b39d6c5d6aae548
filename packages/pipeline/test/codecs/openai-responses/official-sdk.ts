import { createRequire } from "node:module"

import type { JsonObject } from "../../../src/canonical/json.ts"

// The official SDK is a dependency of the reference proxy's tests. Here it reads what the encoder wrote, without a
// server: its `fetch` is ours.

/** What these tests use of the `openai` package. */
interface OpenAIClient {
  readonly responses: {
    readonly create: (params: JsonObject) => Promise<AsyncIterable<JsonObject>>
    readonly stream: (params: JsonObject) => { readonly finalResponse: () => Promise<JsonObject> }
  }
}

type OpenAIConstructor = new (options: {
  readonly apiKey: string
  readonly maxRetries: number
  readonly fetch: () => Promise<Response>
}) => OpenAIClient

interface OpenAIPackage {
  readonly default: OpenAIConstructor
}

const require = createRequire(new URL("../../../../../apps/proxy/package.json", import.meta.url))
const { default: OpenAI } = require("openai") as OpenAIPackage

/** A client to whom the provider answers with these server-sent events. */
export const clientOf = (sse: string): OpenAIClient =>
  new OpenAI({
    apiKey: "test",
    maxRetries: 0,
    fetch: async () => new Response(sse, { headers: { "content-type": "text/event-stream" } })
  })

const params = { model: "m", input: "x" }

/** The response that the SDK accumulates from a stream. Its accumulator refuses what is out of order. */
export const accumulated = (sse: string): Promise<JsonObject> => clientOf(sse).responses.stream(params).finalResponse()

/** The events of a stream as the SDK hands them out; throws what the SDK throws. */
export const streamed = async function* (sse: string): AsyncGenerator<JsonObject> {
  yield* await clientOf(sse).responses.create({ ...params, stream: true })
}
