import type { IncomingMessage, ServerResponse } from "node:http"
import { text as readText } from "node:stream/consumers"

import { Effect, type Scope } from "effect"

import { startServer } from "../loopback-server.ts"

/** What a provider double was asked. */
export interface SeenRequest {
  readonly authorization: string | undefined
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

/** A provider that does what the test says, over a real socket. */
export interface Upstream {
  /** Base URL for the configuration. */
  readonly url: string
  readonly seen: ReadonlyArray<SeenRequest>
}

/** Starts a provider double that lives as long as the scope. */
export const startUpstream = (
  answer: (seen: SeenRequest, response: ServerResponse) => void
): Effect.Effect<Upstream, never, Scope.Scope> =>
  Effect.gen(function* () {
    const seen: Array<SeenRequest> = []
    const serve = async (request: IncomingMessage, response: ServerResponse) => {
      const body = await readText(request)
      const entry = { authorization: request.headers.authorization, headers: request.headers, body }
      seen.push(entry)
      answer(entry, response)
    }
    const origin = yield* startServer((request, response) => void serve(request, response))
    return { url: `${origin}/v1`, seen }
  })

/** Answers with a whole completion of this text. */
export const complete = (response: ServerResponse, content: string): void => {
  response.writeHead(200, { "content-type": "application/json" }).end(
    JSON.stringify({
      id: "c1",
      object: "chat.completion",
      created: 1,
      model: "m",
      choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
    })
  )
}

/** One event of a streamed completion. */
export const chunk = (content: string): string =>
  `data: ${JSON.stringify({
    id: "c1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta: { content }, finish_reason: null }]
  })}\n\n`

/** A configuration with one provider that has these keys. */
export const configFor = (url: string, keys: ReadonlyArray<string>, more = ""): string =>
  `openai-compatibility:
  - name: double
    base-url: ${url}
    api-key-entries:
${keys.map((key) => `      - { name: ${key}, api-key: ${key} }`).join("\n")}
    models:
      - { name: m, alias: demo }
${more}`
