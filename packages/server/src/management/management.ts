import type { Gateway, GatewayPlugins, ManagementRoute } from "@cliproxy/pipeline"
import { Clock, Effect } from "effect"

import type { Exchange } from "../exchange.ts"
import { invalidRequest } from "../error-answer.ts"
import { Rejected } from "../rejected.ts"
import { parseJsonBody, readBody } from "../request-body.ts"
import { collectHeaders } from "../request-headers.ts"
import { collectQuery } from "../request-query.ts"
import { authFileRoute } from "./auth-file-routes.ts"
import type { Configuration } from "./configuration.ts"
import { configurationRoute } from "./configuration-routes.ts"
import { callWithCredential } from "./credential-call.ts"
import { insightRoute, metricsPath } from "./insight-routes.ts"
import {
  makeManagementKeyCheck,
  managementReach,
  type ManagementAccess,
  type ManagementVerdict
} from "./management-key.ts"
import { receiveCallback } from "./oauth-callback.ts"
import { pluginControlRoute } from "./plugin-control-routes.ts"

/** What the management API needs to know of the server it belongs to. */
export interface ManagementContext {
  readonly gateway: Gateway["Service"]
  readonly access: () => ManagementAccess
  readonly maxBodyBytes: number
  /** Absent: nothing of it is shown or changed. */
  readonly configuration?: Configuration | undefined
}

const base = "/v0/management/"
const callbackPath = `${base}oauth-callback`
const pages = "/v0/resource/plugins/"

/** Whether a path is for operators alone: no page of another origin may read what is there, nor ask whether it may. */
export const isOperatorsPath = (path: string): boolean => path.startsWith(base) || path === metricsPath

type Handler = (exchange: Exchange) => Effect.Effect<void, Rejected>

const reject = (status: number, message: string, code: string) =>
  new Rejected({ answer: invalidRequest(status, message, code) })

const unknownRoute = ({ method, path }: Exchange) => reject(404, `There is no ${method} ${path} here.`, "unknown_route")

const refusals: Readonly<Record<Exclude<ManagementVerdict, "Off" | "Allowed">, readonly [number, string, string]>> = {
  Remote: [403, "The management API of this gateway is for its own machine only.", "management_remote_disabled"],
  Banned: [
    403,
    "Too many wrong management keys came from this address. Try again in half an hour.",
    "management_banned"
  ],
  Missing: [
    401,
    "No management key was sent. Send it as `Authorization: Bearer KEY` or `X-Management-Key: KEY`.",
    "invalid_management_key"
  ],
  Wrong: [401, "The management key that was sent is wrong.", "invalid_management_key"]
}

/** Logs a person in at a provider of a plugin: gives the address to open, and a state to ask about. */
const startLogin =
  (logins: GatewayPlugins["logins"], provider: string): Handler =>
  ({ answer, request }) =>
    logins.start(provider, `http://127.0.0.1:${request.socket.localPort}${callbackPath}`).pipe(
      Effect.map(({ state, url }) => answer.json(200, JSON.stringify({ status: "ok", url, state }))),
      Effect.mapError(({ message, status }) =>
        reject(status, `The login did not start: ${message}.`, "login_not_started")
      )
    )

/** How a log-in stands: `wait`, `ok` or `error`. */
const pollLogin =
  (logins: GatewayPlugins["logins"]): Handler =>
  ({ answer, query }) =>
    Effect.map(logins.poll(new URLSearchParams(query).get("state") ?? ""), (state) =>
      answer.json(200, JSON.stringify(state))
    )

/**
 * Makes what serves `/v0/management/...` and `/metrics`, behind the management key, and `/v0/resource/plugins/...`, which browsers may
 * open without one. Gives `undefined` for other paths. Routes of the host win over those of plugins.
 */
