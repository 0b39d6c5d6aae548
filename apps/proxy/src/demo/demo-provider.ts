import { randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { json as readJson } from "node:stream/consumers"

import type { ProviderSettings } from "@cliproxy/pipeline"
import { Effect, type Scope } from "effect"

import { demoProviderName } from "../config/proxy-config.ts"
import { type DemoRequest, demoTokens, demoUsage, readDemoRequest } from "./demo-answer.ts"

/** Names of the demo's keys, which make its credentials `demo/first` and so on, and the keys. */
const keys = [
  { name: "first", apiKey: "demo-key-1" },
  { name: "second", apiKey: "demo-key-2" },
  { name: "third", apiKey: "demo-key-3" }
]

/** Milliseconds between two pieces of a streamed answer, about the pace of a fast model. */
const pieceMs = 20

const send = (response: ServerResponse, status: number, body: unknown) => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
}

const sendError = (response: ServerResponse, status: number, message: string, code: string) =>
  send(response, status, { error: { message, type: "invalid_request_error", param: null, code } })

const sendWhole = (response: ServerResponse, request: DemoRequest, key: string) => {
  const tokens = demoTokens(request, key)
  send(response, 200, {
    id: `chatcmpl-${randomUUID()}`,
    object: "chat.completion",
    created: Math.floor(Date.now() / 1000),
    model: request.model,
    choices: [{ index: 0, message: { role: "assistant", content: tokens.join("") }, finish_reason: "stop" }],
    usage: demoUsage(request, tokens)
  })
}

const sendStream = (response: ServerResponse, request: DemoRequest, key: string) => {
  const head = {
    id: `chatcmpl-${randomUUID()}`,
    object: "chat.completion.chunk",
    created: Math.floor(Date.now() / 1000),
    model: request.model
  }
  const event = (choices: ReadonlyArray<unknown>, usage?: unknown) =>
    `data: ${JSON.stringify({ ...head, choices, ...(usage === undefined ? {} : { usage }) })}\n\n`
  const tokens = demoTokens(request, key)
  const events = [
    event([{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }]),
    ...tokens.map((content) => event([{ index: 0, delta: { content }, finish_reason: null }])),
    event([{ index: 0, delta: {}, finish_reason: "stop" }]),
    ...(request.includeUsage ? [event([], demoUsage(request, tokens))] : []),
    "data: [DONE]\n\n"
  ]
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" })
  let next = 0
  const timer = setInterval(() => {
    const text = events[next++]
    if (text !== undefined) response.write(text)
    if (next >= events.length) {
      clearInterval(timer)
      response.end()
    }
  }, pieceMs)
  response.on("close", () => clearInterval(timer))
}

const handle = async (request: IncomingMessage, response: ServerResponse) => {
  const key = keys.find(({ apiKey }) => request.headers.authorization === `Bearer ${apiKey}`)
  if (key === undefined) {
    request.resume()
    return sendError(response, 401, "The demo provider does not know this key.", "invalid_api_key")
  }
  const route = `${request.method} ${request.url}`
  if (route === "GET /v1/models") {
    return send(response, 200, {
      object: "list",
      data: [{ id: "demo", object: "model", created: 0, owned_by: "demo" }]
    })
  }
  if (route !== "POST /v1/chat/completions") return sendError(response, 404, `There is no ${route} here.`, "not_found")
  const chat = readDemoRequest(await readJson(request))
  return chat.stream ? sendStream(response, chat, key.apiKey) : sendWhole(response, chat, key.apiKey)
}

/**
 * A provider to try the proxy with: a real HTTP server on a free loopback port that speaks OpenAI chat completions, whole
 * and streamed, for the model `demo`. It knows three keys and says in each answer which one served it. It costs nothing
 * and asks nobody. Runs until the scope closes; gives the settings under which the pipeline reaches it.
 */
export const startDemoProvider: Effect.Effect<ProviderSettings, never, Scope.Scope> = Effect.gen(function* () {
  const server = createServer((request, response) => {
    handle(request, response).catch(() => {
      if (!response.headersSent) sendError(response, 400, "The request body is not valid JSON.", "invalid_json")
    })
  })
  const port = yield* Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.once("error", (error) => resume(Effect.die(error)))
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  return {
    kind: "openai-compatibility",
    name: demoProviderName,
    baseUrl: `http://127.0.0.1:${port}/v1`,
    disabled: false,
    priority: 0,
    prefix: undefined,
    headers: {},
    keys,
    models: [{ name: "demo", alias: "demo" }]
  }
})
