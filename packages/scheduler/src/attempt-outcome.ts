/** What rests: the credential as a whole, the credential for one model, or all credentials of its account. */
export type CooldownScope = "credential" | "model" | "account"

/** How one attempt with a credential ended. An attempt that the client cancelled says nothing and is not reported. */
export type AttemptOutcome = (
  | { readonly _tag: "Succeeded" }
  | {
      readonly _tag: "Refused"
      /** HTTP status of the provider's answer, or the one that it means. */
      readonly status: number
      /** Milliseconds that the provider asked to wait. Values of 0 and less count as no hint. */
      readonly retryAfterMs?: number | undefined
      /** Set it when the provider's answer says what its limit covers; otherwise the status decides. */
      readonly scope?: CooldownScope | undefined
      /** Shortest rest that it opens, in milliseconds: 10 s for an answer that asks to prove that one is human. */
      readonly atLeastMs?: number | undefined
      /** What an operator's rule says: `true` opens a rest even for a request fault, `false` never opens one. */
      readonly rests?: boolean | undefined
    }
  | { readonly _tag: "Unreachable" }
) & {
  /**
   * When the attempt began, in milliseconds of the same clock. With it, attempts that were already under way when a
   * window opened neither lengthen the ladder nor clear the window.
   */
  readonly startedAt?: number | undefined
  /** The attempt was the one that finds out whether a rest is still needed: its failure takes the next step. */
  readonly probe?: boolean | undefined
}

const requestFaults: ReadonlySet<number> = new Set([400, 409, 413, 422])

/**
 * What an upstream status of 400 or more, or one that is no success, says about going on.
 *
 * `request-fault`: the request itself is wrong (400, 409, 413, 422); another credential would answer the same.
 * `next-credential`: everything else, 529 and unknown statuses included.
 */
export const classifyStatus = (status: number): "next-credential" | "request-fault" =>
  requestFaults.has(status) ? "request-fault" : "next-credential"

/**
 * What an outcome is about, or `undefined` when it changes nothing (a request fault) or clears (a success).
 *
 * 401 and 402 speak about the whole credential, and so does a lost connection. 403 may be one model that the account
 * has no access to; 404, 429, 408 and 5xx are taken per model unless the outcome says otherwise.
 */
export const cooldownScope = (outcome: AttemptOutcome): CooldownScope | undefined => {
  if (outcome._tag === "Unreachable") return "credential"
  if (outcome._tag === "Succeeded") return undefined
  const { rests = classifyStatus(outcome.status) === "next-credential", scope, status } = outcome
  if (!rests) return undefined
  return scope ?? (status === 401 || status === 402 ? "credential" : "model")
}
