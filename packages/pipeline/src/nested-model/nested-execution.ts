import { canonicalHeaders, type HostModelExecutionRequest, trimSpace } from "@cliproxy/abi"
import type { Effect } from "effect"
import { Result } from "effect"
import { randomUUID } from "node:crypto"

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

/** The one protocol that requests can be nested in, and the path that stands for it. */
const PROTOCOL = "openai"
const PATH = "/v1/chat/completions"

/** Metadata of every nested execution. Source: plugin ABI, metadata maps. */
export const NESTED_METADATA = { source: "plugin_host_model_callback" }

/**
 * The request that a plugin wants to be executed. Headers and query default to those of the client's request that the
 * plugin works for. `model` and `stream` of the call count, whatever the body says. Fails with the text for the plugin.
 */
export const nestedRequest = (
  request: HostModelExecutionRequest,
  parent: RequestContext | undefined
): Result.Result<ClientRequest, string> => {
  const entry = trimSpace(request.entry_protocol) || PROTOCOL
  const exit = trimSpace(request.exit_protocol) || entry
  for (const protocol of [entry, exit]) {
    if (protocol !== PROTOCOL) return Result.fail(`protocol ${JSON.stringify(protocol)} is not served by this host`)
  }
  const json = parseObject(request.body)
  if (json === undefined) return Result.fail("the body is not a JSON object")
  const model = request.model === "" ? json["model"] : request.model
  const wanted = { ...json, model, stream: request.stream }
  const given = Buffer.from(request.body)
  const body =
    (json["stream"] === true) !== request.stream || typeof json["model"] !== "string"
      ? Buffer.from(JSON.stringify(wanted))
      : patchModel(given, json["model"], String(model))
  const headers = Object.keys(request.headers).length > 0 ? canonical(request.headers) : (parent?.headers ?? {})
  const query = Object.keys(request.query).length > 0 ? request.query : (parent?.query ?? {})
  return Result.succeed({
    id: randomUUID(),
    ...(parent === undefined ? {} : { traceId: parent.id }),
    path: PATH,
    headers,
    query,
    body,
    json: wanted
  })
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
