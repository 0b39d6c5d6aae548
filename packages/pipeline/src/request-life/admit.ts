import { requestInterceptBefore } from "@cliproxy/abi"
import { Effect } from "effect"

import type { Execution } from "./execution.ts"
import type { CallHook } from "./hook-calls.ts"
import type { HookDeadlines } from "./hook-deadlines.ts"
import { bufferOf, type InterceptedRequest, interceptRequest } from "./request-interception.ts"
import type { Terminated } from "./terminated.ts"

/**
 * The stage before any credential is chosen: `request.intercept_before`, once per execution. Gives the request as the
 * interceptors left it, which is the original for everything that follows.
 */
export const admit = (
  callHook: CallHook,
  deadlines: HookDeadlines,
  execution: Execution
): Effect.Effect<InterceptedRequest, Terminated> => {
  const { headers, body } = execution.request
  const request = { headers, body: bufferOf(body) }
  if (execution.hooks.requestInterceptors.length === 0) return Effect.succeed(request)
  return interceptRequest(
    callHook,
    execution,
    {
      contract: requestInterceptBefore,
      phase: "before",
      toFormat: "",
      model: execution.model,
      metadata: execution.metadata,
      deadlineMs: deadlines.interceptMs
    },
    request
  )
}
