import type { CanonicalResponse, StopReason } from "../canonical/response.ts"
import type { Usage } from "../canonical/usage.ts"

/**
 * Whether an answer without any content is a failure of the provider, so that another credential may be tried: the model
 * gives no reason to say nothing, and has spent no tokens on it. A model that has read the results of its tools may well
 * be done, and one that is filtered, or out of tokens, says so.
 */
export const isEmptyFailure = (reason: StopReason | undefined, usage: Usage | undefined): boolean =>
  (reason === undefined || reason === "stop" || reason === "tool_calls") && !((usage?.outputTokens ?? 0) > 0)

/** Whether a whole answer is such a failure. */
export const isEmptyAnswer = ({ choices, usage }: CanonicalResponse): boolean =>
  choices.length === 0
    ? isEmptyFailure(undefined, usage)
    : choices.every(({ parts, stopReason }) => parts.length === 0 && isEmptyFailure(stopReason, usage))
