import { Effect, Layer, Logger, type Scope } from "effect"

import { type RunningServer, serve, type ServerOptions } from "../src/index.ts"
import { type ChatScript, scriptedGateway } from "./scripted-gateway.ts"

/** What a test wants of its server besides the options of `serve`. */
interface TestOptions extends Partial<ServerOptions> {
  /** Gets each line that is logged, as logfmt. */
  readonly log?: Array<string>
  /** Whether the gateway says that it can serve. */
  readonly ready?: () => boolean
}

/** Serves on a free loopback port until the test's scope closes. */
export const withServer = (
  script: ChatScript,
  { log = [], ready, ...options }: TestOptions = {}
): Effect.Effect<RunningServer, never, Scope.Scope> => {
  const logger = Logger.map(Logger.formatLogFmt, (line) => {
    log.push(line)
  })
  return Effect.flatMap(Layer.build(Layer.merge(scriptedGateway(script, ready), Logger.layer([logger]))), (context) =>
    Effect.orDie(
      Effect.provide(serve({ host: "127.0.0.1", port: 0, apiKeys: () => [], graceMs: 0, ...options }), context)
    )
  )
}

/** A `fetch` as an effect; interrupting it hangs up. */
export const request = (url: string, init: RequestInit = {}): Effect.Effect<Response> =>
  Effect.promise((signal) => fetch(url, { signal, ...init }))

/** A chat request with this body. */
export const chat = (server: RunningServer, body: unknown, headers: Record<string, string> = {}) =>
  request(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body)
  })

/** Reads an answer's JSON. */
export const jsonOf = (response: Response): Effect.Effect<unknown> => Effect.promise(() => response.json())

/** Reads an answer's text. */
export const textOf = (response: Response): Effect.Effect<string> => Effect.promise(() => response.text())

/** Waits, in real time, until something holds; a test that waits in vain fails at its own time-out. */
export const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (holds() ? Effect.void : Effect.andThen(Effect.sleep("5 millis"), until(holds))))

/** Lets the event loop turn often enough for what was written to a socket of this process to be read at its other end. */
export const arrival: Effect.Effect<void> = Effect.forEach(Array.from({ length: 10 }), () => Effect.sleep("5 millis"), {
  discard: true
})
