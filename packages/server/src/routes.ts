import type { Gateway, GatewayError, ModelListing } from "@cliproxy/pipeline"
import { Effect } from "effect"

import { type AdmittedClient, makeAdmission } from "./admission.ts"
import { preflightHeaders } from "./cors.ts"
import type { Exchange } from "./exchange.ts"
import { makeManagement } from "./management/management.ts"
import type { ManagementAccess } from "./management/management-key.ts"
import { invalidRequest } from "./openai-error.ts"
import { Rejected } from "./rejected.ts"
import { parseJsonBody, readBody } from "./request-body.ts"
import { collectHeaders } from "./request-headers.ts"
import { collectQuery } from "./request-query.ts"

/** What the routes need to know of the server they belong to. */
export interface RouteContext {
  readonly gateway: Gateway["Service"]
  readonly apiKeys: () => ReadonlyArray<string>
  readonly management: () => ManagementAccess
  readonly maxBodyBytes: number
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
  message: "An LLM gateway. Point an OpenAI client at /v1.",
  endpoints: ["POST /v1/chat/completions", "GET /v1/models", "GET /healthz"]
})

const modelObject = ({ id, created, ownedBy }: ModelListing) => ({ id, object: "model", created, owned_by: ownedBy })

const modelsPrefix = "/v1/models/"

const reject = (...args: Parameters<typeof invalidRequest>) => new Rejected({ answer: invalidRequest(...args) })

/** Paths that begin where ours would, had the client's base URL ended in `/v1`. */
const hintFor = (path: string): string =>
  path === "/chat/completions" || path === "/models" || path.startsWith("/models/")
    ? ` Did you mean /v1${path}? The base URL of an OpenAI client ends in /v1.`
    : ""

const anybody: AdmittedClient = { principal: undefined, body: undefined }

const home: Handler = ({ answer }) => Effect.sync(() => answer.json(200, banner))

/**
 * Makes the function that serves one exchange: finds the route, answers preflights, asks for the client's key, and runs
 * the handler. It fails with what has to be told to the client; it never writes an error itself.
 */
export const makeRoutes = ({
  gateway,
  apiKeys,
  management: managementAccess,
  maxBodyBytes,
  draining
}: RouteContext): ((exchange: Exchange) => Effect.Effect<void, Rejected | GatewayError>) => {
  const admit = makeAdmission({ gateway, apiKeys, maxBodyBytes })
  const management = makeManagement({ gateway, access: managementAccess, maxBodyBytes })

  const chatCompletion: Handler = Effect.fnUntraced(function* (
    { id, path, query, request, response, answer },
    { principal, body }
  ) {
    const sent = body ?? (yield* readBody(request, response, maxBodyBytes))
    const { bytes, json } = yield* parseJsonBody(sent, request.headers["content-encoding"], maxBodyBytes)
    const headers = collectHeaders(request.rawHeaders)
    if (request.headers["content-encoding"] !== undefined) {
      // The body that goes with these headers is the decoded one.
      delete headers["Content-Encoding"]
      delete headers["Content-Length"]
    }
    const client = { id, path, headers, body: bytes, json, query: collectQuery(query), principal }
    yield* gateway.generate(client, answer.sink)
  })

  const listModels: Handler = ({ answer }) =>
    Effect.map(gateway.models, (models) =>
      answer.json(200, JSON.stringify({ object: "list", data: models.map(modelObject) }))
    )

  const oneModel: Handler = Effect.fnUntraced(function* ({ path, answer }) {
    const id = decodePath(path.slice(modelsPrefix.length))
    const model = (yield* gateway.models).find((candidate) => candidate.id === id)
    if (model !== undefined) answer.json(200, JSON.stringify(modelObject(model)))
    else yield* reject(404, `The model \`${id}\` does not exist.`, "model_not_found", "model")
  })

  const health: Handler = ({ answer }) =>
    Effect.sync(() => (draining() ? answer.json(503, `{"status":"draining"}`) : answer.json(200, `{"status":"ok"}`)))

  const modelRoute: Route = { method: "GET", protected: true, handle: oneModel }
  const routes = new Map<string, Route>([
    ["/", { method: "GET", protected: false, handle: home }],
    ["/healthz", { method: "GET", protected: false, handle: health }],
    ["/v1/models", { method: "GET", protected: true, handle: listModels }],
    ["/v1/chat/completions", { method: "POST", protected: true, handle: chatCompletion }]
  ])
  const find = (path: string): Route | undefined =>
    routes.get(path) ?? (path.startsWith(modelsPrefix) && path.length > modelsPrefix.length ? modelRoute : undefined)

  return (exchange) => {
    const { method, path, answer } = exchange
    if (method === "OPTIONS") return Effect.sync(() => answer.empty(204, preflightHeaders))
    const route = find(path)
    if (route === undefined) {
      return management(exchange) ?? reject(404, `There is no ${method} ${path} here.${hintFor(path)}`, "unknown_route")
    }
    // A GET route answers HEAD as well (RFC 9110, section 9.1).
    if (route.method !== (method === "HEAD" ? "GET" : method)) {
      const allow = route.method === "GET" ? "GET, HEAD, OPTIONS" : "POST, OPTIONS"
      const answer = { ...invalidRequest(405, `${path} takes ${allow}, not ${method}.`, "method_not_allowed"), allow }
      return new Rejected({ answer })
    }
    return route.protected
      ? Effect.flatMap(admit(exchange), (client) => route.handle(exchange, client))
      : route.handle(exchange, anybody)
  }
}

/** Undoes percent-encoding; a path that is not well encoded stands for itself. */
const decodePath = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
