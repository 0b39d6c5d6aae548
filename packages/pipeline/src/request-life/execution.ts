import { Result } from "effect"

import type { JsonObject } from "../canonical/json.ts"
import type { CanonicalRequest } from "../canonical/request.ts"
import { beginTimeSpent, presentTime, type TimeSpent } from "../decision-trace/time-spent.ts"
import type { ClientRequest } from "../gateway.ts"
import { InvalidRequest } from "../gateway-error.ts"
import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import type { ScopeOptions } from "../plugin-host/callback-scopes.ts"
import { clientCodec } from "../translate/codecs.ts"
import type { HeaderFields } from "./header-fields.ts"
import { jsonObjectOf } from "./json-body.ts"
import type { RequestHooks } from "./request-hooks.ts"
import { nestsDeeper } from "../wire/json-depth.ts"

/** What a client asks of a model. */
export type ExecutionOperation = "generate" | "count_tokens" | "embeddings"

/** One execution of a request: what all of its stages know. */
export interface Execution {
  /** UUID, the same in all hooks of this execution. */
  readonly id: string
  /** ID of the client's HTTP request. */
  readonly traceId: string
  readonly request: ClientRequest
  /** The client's protocol, such as `openai`. */
  readonly sourceFormat: string
  /** Model as routed, with a thinking suffix if there is one. */
  readonly model: string
  /** Model as the client sent it. */
  readonly requestedModel: string
  readonly stream: boolean
  /** What is asked of the model. */
  readonly operation: ExecutionOperation
  /** Whether the upstream's headers reach the client. */
  readonly passthroughHeaders: boolean
  /** The client's body, read once, when somebody has to understand it. */
  readonly canonical: () => Result.Result<CanonicalRequest, InvalidRequest>
  /** The attempt that was made last; none before the first. */
  readonly lastSelection: { id?: string }
  /** What hooks are told of the request besides. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** Unix milliseconds. */
  readonly startedAt: number
  readonly spent: TimeSpent
  readonly hooks: RequestHooks
  /** What host calls of a hook are connected with, as long as the request lasts. */
  readonly scope: () => Omit<ScopeOptions, "plugin">
  /** The same for hooks that go on after the request. */
  readonly detachedScope: () => Omit<ScopeOptions, "plugin">
  /** The end, however it came: aborts what hooks have left behind. */
  readonly end: () => void
}

/** The plugins that see the answer of an execution: chunk by chunk when it is to be a stream, else as a whole. */
export const answerInterceptors = ({ hooks, stream }: Execution): ReadonlyArray<ActivePlugin> =>
  stream ? hooks.streamInterceptors : hooks.responseInterceptors

/** What an execution begins with. */
export interface ExecutionStart {
  readonly request: ClientRequest
  readonly sourceFormat: string
  readonly model: string
  readonly requestedModel: string
  readonly stream: boolean
  readonly operation: ExecutionOperation
  readonly passthroughHeaders: boolean
  readonly startedAt: number
  readonly hooks: RequestHooks
  /** What is known besides of where the request comes from. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}

/** A value that is made when it is asked for the first time, and kept. */
const once = <A>(make: () => A): (() => A) => {
  let made: { readonly value: A } | undefined
  return () => (made ??= { value: make() }).value
}

/** Begins an execution. Nothing is made here that only hooks would need. */
export const beginExecution = ({ request, metadata = {}, ...start }: ExecutionStart): Execution => {
  let aborting: AbortController | undefined
  let ended = false
  const context = () => ({
    id: request.id,
    headers: request.headers,
    query: request.query ?? {},
    principal: request.principal
  })
  return {
    ...start,
    id: request.id,
    traceId: request.traceId ?? request.id,
    request,
    lastSelection: {},
    spent: beginTimeSpent(request.receivedAt ?? presentTime()),
    canonical: once(() => decode({ ...start, request }, request.json)),
    metadata: { ...requestMetadata(request, start.requestedModel), ...metadata },
    scope: () => {
      aborting ??= new AbortController()
      if (ended) aborting.abort()
      return { request: context(), signal: aborting.signal }
    },
    detachedScope: () => ({ request: context() }),
    end: () => {
      ended = true
      aborting?.abort()
    }
  }
}

/** A client's body in no protocol; `body` is the request's own, or what interceptors have made of it. */
export const canonicalRequest = (
  execution: Execution,
  body: Buffer
): Result.Result<CanonicalRequest, InvalidRequest> => {
  if (isSameBytes(body, execution.request.body)) return execution.canonical()
  const json = jsonObjectOf(body)
  return json === undefined
    ? Result.fail(
        new InvalidRequest({ message: "The body is not a JSON object any more.", status: 400, code: null, param: null })
      )
    : decode(execution, json)
}

/** Whether two buffers are the very same bytes in memory. */
export const isSameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.byteLength === b.byteLength

/**
 * How deep a request may nest that is translated. What is written of it into a request or an answer must be far from the
 * end of JavaScript's stack: there nobody could tell any more whether the client or the provider is to blame. What goes
 * on as the bytes that it is may nest as it likes.
 */
const MAX_DEPTH = 500

const decode = (
  {
    model,
    operation,
    request,
    sourceFormat,
    stream
  }: Pick<Execution, "model" | "operation" | "request" | "sourceFormat" | "stream">,
  json: JsonObject
): Result.Result<CanonicalRequest, InvalidRequest> => {
  if (nestsDeeper(json, MAX_DEPTH)) {
    const message = `The request nests deeper than the ${MAX_DEPTH} levels that can be translated.`
    return Result.fail(new InvalidRequest({ message, status: 400, code: null, param: null }))
  }
  const codec = clientCodec(sourceFormat)
  return codec === undefined
    ? Result.fail(
        new InvalidRequest({
          message: `Requests in the format \`${sourceFormat}\` cannot be read here.`,
          status: 400,
          code: null,
          param: null
        })
      )
    : (operation === "count_tokens" ? (codec.decodeCountRequest ?? codec.decodeRequest) : codec.decodeRequest)(json, {
        model,
        stream,
        previousResponseId: request.previousResponseId
      })
}

/** What hooks and schedulers are told of a request. Source: plugin ABI, metadata maps. */
const requestMetadata = (
  { path, headers, json, principal }: ClientRequest,
  requestedModel: string
): Record<string, unknown> => {
  const idempotencyKey = first(headers, "Idempotency-Key")
  const { reasoning_effort: effort, service_tier: tier } = json
  return {
    request_path: path,
    requested_model: requestedModel,
    ...(principal === undefined ? {} : { caller_scope: principal }),
    ...(idempotencyKey === "" ? {} : { idempotency_key: idempotencyKey }),
    ...(typeof effort === "string" && effort !== "" ? { reasoning_effort: effort } : {}),
    ...(typeof tier === "string" && tier !== "" ? { service_tier: tier } : {})
  }
}

const first = (headers: HeaderFields, name: string): string => headers[name]?.[0]?.trim() ?? ""
