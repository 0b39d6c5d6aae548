import type { GatewayPlugins } from "@cliproxy/pipeline"
import { Effect } from "effect"

import type { Exchange } from "../exchange.ts"
import type { Rejected } from "../rejected.ts"
import { parseJsonBody, readBody } from "../request-body.ts"

type Callback = Parameters<GatewayPlugins["logins"]["receive"]>[0]

const firstText = (...values: ReadonlyArray<unknown>): string =>
  values.flatMap((value) => (typeof value === "string" && value.trim() !== "" ? [value.trim()] : [])).at(0) ?? ""

const ofQuery = (query: string): Callback => {
  const given = new URLSearchParams(query)
  return {
    provider: firstText(given.get("provider")),
    state: firstText(given.get("state")),
    code: firstText(given.get("code")),
    error: firstText(given.get("error"), given.get("error_description"))
  }
}

/**
 * The fields of the body, and what they leave out from `redirect_url`: a person whose browser could not reach this
 * machine hands in the address that it was sent to. `undefined` when that is no address.
 */
const ofBody = (json: Readonly<Record<string, unknown>>): Callback | undefined => {
  const address = firstText(json["redirect_url"])
  if (address !== "" && !URL.canParse(address)) return undefined
  const sent = ofQuery(address === "" ? "" : new URL(address).search)
  return {
    provider: firstText(json["provider"]),
    state: firstText(json["state"], sent.state),
    code: firstText(json["code"], sent.code),
    error: firstText(json["error"], sent.error)
  }
}

const say = ({ answer }: Exchange, status: number, body: object): void => answer.json(status, JSON.stringify(body))

/** Bytes that a callback may have: anybody who reaches the port may send one. */
const maxCallbackBytes = 64 * 1024

/**
 * Takes what a provider's log-in page sends back, for the plugin that logs in there: a browser that is sent here (GET),
 * or a person who hands it in (POST). No management key, since browsers have none: only who began the log-in knows its
 * state. Refused unless a log-in waits for it.
 */
export const receiveCallback = (
  { receive }: GatewayPlugins["logins"],
  exchange: Exchange
): Effect.Effect<void, Rejected> =>
  Effect.gen(function* () {
    const { method, query, request, response } = exchange
    let callback: Callback | undefined
    if (method === "GET") callback = ofQuery(query)
    else {
      const sent = yield* readBody(request, response, maxCallbackBytes)
      callback = ofBody((yield* parseJsonBody(sent, request.headers["content-encoding"], maxCallbackBytes)).json)
    }
    if (callback === undefined) return say(exchange, 400, { status: "error", error: "invalid redirect_url" })
    yield* receive(callback).pipe(
      Effect.map(() => say(exchange, 200, { status: "ok" })),
      Effect.catch(({ message, status }) =>
        Effect.sync(() => say(exchange, status, { status: "error", error: message }))
      )
    )
  })
