import type { ClientRequest, Gateway, GatewayError, ProtocolName, ResponseSink } from "@cliproxy/pipeline"
import { Effect } from "effect"

import type { AdmittedClient } from "./admission.ts"
import { invalidRequest } from "./error-answer.ts"
import type { Exchange } from "./exchange.ts"
import { geminiAction } from "./gemini-path.ts"
import { Rejected } from "./rejected.ts"
import { type JsonBody, parseJsonBody, readBody } from "./request-body.ts"
import { collectHeaders } from "./request-headers.ts"
import { collectQuery } from "./request-query.ts"

/** What a gateway can do with a client's request. */
type Operation = "generate" | "countTokens" | "completions" | "embeddings"

/** Paths with the request's model in the body, by what is done there. */
const operations: ReadonlyMap<string, Operation> = new Map([
  ["/v1/chat/completions", "generate"],
  ["/v1/completions", "completions"],
  ["/v1/embeddings", "embeddings"],
  ["/v1/messages", "generate"],
  ["/v1/messages/count_tokens", "countTokens"],
  ["/v1/responses", "generate"],
  ["/v1/responses/input_tokens", "countTokens"]
])

/** Gemini's actions on a model. Source: https://ai.google.dev/api/generate-content and https://ai.google.dev/api/tokens. */
const geminiActions: ReadonlyMap<string, { readonly operation: Operation; readonly stream: boolean }> = new Map([
  ["generateContent", { operation: "generate", stream: false }],
  ["streamGenerateContent", { operation: "generate", stream: true }],
  ["countTokens", { operation: "countTokens", stream: false }]
])

/** What is asked by a path that takes POST. */
export type Asked = Pick<ClientRequest, "target"> & { readonly operation: Operation }

/** What a POST to a path asks for; `undefined` for a path that takes none, or an action that nobody knows. */
export const askedAt = (path: string): Asked | undefined => {
  const operation = operations.get(path)
  if (operation !== undefined) return { operation }
  const named = geminiAction(path)
  const action = named === undefined ? undefined : geminiActions.get(named.action)
  if (named === undefined || action === undefined) return undefined
  return { operation: action.operation, target: { model: named.model, stream: action.stream } }
}

/** What the routes for clients' requests need to know. */
export interface ClientRouteContext {
  readonly gateway: Gateway["Service"]
  readonly maxBodyBytes: number
  /** Milliseconds of silence after which a stream is kept alive; 0 never does. */
  readonly keepAliveMs: () => number
}

/** Bodies of Responses reach the path of chat completions, because some clients know one path only. */
const isResponsesBody = (json: ClientRequest["json"]): boolean =>
  json["messages"] === undefined && (json["input"] !== undefined || json["instructions"] !== undefined)

/** What serves clients' requests, in whichever protocol: reads the body and hands it to the gateway. */
export const makeClientRoute = ({ gateway, keepAliveMs, maxBodyBytes }: ClientRouteContext) => {
  const serve = (
    asked: Asked,
    { answer, id, path, protocol: protocolOfPath, query, request }: Exchange,
    { principal }: AdmittedClient,
    { bytes, json }: JsonBody,
    receivedAt: number
  ): Effect.Effect<void, GatewayError> => {
    const headers = collectHeaders(request.rawHeaders)
    if (request.headers["content-encoding"] !== undefined) {
      // The body that goes with these headers is the decoded one.
      delete headers["Content-Encoding"]
      delete headers["Content-Length"]
    }
    const misplaced = path === "/v1/chat/completions" && isResponsesBody(json)
    const protocol: ProtocolName = misplaced ? "openai-response" : protocolOfPath
    if (misplaced) answer.speak(protocol)
    const parameters = collectQuery(query)
    const alt = parameters["alt"]?.[0]
    if (keepAliveMs() > 0 && isEventStream(asked, json, alt)) answer.keepAlive(keepAliveMs())
    const { operation, target } = asked
    const clientRequest: ClientRequest = {
      id,
      path,
      protocol,
      headers,
      body: bytes,
      json,
      receivedAt,
      query: parameters,
      principal,
      ...(target === undefined ? {} : { target }),
      ...(alt === undefined ? {} : { alt })
    }
    return serveBy(gateway, operation)(clientRequest, answer.sink)
  }

  return (asked: Asked, exchange: Exchange, client: AdmittedClient): Effect.Effect<void, Rejected | GatewayError> => {
    const { request, response } = exchange
    const sent = client.body === undefined ? readBody(request, response, maxBodyBytes) : Effect.succeed(client.body)
    return Effect.flatMapEager(sent, (body) => {
      const receivedAt = performance.now()
      const read = parseJsonBody(body, request.headers["content-encoding"], maxBodyBytes)
      return Effect.flatMapEager(read, (json) => serve(asked, exchange, client, json, receivedAt))
    })
  }
}

const serveBy = (
  gateway: Gateway["Service"],
  operation: Operation
): ((request: ClientRequest, sink: ResponseSink) => Effect.Effect<void, GatewayError>) => gateway[operation]

/** Whether the answer is going to be an event stream, unless it is an error. */
const isEventStream = ({ operation, target }: Asked, json: ClientRequest["json"], alt: string | undefined): boolean => {
  if (operation !== "generate" && operation !== "completions") return false
  return target === undefined ? json["stream"] === true : target.stream && alt === "sse"
}

/** The answer to an action on a model that Gemini's protocol does not know. */
export const unknownAction = (model: string, action: string): Rejected =>
  new Rejected({
    answer: invalidRequest(
      404,
      `There is no action \`${action}\` on the model \`${model}\` here; there are ${[...geminiActions.keys()].join(", ")}.`,
      "unknown_action"
    )
  })
