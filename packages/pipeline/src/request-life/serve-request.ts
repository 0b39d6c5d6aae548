import type { PickRequest } from "@cliproxy/scheduler"
import { Effect, Result } from "effect"

import { type AttemptFailure, ProviderBroke } from "../attempt-failure.ts"
import type { RequestRecord } from "../decision-trace/request-record.ts"
import type { Attempts } from "../failover.ts"
import type { ClientRequest } from "../gateway.ts"
import { type GatewayError, InvalidRequest } from "../gateway-error.ts"
import type { Route, Target } from "../model-registry.ts"
import type { NestedOptions } from "../nested-model/nested-execution.ts"
import { readRequestTarget } from "../request-target.ts"
import type { ResponseSink } from "../response-sink.ts"
import { jsonArraySink } from "../translate/json-array-sink.ts"
import { admit } from "./admit.ts"
import { attemptExecutor, executeDirectly } from "./attempt-executor.ts"
import { attemptProvider } from "./attempt-provider.ts"
import { allowancesOf, judgeFor, readyAtOf } from "./attempt-terms.ts"
import { complete } from "./complete.ts"
import { beginExecution, type Execution, type ExecutionOperation } from "./execution.ts"
import { hooksWithout } from "./request-hooks.ts"
import type { InterceptedRequest } from "./request-interception.ts"
import { route, type RoutedToCredentials } from "./route.ts"
import type { Serving, ServingParts } from "./serving-parts.ts"
import { type Terminated, writeTermination } from "./terminated.ts"

/**
 * Serves one request in its protocol, streamed or not, and writes the answer to the sink. Interrupting it aborts the
 * provider's request and what plugins do for it. `nested` says which plugin makes the request, when it is not a
 * client's: that plugin is left out of its route, interceptors and completion. `operation` is `generate` unless it is
 * said.
 */
export type ServeRequest = (
  request: ClientRequest,
  sink: ResponseSink,
  nested?: NestedOptions,
  operation?: ExecutionOperation
) => Effect.Effect<void, GatewayError>

/**
 * Makes the way of a request through its stages: route, admit, then for each attempt schedule, prepare, translate,
 * think, execute, account and respond, and in the end complete. Each is in a file of its own; one in which no plugin
 * takes part does nothing.
 */
export const makeServeRequest =
  (parts: ServingParts): ServeRequest =>
  (request, sink, nested, operation = "generate") =>
    Effect.clockWith((clock) => {
      const target = readRequestTarget(request)
      if (Result.isFailure(target)) return Effect.fail(target.failure)
      const { model } = target.success
      const stream = target.success.stream && operation === "generate"
      const { alt, protocol = "openai" } = request
      const hooks = parts.hooks()
      const execution = beginExecution({
        request,
        sourceFormat: protocol,
        operation,
        model,
        requestedModel: model,
        stream,
        startedAt: clock.currentTimeMillisUnsafe(),
        hooks: nested === undefined ? hooks : hooksWithout(hooks, nested.skipPlugin),
        metadata: nested?.metadata
      })
      const answer = protocol === "gemini" && stream && alt !== "sse" ? jsonArraySink(sink) : sink
      return serve(parts, execution, answer, nested).pipe(
        Effect.ensuring(Effect.sync(execution.end)),
        Effect.annotateLogs({ request: request.id })
      )
    })

const serve = (
  parts: ServingParts,
  asked: Execution,
  sink: ResponseSink,
  nested: NestedOptions | undefined
): Effect.Effect<void, GatewayError> => {
  const { background, callHook, deadlines } = parts
  const serving = parts.serving()
  const record = parts.tracing.begin(asked)
  const served = Effect.flatMap(route(parts, serving, asked, nested), (routed) => {
    const execution = routed.model === asked.model ? asked : { ...asked, model: routed.model }
    const executed = Effect.flatMap(admit(callHook, deadlines, execution), (admitted) =>
      routed._tag === "Executor"
        ? executeDirectly(parts, execution, admitted, routed, sink)
        : executeWithCredentials(parts, serving, execution, record, admitted, routed, sink)
    )
    if (routed._tag === "Executor") record.executor = routed.executor.plugin.id
    return complete(callHook, background, deadlines.reportMs, execution, executed)
  })
  return served.pipe(
    Effect.onExit((exit) => parts.tracing.end(record, exit)),
    Effect.catchTag("Terminated", (terminated) => Effect.sync(() => writeTermination(terminated, sink)))
  )
}

