import { type RequestCompletion, requestComplete, type RequestOutcome } from "@cliproxy/abi"
import { Cause, Clock, Effect, Exit } from "effect"

import { type GatewayError, statusOf } from "../gateway-error.ts"
import type { Background } from "./background.ts"
import type { Execution } from "./execution.ts"
import type { CallHook } from "./hook-calls.ts"
import type { Terminated } from "./terminated.ts"

/** How an execution ended, as plugins are told. */
export interface Completion {
  readonly outcome: RequestOutcome
  /** 200 for success, the error's or the interceptor's status, 0 when canceled. */
  readonly status: number
  readonly error: string
}

/**
 * The last stage: `request.complete` to all lifecycle plugins at once, exactly one time, when the execution has ended
 * in whatever way. Nobody waits for it, and it is sent also when the client has gone. Failures are logged.
 */
export const complete = (
  callHook: CallHook,
  background: Background,
  deadlineMs: number,
  execution: Execution,
  executed: Effect.Effect<void, GatewayError | Terminated>
): Effect.Effect<void, GatewayError | Terminated> => {
  const { lifecycle } = execution.hooks
  if (lifecycle.length === 0) return executed
  return Effect.onExit(executed, (exit) =>
    Effect.map(Clock.currentTimeMillis, (completedAt) => {
      const completion = completionMessage(execution, completionOf(exit), completedAt)
      background.run(
        Effect.forEach(
          lifecycle,
          (plugin) =>
            callHook({
              plugin,
              contract: requestComplete,
              deadlineMs,
              scope: execution.detachedScope(),
              request: (host_callback_id) => ({ ...completion, host_callback_id })
            }),
          { concurrency: "unbounded", discard: true }
        )
      )
    })
  )
}

/** What an exit means. An interruption is a client that has gone. */
export const completionOf = (exit: Exit.Exit<void, GatewayError | Terminated>): Completion => {
  if (Exit.isSuccess(exit)) return { outcome: "succeeded", status: 200, error: "" }
  const failure = exit.cause.reasons.find(Cause.isFailReason)?.error
  if (failure === undefined) {
    return Cause.hasInterruptsOnly(exit.cause)
      ? { outcome: "canceled", status: 0, error: "the client has gone" }
      : { outcome: "failed", status: 500, error: "the gateway failed" }
  }
  return failure._tag === "Terminated"
    ? { outcome: "rejected", status: failure.status, error: "" }
    : { outcome: "failed", status: statusOf(failure), error: failure.message }
}

const completionMessage = (
  execution: Execution,
  { outcome, status, error }: Completion,
  completedAt: number
): Omit<RequestCompletion, "host_callback_id"> => ({
  RequestID: execution.id,
  TraceID: execution.traceId,
  SourceFormat: execution.sourceFormat,
  Model: execution.model,
  RequestedModel: execution.requestedModel,
  Stream: execution.stream,
  Outcome: outcome,
  StatusCode: status,
  Error: error,
  StartedAt: new Date(execution.startedAt),
  CompletedAt: new Date(completedAt),
  Metadata:
    execution.lastSelection.id === undefined
      ? execution.metadata
      : { ...execution.metadata, selection_id: execution.lastSelection.id }
})
