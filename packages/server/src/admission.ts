import type { ClientAuthMode, Gateway, ProtocolName } from "@cliproxy/pipeline"
import { Effect } from "effect"

import { checkClientKey, type ClientKeyResult, principalOfKey } from "./client-keys.ts"
import type { Exchange } from "./exchange.ts"
import { invalidRequest } from "./error-answer.ts"
import { Rejected } from "./rejected.ts"
import { readBody } from "./request-body.ts"
import { isForeignOrigin } from "./request-origin.ts"
import { collectHeaders } from "./request-headers.ts"
import { collectQuery } from "./request-query.ts"

/** A client that was let in. */
export interface AdmittedClient {
  /** Who it is; `undefined` when nobody asked. Never a key. */
  readonly principal: string | undefined
  /** The request's body as it was sent, when it had to be read to know the client. */
  readonly body: Buffer | undefined
}

/** What the door needs to know. */
export interface AdmissionContext {
  readonly gateway: Gateway["Service"]
  readonly apiKeys: () => ReadonlyArray<string>
  /** Whether others than this machine can reach the server. */
  readonly exposed: () => boolean
  readonly maxBodyBytes: number
}

/** Where the SDKs of a protocol put a key. Any other place will do, too. */
const keyPlaces: Readonly<Record<ProtocolName, string>> = {
  openai: "`Authorization: Bearer KEY` or `X-Api-Key: KEY`",
  "openai-response": "`Authorization: Bearer KEY` or `X-Api-Key: KEY`",
  claude: "`x-api-key: KEY` or `Authorization: Bearer KEY`",
  gemini: "`x-goog-api-key: KEY` or the query parameter `key`"
}

const unauthorized = (result: ClientKeyResult, { protocol }: Exchange) =>
  new Rejected({
    answer: invalidRequest(
      401,
      result._tag === "Wrong"
        ? "The API key that was sent is not known to this gateway."
        : `No API key was sent. Send one as ${keyPlaces[protocol]}.`,
      "invalid_api_key"
    )
  })

const foreignPage = new Rejected({
  answer: invalidRequest(
    403,
    "This gateway asks for no client keys, so that web pages of other origins may not use it: any page in a browser on " +
      "this machine could. Configure client keys (`api-keys`) to let pages in that have one.",
    "foreign_origin"
  )
})

const closed = (message: string) =>
  new Rejected({
    answer: { status: 503, message, type: null, param: null, code: "client_auth_unavailable" }
  })

const withoutGuard = (plugin: string) =>
  closed(
    `The plugin \`${plugin}\` decides who may use this gateway, and does not serve now. Nobody is let in until it does; ` +
      "the gateway's log says what is wrong with it."
  )

const withUnknownPlugin = (plugin: string) =>
  closed(
    `No client keys are configured, and the plugin \`${plugin}\`, which may be what knows the clients, has not registered ` +
      "yet; the gateway's log says why. Until it does, nobody is let in. `guards: false` or `enabled: false` among its " +
      "settings, or client keys, open the doors."
  )

/** Without plugins nothing is asked. */
const nobodyAsked: ClientAuthMode = { asked: false, exclusive: false, readsBody: false, missing: [], unknown: [] }

const nothing = Buffer.alloc(0)

/**
 * Makes the check of a client: the configured keys first, then the plugins that authenticate clients; one of them that
 * wants to decide alone is asked alone. Without keys and without such plugins everybody may come in, except web pages of
 * other origins: fails with a 403. Nobody knows the client: fails with a 401. While a plugin that guards the doors does
 * not serve, or may be one as far as anybody knows, nobody comes in: fails with a 503. A body that a plugin wants is
 * read, and handed on with the client.
 */
export const makeAdmission = ({ gateway, apiKeys, exposed, maxBodyBytes }: AdmissionContext) => {
  const clientAuth = gateway.plugins?.clientAuth

  const askPlugins = Effect.fnUntraced(function* (exchange: Exchange, otherwise: ClientKeyResult) {
    const { method, path, query, request, response } = exchange
    if (clientAuth === undefined) return yield* unauthorized(otherwise, exchange)
    const body = clientAuth.mode().readsBody ? yield* readBody(request, response, maxBodyBytes) : undefined
    const identity = yield* clientAuth.authenticate({
      method,
      path,
      headers: collectHeaders(request.rawHeaders),
      query: collectQuery(query),
      body: body ?? nothing
    })
    if (identity === undefined) return yield* unauthorized(otherwise, exchange)
    const client: AdmittedClient = { principal: identity.principal, body }
    return client
  })

  return (exchange: Exchange): Effect.Effect<AdmittedClient, Rejected> => {
    const { request, query } = exchange
    const { asked, exclusive, missing, unknown } = clientAuth?.mode() ?? nobodyAsked
    if (missing[0] !== undefined) return withoutGuard(missing[0])
    if (exclusive) return askPlugins(exchange, { _tag: "Missing" })
    const keys = apiKeys()
    if (!asked && keys.length === 0 && unknown[0] !== undefined && exposed()) return withUnknownPlugin(unknown[0])
    // Whoever a plugin guards the door for must be known, also when there are no keys.
    if (!asked && keys.length === 0 && isForeignOrigin(request.headers)) return foreignPage
    const result: ClientKeyResult =
      asked && keys.length === 0 ? { _tag: "Missing" } : checkClientKey(keys, request.headers, query)
    if (result._tag === "Allowed") {
      return Effect.succeed({
        principal: result.key === undefined ? undefined : principalOfKey(result.key),
        body: undefined
      })
    }
    return asked ? askPlugins(exchange, result) : unauthorized(result, exchange)
  }
}
