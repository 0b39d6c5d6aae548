import { Effect } from "effect"

import { makeHostHttp } from "../../src/host-http/host-http.ts"
import { openOutbound } from "../../src/host-http/outbound.ts"
import { makeCallbackScopes } from "../../src/plugin-host/callback-scopes.ts"
import { makeHostCalls } from "../../src/plugin-host/host-calls.ts"
import { envelope } from "../plugin-double.ts"

/** The host's HTTP client as plugins see it. */
export const openPluginHttpWith = Effect.fnUntraced(function* (abandonedMs?: number) {
  const outbound = yield* openOutbound
  const http = makeHostHttp(outbound, abandonedMs)
  const scopes = makeCallbackScopes()
  const hostCalls = makeHostCalls(scopes, [http.methods])
  const connect = (plugin: string) => {
    const { end, handler } = hostCalls.connect(plugin)
    /** Sends JSON text and gives what the envelope says: the result, or the error's message. */
    const raw = (method: string, request: string) =>
      Effect.map(handler(method, Buffer.from(request)), (bytes) => {
        const answer = envelope(bytes)
        if (answer._tag === "Success") return { result: answer.result as Record<string, unknown> }
        return { error: answer._tag === "Failure" ? answer.error.message : answer.detail }
      })
    const call = (method: string, request: unknown) => raw(method, JSON.stringify(request))
    /** The result; fails the test when there is none. */
    const result = (method: string, request: unknown) =>
      Effect.map(call(method, request), (answer) => {
        if ("error" in answer) throw new Error(answer.error)
        return answer.result
      })
    const failure = (method: string, request: unknown) =>
      Effect.map(call(method, request), (answer) => ("error" in answer ? answer.error : ""))
    return { raw, call, result, failure, end }
  }
  return { outbound, http, scopes, connect, ...connect("geo") }
})

/** The same, with the limits of a gateway. */
export const openPluginHttp = openPluginHttpWith()

export const base64 = (text: string): string => Buffer.from(text).toString("base64")
export const text = (bytes: unknown): string =>
  typeof bytes === "string" ? Buffer.from(bytes, "base64").toString() : ""