export const makeManagement = ({ gateway, access, configuration, maxBodyBytes }: ManagementContext) => {
  const { plugins } = gateway
  const checkKey = makeManagementKeyCheck(access)

  const sendWithCredential =
    (send: GatewayPlugins["sendWithCredential"]): Handler =>
    ({ answer, request, response }) =>
      Effect.gen(function* () {
        const sent = yield* readBody(request, response, maxBodyBytes)
        const { json } = yield* parseJsonBody(sent, request.headers["content-encoding"], maxBodyBytes)
        answer.json(200, yield* callWithCredential(send, json))
      })

  const hostRoute = ({ method, path }: Exchange): Handler | undefined => {
    if (plugins === undefined) return undefined
    const { control, logins } = plugins
    if (method === "GET" && path === `${base}get-auth-status`) return pollLogin(logins)
    const [, provider] = /^\/v0\/management\/([a-z0-9-]+)-auth-url$/.exec(path) ?? []
    if (method === "GET" && provider !== undefined) return startLogin(logins, provider)
    if (method === "POST" && path === `${base}api-call`) return sendWithCredential(plugins.sendWithCredential)
    return pluginControlRoute({ control, routes: plugins.management, configuration, maxBodyBytes }, { method, path })
  }

  const pluginRoute =
    (route: ManagementRoute): Handler =>
    ({ id, method, path, query, request, response, answer }) =>
      Effect.gen(function* () {
        const headers = collectHeaders(request.rawHeaders)
        if (route.kind === "api") {
          // The key is between the operator and the gateway.
          delete headers["Authorization"]
          delete headers["X-Management-Key"]
        }
        const body = route.kind === "api" ? yield* readBody(request, response, maxBodyBytes) : new Uint8Array()
        const call = { id, method, path, headers, query: collectQuery(query), body }
        yield* route.handle(call).pipe(
          Effect.flatMap((given) =>
            Effect.try({
              try: () => {
                if (given.status < 200) throw new RangeError(`${given.status} is not the status of an answer`)
                answer.bytes(given.status, pairsOf(given.headers), given.body)
              },
              catch: (error) => ({ message: `its answer cannot be sent: ${String(error)}` })
            })
          ),
          Effect.catch(({ message }) => {
            const what = route.kind === "api" ? "management" : "resource"
            const text = `plugin ${what} handler failed`
            const headers = [["content-type", "text/plain; charset=utf-8"]] as const
            answer.bytes(502, headers, Buffer.from(text))
            return Effect.logWarning(`plugin ${route.plugin}: ${method} ${path}: ${message}`)
          })
        )
      })

  const api: Handler = (exchange) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const { method, path, request } = exchange
      const verdict = checkKey(request.headers, request.socket.remoteAddress, now)
      if (verdict === "Off") return unknownRoute(exchange)
      if (verdict !== "Allowed") return reject(...refusals[verdict])
      const route = plugins?.management.find(method, path)
      const own = gateway.insight && insightRoute(gateway.insight, exchange, maxBodyBytes)
      const settings = configuration && configurationRoute(configuration, exchange, maxBodyBytes)
      const files = plugins && authFileRoute(plugins.credentialFiles, exchange, maxBodyBytes)
      const handle =
        hostRoute(exchange) ?? own ?? settings ?? files ?? (route === undefined ? undefined : pluginRoute(route))
      return handle === undefined ? unknownRoute(exchange) : handle(exchange)
    })

  const callback: Handler = (exchange) => {
    const reach = managementReach(access(), exchange.request.socket.remoteAddress)
    if (reach === "Off" || plugins === undefined) return unknownRoute(exchange)
    return reach === "Remote" ? reject(...refusals.Remote) : receiveCallback(plugins.logins, exchange)
  }

  return (exchange: Exchange): Effect.Effect<void, Rejected> | undefined => {
    const { method, path } = exchange
    if (path === callbackPath && (method === "GET" || method === "POST")) return callback(exchange)
    // Who serves GET serves HEAD (RFC 9110, section 9.3.2); Node leaves the body out.
    const asked: Exchange = method === "HEAD" ? { ...exchange, method: "GET" } : exchange
    if (isOperatorsPath(path)) return api(asked)
    if (!path.startsWith(pages)) return undefined
    const page = plugins?.management.find(asked.method, path)
    return page === undefined ? undefined : pluginRoute(page)(asked)
  }
}

function* pairsOf(headers: Readonly<Record<string, ReadonlyArray<string>>>): Iterable<readonly [string, string]> {
  for (const [name, values] of Object.entries(headers)) for (const value of values) yield [name, value]
}
