import { Context, Effect, Layer, Scope } from "effect"

import { type RunningServer, serve, type ServerOptions } from "../src/index.ts"
import { type ChatScript, scriptedGateway } from "./scripted-gateway.ts"

/** Serves on a free loopback port until the test's scope closes. */
export const withServer = (
  script: ChatScript,
  options: Partial<ServerOptions> = {}
): Effect.Effect<RunningServer, never, Scope.Scope> =>
  Effect.flatMap(Layer.build(scriptedGateway(script)), (context) =>
    serve({ host: "127.0.0.1", port: 0, apiKeys: () => [], graceMs: 0, ...options }).pipe(
      Effect.provideContext(context as Context.Context<never>),
      Effect.orDie
    )
  )

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
export const jsonOf = (response: Response): Effect.Effect<any> => Effect.promise(() => response.json())

/** Reads an answer's text. */
export const textOf = (response: Response): Effect.Effect<string> => Effect.promise(() => response.text())
