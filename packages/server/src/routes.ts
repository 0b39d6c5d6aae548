import type { Gateway, GatewayError } from "@cliproxy/pipeline"
import { Effect } from "effect"

import { type AdmittedClient, makeAdmission } from "./admission.ts"
import { askedAt, makeClientRoute, unknownAction } from "./client-routes.ts"
import { preflightHeaders } from "./cors.ts"
import { invalidRequest } from "./error-answer.ts"
import type { Exchange } from "./exchange.ts"
import { geminiAction } from "./gemini-path.ts"
import { isOperatorsPath, makeManagement } from "./management/management.ts"
import type { Configuration } from "./management/configuration.ts"
import type { ManagementAccess } from "./management/management-key.ts"
import { makeModelRoutes, modelLists } from "./model-routes.ts"
import { Rejected } from "./rejected.ts"

/** What the routes need to know of the server they belong to. */
export interface RouteContext {
  readonly gateway: Gateway["Service"]
  readonly apiKeys: () => ReadonlyArray<string>
  /** Whether others than this machine can reach the server. */
  readonly exposed: () => boolean
  readonly management: () => ManagementAccess
  readonly configuration: Configuration | undefined
  readonly maxBodyBytes: number
  readonly keepAliveMs: () => number
  readonly draining: () => boolean
}

type Handler = (exchange: Exchange, client: AdmittedClient) => Effect.Effect<void, Rejected | GatewayError>

interface Route {
  readonly method: "GET" | "POST"
  /** Whether a client key is asked for when any is configured. */
  readonly protected: boolean
  readonly handle: Handler
}

const banner = JSON.stringify({
  name: "cliproxy",
  message: "An LLM gateway. OpenAI clients go to /v1, clients of Claude and Gemini to the address itself.",
  endpoints: [
    "POST /v1/chat/completions",
    "POST /v1/completions",
    "POST /v1/embeddings",
    "POST /v1/responses",
    "POST /v1/messages",
    "POST /v1beta/models/{model}:generateContent",
    "GET /v1/models",
    "GET /v1beta/models",
    "GET /healthz",
    "GET /readyz"
  ]
})

/** Paths that begin where ours would, had the client's base URL the version at its end, or had it not. */
const hintFor = (path: string): string => {
  const doubled = /^\/v1(?:beta)?(\/v1(?:beta)?\/.+)$/.exec(path)?.[1]
  if (doubled !== undefined) return ` Did you mean ${doubled}? The client adds the version to its base URL by itself.`
  const known = isKnown(`/v1${path}`)
  return known ? ` Did you mean /v1${path}? The base URL of an OpenAI client ends in /v1.` : ""
}

const isKnown = (path: string): boolean => askedAt(path) !== undefined || isModelPath(path)

const isModelPath = (path: string): boolean =>
  modelLists.some((list) => path === list || (path.startsWith(`${list}/`) && path.length > list.length + 1))

const anybody: AdmittedClient = { principal: undefined, body: undefined }

const home: Handler = ({ answer }) => Effect.sync(() => answer.json(200, banner))

/**
 * Makes the function that serves one exchange: finds the route, answers preflights, asks for the client's key, and runs
 * the handler. It fails with what has to be told to the client; it never writes an error itself.
 */
export const makeRoutes = ({
  gateway,
  apiKeys,
  exposed,
  management: managementAccess,
  configuration,
  maxBodyBytes,
  keepAliveMs,
  draining
}: RouteContext): ((exchange: Exchange) => Effect.Effect<void, Rejected | GatewayError>) => {
  const admit = makeAdmission({ gateway, apiKeys, exposed, maxBodyBytes })
  const management = makeManagement({ gateway, access: managementAccess, configuration, maxBodyBytes })
  const serveClient = makeClientRoute({ gateway, maxBodyBytes, keepAliveMs })
  const models = makeModelRoutes(gateway)

  const health: Handler = ({ answer }) =>
    Effect.sync(() => (draining() ? answer.json(503, `{"status":"draining"}`) : answer.json(200, `{"status":"ok"}`)))

  const readiness: Handler = ({ answer }) =>
    Effect.map(gateway.ready, (ready) => {
      const status = draining() ? "draining" : ready ? "ready" : "no model can be served"
      answer.json(status === "ready" ? 200 : 503, JSON.stringify({ status }))
    })

  const routes = new Map<string, Route>([
    ["/", { method: "GET", protected: false, handle: home }],
    ["/healthz", { method: "GET", protected: false, handle: health }],
    ["/readyz", { method: "GET", protected: false, handle: readiness }],
    ...modelLists.map((path): [string, Route] => [path, { method: "GET", protected: true, handle: models.list }])
  ])
  const modelRoute: Route = { method: "GET", protected: true, handle: models.one }

  const find = ({ method, path }: Exchange): Route | undefined => {
    const asked = askedAt(path)
    if (asked !== undefined) {
      return { method: "POST", protected: true, handle: (exchange, client) => serveClient(asked, exchange, client) }
    }
    const action = method === "POST" ? geminiAction(path) : undefined
    if (action !== undefined) {
      return { method: "POST", protected: true, handle: () => unknownAction(action.model, action.action) }
    }
    return routes.get(path) ?? (isModelPath(path) ? modelRoute : undefined)
  }

  return (exchange) => {
    const { method, path, answer } = exchange
    if (method === "OPTIONS" && !isOperatorsPath(path)) return Effect.sync(() => answer.empty(204, preflightHeaders))
    const route = find(exchange)
    if (route === undefined) return management(exchange) ?? unknownRoute(exchange)
    // A GET route answers HEAD as well (RFC 9110, section 9.1).
    if (route.method !== (method === "HEAD" ? "GET" : method)) {
      const allow = route.method === "GET" ? "GET, HEAD, OPTIONS" : "POST, OPTIONS"
      const answer = { ...invalidRequest(405, `${path} takes ${allow}, not ${method}.`, "method_not_allowed"), allow }
      return new Rejected({ answer })
    }
    return route.protected
      ? Effect.flatMapEager(admit(exchange), (client) => route.handle(exchange, client))
      : route.handle(exchange, anybody)
  }
}

const unknownRoute = ({ method, path }: Exchange): Rejected =>
  new Rejected({
    answer: invalidRequest(404, `There is no ${method} ${path} here.${hintFor(path)}`, "unknown_route")
  })