/** The stage schedule, and an attempt with each credential that it chooses, until one serves the request. */
const executeWithCredentials = (
  parts: ServingParts,
  serving: Serving,
  execution: Execution,
  record: RequestRecord,
  admitted: InterceptedRequest,
  { model, provider, route: routed }: RoutedToCredentials,
  sink: ResponseSink
): Effect.Effect<void, GatewayError | Terminated> => {
  const route = execution.operation === "embeddings" ? withEmbeddings(routed) : routed
  if (route === undefined) return Effect.fail(noEmbeddings(model))
  const pool = parts.pools.poolOf(route)
  const request: PickRequest = {
    provider,
    providers: route.providers,
    model,
    stream: execution.stream,
    headers: admitted.headers,
    metadata: { ...execution.metadata, session_affinity_provider: provider || "mixed" }
  }
  const choice = { route, pool, strategy: serving.strategy, request }
  /** A reload may have brought the credential, or have taken it away while it is still in use here. */
  const targetOf = (id: string): Target | undefined =>
    parts.serving().registry.routes.get(route.key)?.targets.get(id) ?? route.targets.get(id)
  const attempts: Attempts = {
    model,
    choose: (tried, took) => parts.chooseCredential(choice, tried, took),
    send: ({ candidate: { id } }, answered) => {
      const target = targetOf(id)
      return target === undefined
        ? Effect.fail(credentialRemoved(id))
        : attempt(parts, execution, admitted, target, tellingSink(sink, answered))
    },
    judge: (id, failure) => judgeFor(targetOf(id), failure, serving.failureRules),
    readyAt: (now, spent) => readyAtOf(pool, now, spent),
    allowances: (requestRetry) => allowancesOf(route.targets, requestRetry)
  }
  return serving.failOver(parts.tracing.watch(record, choice, attempts))
}

/** The client's sink, and somebody who wants to know when the answer begins. */
const tellingSink = (sink: ResponseSink, answered: () => void): ResponseSink => ({
  ...sink,
  start: (status, headers) => {
    answered()
    sink.start(status, headers)
  }
})

const attempt = (
  parts: ServingParts,
  execution: Execution,
  admitted: InterceptedRequest,
  target: Target,
  sink: ResponseSink
): Effect.Effect<void, AttemptFailure | Terminated> => {
  const index = target.credential?.index
  const metadata = {
    ...execution.metadata,
    selected_auth_id: target.candidate.id,
    ...(index === undefined ? {} : { selected_auth_index: index })
  }
  const known = { ...execution, metadata }
  return target._tag === "Configured"
    ? attemptProvider(parts, known, admitted, target, sink)
    : attemptExecutor(parts, known, admitted, target, sink)
}

/** The route with those credentials alone whose provider has an endpoint for embeddings; `undefined` when none has. */
const withEmbeddings = (route: Route): Route | undefined => {
  const targets = [...route.targets].filter(
    ([, target]) => target._tag === "Configured" && target.protocol === "openai"
  )
  return targets.length === 0 ? undefined : { ...route, key: `${route.key}\nembeddings`, targets: new Map(targets) }
}

const noEmbeddings = (model: string): InvalidRequest =>
  new InvalidRequest({
    message: `The model \`${model}\` is served by no provider that has embeddings; those that speak OpenAI have.`,
    status: 404,
    code: "model_not_found",
    param: "model"
  })

const credentialRemoved = (id: string): ProviderBroke =>
  new ProviderBroke({
    message: `Credential ${id} was removed while the request was under way.`,
    midStream: false,
    answered: true
  })
