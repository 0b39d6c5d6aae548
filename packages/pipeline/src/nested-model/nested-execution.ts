import { canonicalHeaders, type HostModelExecutionRequest, normalizeIdentifier, trimSpace } from "@cliproxy/abi"
import type { Effect } from "effect"
import { Result } from "effect"
import { randomUUID } from "node:crypto"

import type { ProtocolName } from "../canonical/extensions.ts"
import type { JsonObject } from "../canonical/json.ts"
import { textOr } from "../codecs/json-fields.ts"
import type { ClientRequest } from "../gateway.ts"
import type { GatewayError } from "../gateway-error.ts"
import { patchModel } from "../wire/patch-model.ts"
import type { RequestContext } from "../plugin-host/callback-scopes.ts"
import type { ResponseSink } from "../response-sink.ts"
import { hasNativeAnswer, type NativeAnswer, nativeAnswer } from "../translate/native-answer.ts"
import { contextOfRequest, type RequestOrder, translateRequest } from "../translate/translate-request.ts"

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

/** A plugin's request, ready to run, and what is to become of the answer. */
export interface NestedRequest {
  readonly request: ClientRequest
  /** Writes the answer in the protocol that the plugin wants; `undefined` when it comes in that already. */
  readonly exit: NativeAnswer | undefined
}

/**
 * The request that a plugin wants to be executed, in any protocol that clients speak. Headers and query default to those
 * of the client's request that the plugin works for, and it is made for the same client. `model` and `stream` of the
 * call count, whatever the body says. When the answer is to be in another protocol, it is translated; the answer to a
 * request in the Responses API cannot be, since no provider speaks it, so that such a request is translated instead.
 * Fails with the text for the plugin.
 */
export const nestedRequest = (
  request: HostModelExecutionRequest,
  parent: RequestContext | undefined
): Result.Result<NestedRequest, string> => {
  const entry = trimSpace(request.entry_protocol) || DEFAULT_PROTOCOL
  const exit = trimSpace(request.exit_protocol) || entry
  if (!isProtocol(entry)) return Result.fail(unknownProtocol(entry))
  if (!isProtocol(exit)) return Result.fail(unknownProtocol(exit))
  // To go another way than the plugin asked for would be worse than not to go.
  for (const field of ["proxy_url", "path"] as const) {
    if (trimSpace(request[field] ?? "") !== "") return Result.fail(`${field} is not supported by this host`)
  }
  const json = parseObject(request.body)
  if (json === undefined) return Result.fail("the body is not a JSON object")
  const model = request.model === "" ? textOr(json["model"]) : request.model
  const body = Buffer.from(request.body)
  const order: Omit<RequestOrder, "to"> = { from: entry, model, stream: request.stream, body, now: Date.now() }
  const translated = hasNativeAnswer(entry, exit) ? undefined : translateRequest({ ...order, to: exit })
  if (translated !== undefined && Result.isFailure(translated)) return Result.fail(translated.failure.message)
  if (translated === undefined) {
    const native = () => nativeAnswer(entry, exit, request.stream, () => contextOfRequest(order))
    return Result.succeed({
      request: clientRequest(request, parent, entry, model, body, json),
      exit: entry === exit ? undefined : native()
    })
  }
  const written = translated.success.body
  const outgoing = clientRequest(request, parent, exit, model, written, parseObject(written) ?? {})
  return Result.succeed({ request: outgoing, exit: undefined })
}

const unknownProtocol = (name: string): string => `protocol ${JSON.stringify(name)} is not served by this host`

const clientRequest = (
  call: HostModelExecutionRequest,
  parent: RequestContext | undefined,
  protocol: ProtocolName,
  model: string,
  body: Buffer,
  json: JsonObject
): ClientRequest => ({
  id: randomUUID(),
  ...(parent === undefined ? {} : { traceId: parent.id }),
  path: PATHS[protocol](model, call.stream),
  protocol,
  headers: Object.keys(call.headers).length > 0 ? canonical(call.headers) : (parent?.headers ?? {}),
  query: Object.keys(call.query).length > 0 ? call.query : (parent?.query ?? {}),
  principal: parent?.principal,
  ...(protocol === "gemini"
    ? // Plugins know the chunks of a stream, and no array.
      { target: { model, stream: call.stream }, alt: "sse", body, json }
    : withTarget(body, json, model, call.stream))
})

/** The body with the model and the stream that the call asks for in it. */
const withTarget = (
  body: Buffer,
  json: JsonObject,
  model: string,
  stream: boolean
): Pick<ClientRequest, "body" | "json"> => {
  const wanted = { ...json, model, stream }
  return (json["stream"] === true) !== stream || typeof json["model"] !== "string"
    ? { body: Buffer.from(JSON.stringify(wanted)), json: wanted }
    : { body: patchModel(body, json["model"], model), json: wanted }
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
