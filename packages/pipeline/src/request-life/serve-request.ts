import type { PickRequest } from "@cliproxy/scheduler"
import { Effect, Result } from "effect"

import { type AttemptFailure, ProviderBroke } from "../attempt-failure.ts"
import { readChatRequest } from "../chat-request.ts"
import type { ClientRequest } from "../gateway.ts"
import type { GatewayError } from "../gateway-error.ts"
import type { Target } from "../model-registry.ts"
import type { NestedOptions } from "../nested-model/nested-execution.ts"
import type { ResponseSink } from "../response-sink.ts"
import { admit } from "./admit.ts"
import { attemptExecutor, executeDirectly } from "./attempt-executor.ts"
import { attemptProvider } from "./attempt-provider.ts"
import { complete } from "./complete.ts"
import { beginExecution, type Execution } from "./execution.ts"
import { hooksWithout } from "./request-hooks.ts"
import type { InterceptedRequest } from "./request-interception.ts"
import { route, type RoutedToCredentials } from "./route.ts"
import { OPENAI, type Serving, type ServingParts } from "./serving-parts.ts"
import { type Terminated, writeTermination } from "./terminated.ts"

/**
 * Serves one OpenAI chat completion, streamed or not, and writes the answer to the sink. Interrupting it aborts the
 * provider's request and what plugins do for it. `nested` says which plugin makes the request, when it is not a
 * client's: that plugin is left out of its route, interceptors and completion.
 */
export type ServeRequest = (
  request: ClientRequest,
  sink: ResponseSink,
  nested?: NestedOptions
) => Effect.Effect<void, GatewayError>

/**
 * Makes the way of a request through its stages: route, admit, then for each attempt schedule, prepare, translate,
 * think, execute, account and respond, and in the end complete. Each is in a file of its own; one in which no plugin
 * takes part does nothing.
 */
export const makeServeRequest =
  (parts: ServingParts): ServeRequest =>
  (request, sink, nested) =>
    Effect.clockWith((clock) => {
      const chat = readChatRequest(request.json)
      if (Result.isFailure(chat)) return Effect.fail(chat.failure)
      const { model, stream } = chat.success
      const hooks = parts.hooks()
      const execution = beginExecution({
        request,
        sourceFormat: OPENAI,
        model,
        requestedModel: model,
        stream,
        startedAt: clock.currentTimeMillisUnsafe(),
        hooks: nested === undefined ? hooks : hooksWithout(hooks, nested.skipPlugin),
        metadata: nested?.metadata
      })
      return serve(parts, execution, sink, nested).pipe(
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
  return Effect.flatMap(route(parts, serving, asked, nested), (routed) => {
    const execution = routed.model === asked.model ? asked : { ...asked, model: routed.model }
    const executed = Effect.flatMap(admit(callHook, deadlines, execution), (admitted) =>
      routed._tag === "Executor"
        ? executeDirectly(parts, execution, admitted, routed, sink)
        : executeWithCredentials(parts, serving, execution, admitted, routed, sink)
    )
    return complete(callHook, background, deadlines.reportMs, execution, executed).pipe(
      Effect.catchTag("Terminated", (terminated) => Effect.sync(() => writeTermination(terminated, sink)))
    )
  })
}

/** The stage schedule, and an attempt with each credential that it chooses, until one serves the request. */
const executeWithCredentials = (
  parts: ServingParts,
  serving: Serving,
  execution: Execution,
  admitted: InterceptedRequest,
  { model, provider, route }: RoutedToCredentials,
  sink: ResponseSink
): Effect.Effect<void, GatewayError | Terminated> => {
  const pool = parts.pools.poolOf(route)
  const request: PickRequest = {
    provider,
    providers: route.providers,
    model,
    stream: execution.stream,
    headers: admitted.headers,
    metadata: { ...execution.metadata, session_affinity_provider: provider || "mixed" }
  }
  /** A reload may have brought the credential, or have taken it away while it is still in use here. */
  const targetOf = (id: string): Target | undefined =>
    parts.serving().registry.routes.get(route.key)?.targets.get(id) ?? route.targets.get(id)
  return serving.failOver({
    model,
    pick: (tried, now) => parts.schedule({ pool, strategy: serving.strategy, request, tried, now }),
    send: ({ candidate: { id } }) => {
      const target = targetOf(id)
      return target === undefined
        ? Effect.fail(credentialRemoved(id))
        : attempt(parts, execution, admitted, target, sink)
    },
    report: (id, outcome, now) => parts.pools.report(route, id, outcome, now),
    readyAt: pool.readyAt
  })
}

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

const credentialRemoved = (id: string): ProviderBroke =>
  new ProviderBroke({
    message: `Credential ${id} was removed while the request was under way.`,
    midStream: false,
    answered: true
  })
