import type { GatewayInsight, RequestFilter } from "@cliproxy/pipeline"
import { Effect, Result } from "effect"

import { fromGatewayError, invalidRequest } from "../error-answer.ts"
import { decodePath, type Exchange } from "../exchange.ts"
import { Rejected } from "../rejected.ts"
import { parseJsonBody, readBody } from "../request-body.ts"
import { collectHeaders } from "../request-headers.ts"
import { affinityObject, credentialObject } from "./credential-object.ts"
import { explanationObject } from "./decision-object.ts"
import { metricsText, metricsType } from "./metrics-text.ts"
import { requestObject, requestSummaryObject } from "./request-object.ts"

type Handler = (exchange: Exchange) => Effect.Effect<void, Rejected>

const base = "/v0/management/"

/** Where Prometheus looks unless it is told otherwise. Behind the management key, like the rest. */
export const metricsPath = "/metrics"

/** Requests in a list unless `limit` says how many, and the most that it may say. */
const defaultLimit = 100
const maxLimit = 1_000

const reject = (status: number, message: string, code: string) =>
  new Rejected({ answer: invalidRequest(status, message, code) })

const json = ({ answer }: Exchange, body: object): void => answer.json(200, JSON.stringify(body))

/** Reads `model`, `credential`, `failed` and `limit`. Fails with 400 naming the parameter. */
const readFilter = (query: string): Result.Result<RequestFilter, Rejected> => {
  const given = new URLSearchParams(query)
  const failed = given.get("failed") ?? ""
  if (!["", "true", "false"].includes(failed)) {
    return Result.fail(reject(400, "`failed` must be `true` or `false`.", "invalid_value"))
  }
  const limit = Number(given.get("limit") ?? defaultLimit)
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
    return Result.fail(reject(400, `\`limit\` must be a whole number from 1 to ${maxLimit}.`, "invalid_value"))
  }
  return Result.succeed({
    model: given.get("model") || undefined,
    credential: given.get("credential") || undefined,
    failed: failed === "" ? undefined : failed === "true",
    limit
  })
}

const listRequests =
  ({ requests }: GatewayInsight): Handler =>
  (exchange) =>
    Effect.fromResult(
      Result.map(readFilter(exchange.query), (filter) =>
        json(exchange, { requests: requests(filter).map(requestSummaryObject) })
      )
    )

const oneRequest =
  ({ request }: GatewayInsight, id: string): Handler =>
  (exchange) =>
    Effect.flatMap(request(id), (trace) =>
      trace === undefined
        ? reject(404, `There is no trace of a request ${id}; the last ones alone are kept.`, "request_not_found")
        : Effect.sync(() => json(exchange, requestObject(trace)))
    )

const listCredentials =
  ({ affinity, credentials }: GatewayInsight): Handler =>
  (exchange) =>
    Effect.map(credentials, (reports) =>
      json(exchange, { credentials: reports.map(credentialObject), affinity: affinityObject(affinity()) })
    )

const clearRests =
  ({ clear }: GatewayInsight, credential: string): Handler =>
  (exchange) =>
    Effect.gen(function* () {
      const model = new URLSearchParams(exchange.query).get("model") || undefined
      if (!(yield* clear(credential, model))) {
        return yield* reject(404, `There is no credential ${credential}.`, "credential_not_found")
      }
      yield* Effect.logInfo("the rests of a credential were cleared").pipe(
        Effect.annotateLogs({ credential, ...(model === undefined ? {} : { model }) })
      )
      json(exchange, { status: "ok" })
    })

/** The same for what CLIProxyAPI's clients send: the credential's index in the body. */
const resetQuota =
  (insight: GatewayInsight, maxBodyBytes: number): Handler =>
  (exchange) =>
    Effect.gen(function* () {
      const { request, response } = exchange
      const sent = yield* readBody(request, response, maxBodyBytes)
      const { auth_index: index } = (yield* parseJsonBody(sent, request.headers["content-encoding"], maxBodyBytes)).json
      if (typeof index !== "string" || index.trim() === "") {
        return yield* reject(400, "`auth_index` must be a credential's index.", "invalid_value")
      }
      yield* clearRests(insight, index.trim())(exchange)
    })

/** Headers that are between the operator and the gateway. */
const operatorsHeaders = ["Authorization", "X-Management-Key"]

const explainModel =
  ({ explain }: GatewayInsight): Handler =>
  (exchange) =>
    Effect.gen(function* () {
      const model = new URLSearchParams(exchange.query).get("model") ?? ""
      if (model === "") return yield* reject(400, "`model` must name a model.", "invalid_value")
      const headers = collectHeaders(exchange.request.rawHeaders)
      for (const name of operatorsHeaders) delete headers[name]
      const explanation = yield* Effect.mapError(
        explain(model, headers),
        (error) => new Rejected({ answer: fromGatewayError(error) })
      )
      json(exchange, explanationObject(explanation))
    })

const tellMetrics =
  ({ metrics }: GatewayInsight): Handler =>
  ({ answer }) =>
    Effect.map(metrics, (families) =>
      answer.bytes(200, [["content-type", metricsType]], Buffer.from(metricsText(families)))
    )

/** The route of the management API that shows what the gateway decided, or clears it; `undefined` for any other. */
export const insightRoute = (
  insight: GatewayInsight,
  { method, path }: Exchange,
  maxBodyBytes: number
): Handler | undefined => {
  if (method === "GET" && path === metricsPath) return tellMetrics(insight)
  if (!path.startsWith(base)) return undefined
  const route = path.slice(base.length)
  if (method === "GET") {
    if (route === "requests") return listRequests(insight)
    if (route === "credentials") return listCredentials(insight)
    if (route === "explain") return explainModel(insight)
    const [, id] = /^requests\/([^/]+)$/.exec(route) ?? []
    return id === undefined ? undefined : oneRequest(insight, decodePath(id))
  }
  if (method !== "POST") return undefined
  if (route === "reset-quota") return resetQuota(insight, maxBodyBytes)
  // IDs have slashes in them; they may be sent as they are.
  const [, credential] = /^credentials\/(.+)\/clear$/.exec(route) ?? []
  return credential === undefined ? undefined : clearRests(insight, decodePath(credential))
}
