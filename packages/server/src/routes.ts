import type { Gateway, GatewayError, ModelListing } from "@cliproxy/pipeline"
import { Effect } from "effect"

import { preflightHeaders } from "./cors.ts"
import { checkClient } from "./client-auth.ts"
import type { Exchange } from "./exchange.ts"
import { invalidRequest } from "./openai-error.ts"
import { Rejected } from "./rejected.ts"
import { readJsonBody } from "./request-body.ts"
import { collectHeaders } from "./request-headers.ts"

/** What the routes need to know of the server they belong to. */
export interface RouteContext {
  readonly gateway: Gateway["Service"]
  readonly apiKeys: () => ReadonlyArray<string>
  readonly maxBodyBytes: number
  readonly draining: () => boolean
}

type Handler = (exchange: Exchange) => Effect.Effect<void, Rejected | GatewayError>

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

const unauthorized = (result: "missing" | "wrong") =>
  result === "missing"
    ? reject(
        401,
        "No API key was sent. Send one as `Authorization: Bearer KEY` or `X-Api-Key: KEY`.",
        "invalid_api_key"
      )
    : reject(401, "The API key that was sent is not known to this gateway.", "invalid_api_key")

/** Paths that begin where ours would, had the client's base URL ended in `/v1`. */
const hintFor = (path: string): string =>
  path === "/chat/completions" || path === "/models" || path.startsWith("/models/")
    ? ` Did you mean /v1${path}? The base URL of an OpenAI client ends in /v1.`
    : ""

const home: Handler = ({ answer }) => Effect.sync(() => answer.json(200, banner))

/**
 * Makes the function that serves one exchange: finds the route, answers preflights, asks for the client's key, and runs
 * the handler. It fails with what has to be told to the client; it never writes an error itself.
 */
export const makeRoutes = ({ gateway, apiKeys, maxBodyBytes, draining }: RouteContext): Handler => {
  const chatCompletion: Handler = Effect.fnUntraced(function* ({ id, path, request, response, answer }) {
    const { bytes, json } = yield* readJsonBody(request, response, maxBodyBytes)
    const headers = collectHeaders(request.rawHeaders)
    if (request.headers["content-encoding"] !== undefined) {
      // The body that goes with these headers is the decoded one.
      delete headers["Content-Encoding"]
      delete headers["Content-Length"]
    }
    yield* gateway.chatCompletion({ id, path, headers, body: bytes, json }, answer.sink)
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
    const { method, path, query, request, answer } = exchange
    if (method === "OPTIONS") return Effect.sync(() => answer.empty(204, preflightHeaders))
    const route = find(path)
    if (route === undefined) {
      return reject(404, `There is no ${method} ${path} here.${hintFor(path)}`, "unknown_route")
    }
    // A GET route answers HEAD as well (RFC 9110, section 9.1).
    if (route.method !== (method === "HEAD" ? "GET" : method)) {
      const allow = route.method === "GET" ? "GET, HEAD, OPTIONS" : "POST, OPTIONS"
      const answer = { ...invalidRequest(405, `${path} takes ${allow}, not ${method}.`, "method_not_allowed"), allow }
      return new Rejected({ answer })
    }
    if (route.protected) {
      const result = checkClient(apiKeys(), request.headers, query)
      if (result !== "allowed") return unauthorized(result)
    }
    return route.handle(exchange)
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
