import { Effect, type Scope } from "effect"
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http"

import { startServer } from "./host-http/loopback-server.ts"

/** One request as the provider got it. */
export interface ReceivedRequest {
  readonly key: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Resolves with the time when the connection of this exchange went away before the answer was finished. */
  readonly hungUp: Promise<number>
}

/** What the provider does with a request. */
export type Behaviour = (response: ServerResponse, request: ReceivedRequest) => void

/** A real HTTP server on loopback that behaves as a script says, per API key. */
export interface ScriptedProvider {
  /** With `/v1`. */
  readonly baseUrl: string
  readonly received: Array<ReceivedRequest>
  /** By API key: what to do with the next requests. The last one is kept. */
  readonly script: Map<string, Array<Behaviour>>
  /** Open connections. */
  readonly connections: () => number
}

/** Starts a provider. Keys without a script get a short JSON completion that names the key's last character. */
export const startProvider: Effect.Effect<ScriptedProvider, never, Scope.Scope> = Effect.gen(function* () {
  const received: Array<ReceivedRequest> = []
  const script = new Map<string, Array<Behaviour>>()
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const key = (request.headers.authorization ?? "").replace("Bearer ", "")
      const hungUp = new Promise<number>((resolve) => {
        response.on("close", () => {
          if (!response.writableFinished) resolve(performance.now())
        })
      })
      const got = {
        key,
        path: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        hungUp
      }
      received.push(got)
      const behaviours = script.get(key) ?? []
      const behaviour =
        (behaviours.length > 1 ? behaviours.shift() : behaviours[0]) ?? completion(`served by ${key.slice(-1)}`)
      behaviour(response, got)
    })
  }
  const { connections, url } = yield* startServer(serve)
  return { baseUrl: `${url}/v1`, received, script, connections }
})

/** A chat completion with one message. */
export const completionBody = (content: string): string =>
  JSON.stringify({
    id: "c",
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }]
  })

export const completion = (content: string): Behaviour => json(200, completionBody(content))

export const json =
  (status: number, body: string, headers: Record<string, string> = {}): Behaviour =>
  (response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body)

/** An OpenAI error answer. */
export const failing = (
  status: number,
  message = `status ${status}`,
  headers: Record<string, string> = {}
): Behaviour =>
  json(
    status,
    JSON.stringify({ error: { message, type: `type_${status}`, code: `code_${status}`, param: null } }),
    headers
  )

/** The events of a stream that says `words`, with a finish reason and `[DONE]`. */
export const eventStream = (words: ReadonlyArray<string>): string =>
  [
    ...words.map((content) => JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })),
    JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
    "[DONE]"
  ]
    .map((data) => `data: ${data}\n\n`)
    .join("")

/** Sends the pieces one by one, each in a packet of its own, then ends or cuts the connection. */
export const streaming =
  (pieces: ReadonlyArray<string | Buffer>, then: "end" | "reset" | "hang" = "end", pauseMs = 0): Behaviour =>
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream", "x-provider-secret": "1" })
    response.flushHeaders()
    response.socket?.setNoDelay(true)
    const left = [...pieces]
    const next = (): void => {
      const piece = left.shift()
      if (piece !== undefined) {
        response.write(piece)
        if (pauseMs > 0) setTimeout(next, pauseMs)
        else setImmediate(next)
      } else if (then === "end") response.end()
      else if (then === "reset") setImmediate(() => response.socket?.resetAndDestroy())
    }
    next()
  }

export const resetBeforeHeaders: Behaviour = (response) => response.socket?.resetAndDestroy()

export const hang: Behaviour = () => {}
