/**
 * Why a credential rests.
 *
 * - `rate-limited`: the provider said 429.
 * - `rejected`: the provider refused the credential (401, 402, 403).
 * - `model-missing`: the provider does not know the model (404).
 * - `upstream-failed`: the provider failed (408, 5xx, any status that is not the request's fault).
 * - `unreachable`: no connection, or it broke.
 */
export type CooldownReason = "rate-limited" | "rejected" | "model-missing" | "upstream-failed" | "unreachable"

/** What rests: the credential as a whole, or the credential for one model. */
export type CooldownScope = "credential" | "model"

/** How one attempt with a credential ended. An attempt that the client cancelled says nothing and is not reported. */
export type AttemptOutcome = (
  | { readonly _tag: "Succeeded" }
  | {
      readonly _tag: "Refused"
      /** HTTP status of the provider's answer. */
      readonly status: number
      /** Milliseconds that the provider asked to wait. Values of 0 and less count as no hint. */
      readonly retryAfterMs?: number | undefined
      /** Set it when the provider's answer says what its limit covers; otherwise the status decides. */
      readonly scope?: CooldownScope | undefined
    }
  | { readonly _tag: "Unreachable" }
) & {
  /**
   * When the attempt began, in milliseconds of the same clock. With it, attempts that were already under way when a
   * window opened neither lengthen the ladder nor clear the window.
   */
  readonly startedAt?: number | undefined
}

/** One rest of a credential. */
export interface Cooldown {
  /** End of the window, in milliseconds since the epoch: at this time the credential is available again. */
  readonly until: number
  /** When the window opened, in milliseconds since the epoch. */
  readonly openedAt: number
  /** Step of the reason's ladder, from 0. Kept when the window ends, so that the next failure takes the next step. */
  readonly level: number
  readonly reason: CooldownReason
  readonly scope: CooldownScope
  /** HTTP status that caused it. */
  readonly status?: number
}

/** First and longest window of a reason, in milliseconds. Each step doubles. */
export interface CooldownLadder {
  readonly firstMs: number
  readonly maxMs: number
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** The ladders. First steps are short, so that one odd answer is no outage; a window's end lets one try decide. */
export const cooldownLadders: Readonly<Record<CooldownReason, CooldownLadder>> = {
  "rate-limited": { firstMs: second, maxMs: 30 * minute },
  rejected: { firstMs: 30 * second, maxMs: 30 * minute },
  "model-missing": { firstMs: minute, maxMs: 30 * minute },
  "upstream-failed": { firstMs: second, maxMs: minute },
  unreachable: { firstMs: second, maxMs: minute }
}

/** Longest 429 hint that is followed, in milliseconds: a broken header costs a day, not a restart. */
export const maxRateLimitHintMs = 24 * hour

const requestFaults: ReadonlySet<number> = new Set([400, 409, 413, 422])

/**
 * What an upstream status of 400 or more, or one that is no success, says about going on.
 *
 * `request-fault`: the request itself is wrong (400, 409, 413, 422); another credential would answer the same.
 * `next-credential`: everything else, 529 and unknown statuses included.
 */
export const classifyStatus = (status: number): "next-credential" | "request-fault" =>
  requestFaults.has(status) ? "request-fault" : "next-credential"

const reasonOf = (status: number): CooldownReason => {
  switch (status) {
    case 401:
    case 402:
    case 403:
      return "rejected"
    case 404:
      return "model-missing"
    case 429:
      return "rate-limited"
    default:
      return "upstream-failed"
  }
}

/**
 * What an outcome is about, or `undefined` when it changes nothing (a request fault) or clears (a success).
 *
 * 401 and 402 speak about the whole credential, and so does a lost connection. 403 may be one model that the account
 * has no access to; 404, 429, 408 and 5xx are taken per model unless the outcome says otherwise.
 */
export const cooldownScope = (outcome: AttemptOutcome): CooldownScope | undefined => {
  if (outcome._tag === "Unreachable") return "credential"
  if (outcome._tag === "Succeeded" || classifyStatus(outcome.status) === "request-fault") return undefined
  return outcome.scope ?? (outcome.status === 401 || outcome.status === 402 ? "credential" : "model")
}

const ladderStep = (reason: CooldownReason, level: number): number => {
  const { firstMs, maxMs } = cooldownLadders[reason]
  return Math.min(maxMs, firstMs * 2 ** level)
}

const windowLength = (reason: CooldownReason, level: number, hintMs: number): number => {
  const step = ladderStep(reason, level)
  if (!(hintMs > 0)) return step
  if (reason === "rate-limited") return Math.min(hintMs, maxRateLimitHintMs)
  // A failing provider may ask for a longer pause, but never for more than the ladder's longest.
  if (reason === "upstream-failed") return Math.min(Math.max(hintMs, step), cooldownLadders[reason].maxMs)
  return step
}

/**
 * The state of a credential after an attempt: its new {@link Cooldown}, the `previous` one when the outcome changes
 * nothing, or `undefined` when there is nothing to remember (a success).
 *
 * `previous` is the state of the same scope (see {@link cooldownScope}) and `now` is in milliseconds since the epoch.
 * While a window is open it is never shortened and the ladder takes no step, so parallel failures count once. A hint
 * of the provider replaces the ladder for 429. A window for another reason starts its own ladder.
 */
export const nextCooldown = (
  previous: Cooldown | undefined,
  outcome: AttemptOutcome,
  now: number
): Cooldown | undefined => {
  if (outcome._tag === "Succeeded") {
    const overtaken = previous !== undefined && outcome.startedAt !== undefined && outcome.startedAt < previous.openedAt
    return overtaken ? previous : undefined
  }
  const scope = cooldownScope(outcome)
  if (scope === undefined) return previous
  const status = outcome._tag === "Refused" ? outcome.status : undefined
  const reason = status === undefined ? "unreachable" : reasonOf(status)
  const hintMs = outcome._tag === "Refused" ? (outcome.retryAfterMs ?? 0) : 0
  const open = previous !== undefined && previous.until > now
  const sameLadder = previous !== undefined && previous.reason === reason
  const straggler = sameLadder && outcome.startedAt !== undefined && outcome.startedAt < previous.until
  const level = !sameLadder ? 0 : open || straggler ? previous.level : previous.level + 1
  const until = now + windowLength(reason, level, hintMs)
  if (open && (previous.until >= until || (sameLadder && !(hintMs > 0)))) return previous
  return {
    until,
    openedAt: open && sameLadder ? previous.openedAt : now,
    level,
    reason,
    scope,
    ...(status === undefined ? {} : { status })
  }
}
