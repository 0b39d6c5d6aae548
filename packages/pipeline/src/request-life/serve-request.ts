import { Effect, Result } from "effect"

import { endTimeSpent, type TimeSpent } from "../decision-trace/time-spent.ts"
import type { ClientRequest } from "../gateway.ts"
import type { GatewayError } from "../gateway-error.ts"
import type { NestedOptions } from "../nested-model/nested-execution.ts"
import { readRequestTarget } from "../request-target.ts"
import type { ResponseSink } from "../response-sink.ts"
import { jsonArraySink } from "../translate/json-array-sink.ts"
import { admit } from "./admit.ts"
import { executeDirectly } from "./attempt-executor.ts"
import { complete } from "./complete.ts"
import { executeWithCredentials } from "./execute-with-credentials.ts"
import { beginExecution, type Execution, type ExecutionOperation } from "./execution.ts"
import { hooksWithout } from "./request-hooks.ts"
import { route, type Routed } from "./route.ts"
import type { ServingParts } from "./serving-parts.ts"
import { forModel, routeOrStandIn, standIns, withStandIns } from "./stand-in.ts"
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
        passthroughHeaders: parts.serving().passthroughHeaders,
        model,
        requestedModel: model,
        stream,
        startedAt: clock.currentTimeMillisUnsafe(),
        hooks: nested === undefined ? hooks : hooksWithout(hooks, nested.skipPlugin),
        metadata: nested?.metadata
      })
      const timed = timedSink(execution.spent, sink)
      const answer = protocol === "gemini" && stream && alt !== "sse" ? jsonArraySink(timed) : timed
      return Effect.annotateLogs(serve(parts, execution, answer, nested), { request: request.id })
    })

/** The client's sink; what comes after the beginning of the answer is not counted as time spent. */
const timedSink = (spent: TimeSpent, sink: ResponseSink): ResponseSink => ({
  ...sink,
  start: (status, headers) => {
    endTimeSpent(spent)
    sink.start(status, headers)
  }
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
  const others = standIns(serving, asked, nested)
  const go = (routed: Routed): Effect.Effect<void, GatewayError | Terminated> => {
    const execution = routed.model === asked.model ? asked : { ...asked, model: routed.model }
    const executed = Effect.flatMapEager(admit(callHook, deadlines, execution), (admitted) =>
      routed._tag === "Executor"
        ? executeDirectly(parts, execution, admitted, routed, sink)
        : withStandIns(routed, others, sink, (one, answered) =>
            executeWithCredentials(parts, serving, forModel(execution, one), record, admitted, one, answered)
          )
    )
    if (routed._tag === "Executor") record.executor = routed.executor.plugin.id
    return complete(callHook, background, deadlines.reportMs, execution, executed)
  }
  const served = Effect.suspend(() =>
    Effect.flatMapEager(routeOrStandIn(route(parts, serving, asked, nested), others), go)
  )
  const ended = Effect.onExit(served, (exit) => {
    asked.end()
    return parts.tracing.end(record, exit)
  })
  return Effect.catchTag(ended, "Terminated", (terminated) => Effect.sync(() => writeTermination(terminated, sink)))
}
