import { requestInterceptAfter } from "@cliproxy/abi"
import { Effect } from "effect"

import type { Execution } from "./execution.ts"
import type { CallHook } from "./hook-calls.ts"
import type { HookDeadlines } from "./hook-deadlines.ts"
import { type InterceptedRequest, interceptRequest } from "./request-interception.ts"
import type { Terminated } from "./terminated.ts"

/** Where one attempt is going. */
export interface AttemptTarget {
  /** The upstream's protocol. */
  readonly toFormat: string
  /** Model as the upstream knows it. */
  readonly upstreamModel: string
  /** The execution's metadata, and what became known with the choice of a credential. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/**
 * The stage before each attempt: `request.intercept_after`. What the plugins change holds for this attempt only: the
 * next one begins with the admitted request again.
 *
 * A header that a plugin removes here is gone for the plugins after it and stays in what is sent, as in the reference:
 * the headers of the admitted request are merged with these. Source: plugin ABI, request hooks.
 */
export const prepare = (
  callHook: CallHook,
  deadlines: HookDeadlines,
  execution: Execution,
  admitted: InterceptedRequest,
  target: AttemptTarget
): Effect.Effect<InterceptedRequest, Terminated> => {
  if (execution.hooks.requestInterceptors.length === 0) return Effect.succeed(admitted)
  return interceptRequest(
    callHook,
    execution,
    {
      contract: requestInterceptAfter,
      phase: "after",
      toFormat: target.toFormat,
      model: target.upstreamModel,
      metadata: target.metadata,
      deadlineMs: deadlines.interceptMs
    },
    admitted
  ).pipe(Effect.map(({ headers, body }) => ({ headers: { ...admitted.headers, ...headers }, body })))
}
