import { text as readText } from "node:stream/consumers"

import type { Effect, Scope } from "effect"

import { startServer } from "../loopback-server.ts"
import { type ProviderName, simulatorKey } from "./endpoints.ts"

const pathOf = (provider: ProviderName, model: string, stream: boolean): string => {
  if (provider === "openai") return "/v1/chat/completions"
  if (provider === "claude") return "/v1/messages"
  return `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`
}

const keyFor = (provider: ProviderName): Record<string, string> => {
  const key = simulatorKey(provider)
  if (provider === "openai") return { authorization: `Bearer ${key}` }
  return provider === "claude" ? { "x-api-key": key, "anthropic-version": "2023-06-01" } : { "x-goog-api-key": key }
}

/** What a faulty gateway does to the text of a body. */
export interface Faults {
  readonly request?: (body: string) => string
  readonly answer?: (body: string) => string
}

/**
 * Starts a server that sends every body to the right endpoint of a provider with the right key, and does nothing else to
 * it than `faults`.
 */
export const startPassThrough = (
  provider: ProviderName,
  url: string,
  model: string,
  stream: boolean,
  { answer: alterAnswer = untouched, request: alterRequest = untouched }: Faults = {}
): Effect.Effect<string, never, Scope.Scope> =>
  startServer((request, response) => {
    const forward = async () => {
      const answer = await fetch(`${url}${pathOf(provider, model, stream)}`, {
        method: "POST",
        headers: { ...keyFor(provider), "content-type": "application/json" },
        body: alterRequest(await readText(request))
      })
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" })
      response.end(alterAnswer(await answer.text()))
    }
    // A client that hangs up ends its own request only.
    forward().catch(() => response.destroy())
  })

const untouched = (body: string): string => body
