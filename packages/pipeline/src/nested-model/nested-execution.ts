import { canonicalHeaders, type HostModelExecutionRequest, normalizeIdentifier, trimSpace } from "@cliproxy/abi"
import type { Effect } from "effect"
import { Result } from "effect"
import { randomUUID } from "node:crypto"

import type { ProtocolName } from "../canonical/extensions.ts"
import type { JsonObject } from "../canonical/json.ts"
import type { ClientRequest } from "../gateway.ts"
import type { GatewayError } from "../gateway-error.ts"
import { patchModel } from "../patch-model.ts"
import type { RequestContext } from "../plugin-host/callback-scopes.ts"
import type { ResponseSink } from "../response-sink.ts"

/** What a nested execution is told besides the request. */
export interface NestedOptions {
  /** ID of the plugin that asked for it: it is left out of the execution's route, interceptors and completion. */
  readonly skipPlugin: string
  /** More metadata for hooks and schedulers. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** Key of the provider that must serve it; routers are not asked then. */
  readonly provider?: string | undefined
  /** ID of the credential that must serve it. */
  readonly credential?: string | undefined
}

/**
 * Runs a request of a plugin through the gateway as if a client had sent it. Interrupting it ends it at once.
 * An interceptor that ends the request writes its answer to the sink.
 */
export type RunNested = (
  request: ClientRequest,
  sink: ResponseSink,
  options: NestedOptions
) => Effect.Effect<void, GatewayError>

/** The protocol of a request that does not say its own. */
const DEFAULT_PROTOCOL = "openai"

/** The path that stands for each protocol. */
const PATHS: Readonly<Record<ProtocolName, (model: string, stream: boolean) => string>> = {
  openai: () => "/v1/chat/completions",
  "openai-response": () => "/v1/responses",
  claude: () => "/v1/messages",
  gemini: (model, stream) => `/v1beta/models/${model}:${stream ? "streamGenerateContent" : "generateContent"}`
}

const isProtocol = (name: string): name is ProtocolName => Object.hasOwn(PATHS, name)

/** The protocol of a plugin's request, as it says it. */
export const protocolOf = ({ entry_protocol }: HostModelExecutionRequest): string =>
  trimSpace(entry_protocol) || DEFAULT_PROTOCOL

/** How a plugin's request is to be run. Source: plugin ABI, nested model execution and metadata maps. */
export const nestedOptions = (request: HostModelExecutionRequest, plugin: string): NestedOptions => {
  const credential = trimSpace(request.auth_id ?? "") || undefined
  const pinned = credential === undefined ? {} : { pinned_auth_id: credential }
  return {
    skipPlugin: plugin,
    metadata: { source: "plugin_host_model_callback", ...pinned },
    provider: normalizeIdentifier(request.forced_provider ?? "") || undefined,
    credential
  }
}

/**
 * The request that a plugin wants to be executed, in any protocol that clients speak. Headers and query default to those
 * of the client's request that the plugin works for, and it is made for the same client. `model` and `stream` of the
 * call count, whatever the body says. Fails with the text for the plugin.
 */
export const nestedRequest = (
  request: HostModelExecutionRequest,
  parent: RequestContext | undefined
): Result.Result<ClientRequest, string> => {
  const entry = protocolOf(request)
  const exit = trimSpace(request.exit_protocol) || entry
  const unknown = [entry, exit].find((name) => !isProtocol(name))
  if (unknown !== undefined) return Result.fail(`protocol ${JSON.stringify(unknown)} is not served by this host`)
  if (!isProtocol(entry) || exit !== entry) {
    return Result.fail(`an answer in ${exit} to a request in ${entry} is not served by this host`)
  }
  // To go another way than the plugin asked for would be worse than not to go.
  for (const field of ["proxy_url", "path"] as const) {
    if (trimSpace(request[field] ?? "") !== "") return Result.fail(`${field} is not supported by this host`)
  }
  const json = parseObject(request.body)
  if (json === undefined) return Result.fail("the body is not a JSON object")
  const model = request.model === "" ? json["model"] : request.model
  const headers = Object.keys(request.headers).length > 0 ? canonical(request.headers) : (parent?.headers ?? {})
  const query = Object.keys(request.query).length > 0 ? request.query : (parent?.query ?? {})
  const name = typeof model === "string" ? model : ""
  return Result.succeed({
    id: randomUUID(),
    ...(parent === undefined ? {} : { traceId: parent.id }),
    path: PATHS[entry](name, request.stream),
    protocol: entry,
    headers,
    query,
    principal: parent?.principal,
    ...(entry === "gemini"
      ? // Plugins know the chunks of a stream, and no array.
        { target: { model: name, stream: request.stream }, alt: "sse", body: Buffer.from(request.body), json }
      : withTarget(request, json, model))
  })
}

/** The body with the model and the stream that the call asks for in it. */
const withTarget = (
  { body, stream }: HostModelExecutionRequest,
  json: JsonObject,
  model: unknown
): Pick<ClientRequest, "body" | "json"> => {
  const wanted = { ...json, model, stream }
  return (json["stream"] === true) !== stream || typeof json["model"] !== "string"
    ? { body: Buffer.from(JSON.stringify(wanted)), json: wanted }
    : { body: patchModel(Buffer.from(body), json["model"], String(model)), json: wanted }
}

const parseObject = (body: Uint8Array): Readonly<Record<string, unknown>> | undefined => {
  try {
    const json: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString())
    return typeof json === "object" && json !== null && !Array.isArray(json) ? { ...json } : undefined
  } catch {
    return undefined
  }
}

const canonical = (headers: Readonly<Record<string, ReadonlyArray<string>>>) =>
  canonicalHeaders(Object.entries(headers).flatMap(([name, values]) => values.map((value) => [name, value] as const)))
