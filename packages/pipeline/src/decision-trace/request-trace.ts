import type { Cooldown, DecisionTrace } from "@cliproxy/scheduler"

/** How a request ended. */
export interface RequestOutcome {
  /** `rejected`: by a plugin. `canceled`: the client went away first. */
  readonly result: "succeeded" | "failed" | "rejected" | "canceled"
  /** Status that says it; 0 when the client was gone. */
  readonly status: number
  /** Tag of the error, such as `NoCredential`, when it failed. */
  readonly error?: string
  /** Redacted and short. */
  readonly message?: string
}

/** How an attempt ended. `abandoned`: the client went away, or a plugin ended the request. */
export type AttemptResult = "running" | "ok" | "failed" | "broken" | "abandoned"

/** One attempt with one credential. */
export interface AttemptTrace {
  /** Its number in the request, from 1. */
  readonly attempt: number
  readonly round: number
  /** Credential ID; nothing secret. */
  readonly credential: string
  readonly provider: string
  /** The model's name as clients know it: another one than was asked for, when a fallback was tried. */
  readonly model: string
  /** The model's name as the provider knows it. */
  readonly upstreamModel: string
  /** When it was sent, in milliseconds since the epoch. */
  readonly startedAt: number
  readonly result: AttemptResult
  /** In milliseconds; absent while it runs. */
  readonly durationMs?: number
  /** Milliseconds until the answer brought something that means anything; absent when it never did. */
  readonly firstEventMs?: number
  /** The provider's status, for an attempt that failed with one. */
  readonly status?: number
  /** What went wrong. Redacted and short. */
  readonly message?: string
  /** The rest that the credential was in right after the attempt. */
  readonly cooldown?: Cooldown
}

/** One choice of a credential, whether it found one or not. */
export interface PickTrace {
  /** The attempt that it led to, or would have, from 1. */
  readonly attempt: number
  /** From 1. In each round every credential is tried at most once. */
  readonly round: number
  readonly model: string
  /** How long the choice took, in milliseconds: asking a plugin, and waiting for a credential with room. */
  readonly waitedMs: number
  /** Why the choice found nobody. Redacted and short. */
  readonly refusal?: string
  /** Who was chosen by whom, and every candidate. */
  readonly decision: DecisionTrace
  /** When the candidates were looked at, in milliseconds since the epoch. */
  readonly candidatesAt: number
  /**
   * Whether that was when the choice was made. The choice of a request that went well at once is looked at when somebody
   * asks: its candidates are shown as they are then.
   */
  readonly candidatesThen: boolean
}

/** One request, in a line. */
export interface RequestSummary {
  readonly id: string
  /** ID of the client's request, when this one was made by a plugin on its behalf. */
  readonly traceId?: string
  /** In milliseconds since the epoch. */
  readonly startedAt: number
  /** In milliseconds; absent while it runs. */
  readonly durationMs?: number
  /** The model that the client asked for. */
  readonly requestedModel: string
  /** The model that it was routed to; the same unless a plugin or a fallback changed it. */
  readonly model: string
  /** The client's protocol. */
  readonly protocol: string
  readonly operation: string
  readonly stream: boolean
  /** Who the client is: a principal, never a key. */
  readonly caller?: string
  /** How many attempts there have been. */
  readonly attempts: number
  /** ID of the plugin that executed the request without a credential, because a router chose it. */
  readonly executor?: string
  /** Credential of the last attempt. */
  readonly credential?: string
  /** Absent while it runs. */
  readonly outcome?: RequestOutcome
}

/** One request and all that was decided for it: plain data, ready for JSON, nothing secret in it. */
export interface RequestTrace extends RequestSummary {
  readonly picksMade: ReadonlyArray<PickTrace>
  readonly attemptsMade: ReadonlyArray<AttemptTrace>
  /** Attempts and picks that were left out of the lists, because there were too many. */
  readonly omitted: number
}
