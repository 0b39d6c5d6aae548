import { type AttemptOutcome, cooldownScope, type CooldownScope } from "./attempt-outcome.ts"

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

/** One rest of a credential. Plain data, as it is kept over a restart. */
export interface Cooldown {
  /** End of the window, in milliseconds since the epoch: at this time the rest is over. */
  readonly until: number
  /** When the window opened, in milliseconds since the epoch. */
  readonly openedAt: number
  /** Step of the reason's ladder, from 0. Kept when the window ends, so that the next failure takes the next step. */
  readonly level: number
  readonly reason: CooldownReason
  readonly scope: CooldownScope
  /** HTTP status that caused it. */
  readonly status?: number
  /**
   * When one request may find out whether the rest is still needed: `until`, or earlier in a long rest. In milliseconds
   * since the epoch.
   */
  readonly probeAt: number
  /** How many probes have failed. */
  readonly probes: number
  /**
   * From this time on (milliseconds since the epoch) a request that nobody else can serve may try the credential.
   * Absent for failures that do not pass by themselves.
   */
  readonly lastResortAt?: number
}

/** First and longest window of a reason, in milliseconds. Each step doubles. */
export interface CooldownLadder {
  readonly firstMs: number
  readonly maxMs: number
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** The ladders. First steps of what passes by itself are short, so that one odd answer is no outage. */
export const cooldownLadders: Readonly<Record<CooldownReason, CooldownLadder>> = {
  "rate-limited": { firstMs: second, maxMs: 30 * minute },
  rejected: { firstMs: 30 * minute, maxMs: 30 * minute },
  "model-missing": { firstMs: minute, maxMs: 30 * minute },
  "upstream-failed": { firstMs: second, maxMs: minute },
  unreachable: { firstMs: second, maxMs: minute }
}

/** Longest 429 hint that is followed, in milliseconds: a broken header costs a day, not a restart. */
export const maxRateLimitHintMs = 24 * hour

/**
 * Probes in a rest that is longer than `longRestMs` and was not of our own measure (a 429 hint, a refused key): the
 * first after `firstMs`, each further one after twice as long, at most `maxMs`. So a quota that is reset early, or a key
 * that is put right, ends a long rest by itself.
 */
export const probeIntervals = { longRestMs: 5 * minute, firstMs: minute, maxMs: hour } as const

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

/** Whether a reason tends to pass by itself within moments. */
const passes = (reason: CooldownReason): boolean => reason === "upstream-failed" || reason === "unreachable"

const windowLength = (reason: CooldownReason, level: number, hintMs: number, atLeastMs: number): number => {
  const { firstMs, maxMs } = cooldownLadders[reason]
  const step = Math.max(Math.min(maxMs, firstMs * 2 ** level), atLeastMs)
  if (!(hintMs > 0)) return step
  if (reason === "rate-limited") return Math.min(hintMs, maxRateLimitHintMs)
  // A failing provider may ask for a longer pause, but never for more than the ladder's longest.
  return reason === "upstream-failed" ? Math.min(Math.max(hintMs, step), maxMs) : step
}

const nextProbeAt = (until: number, now: number, probes: number): number => {
  const { firstMs, longRestMs, maxMs } = probeIntervals
  return until - now <= longRestMs ? until : Math.min(until, now + Math.min(maxMs, firstMs * 2 ** probes))
}

/**
 * The state of a credential after an attempt: its new {@link Cooldown}, the `previous` one when the outcome changes
 * nothing, or `undefined` when there is nothing to remember (a success).
 *
 * `previous` is the state of the same scope (see {@link cooldownScope}) and `now` is in milliseconds since the epoch.
 * While a window is open only a hint that a probe gets can shorten it, and only a probe's failure takes a step of the
 * ladder, so parallel failures count once. A hint of the provider replaces the ladder for 429. A window for another reason starts its own
 * ladder.
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
  const refused = outcome._tag === "Refused" ? outcome : undefined
  const reason = refused === undefined ? "unreachable" : reasonOf(refused.status)
  const hintMs = refused?.retryAfterMs ?? 0
  const open = previous !== undefined && previous.until > now
  const probe = isProbe(previous, outcome, now)
  const sameLadder = previous !== undefined && previous.reason === reason
  const straggler = sameLadder && !probe && outcome.startedAt !== undefined && outcome.startedAt < previous.until
  const level = !sameLadder ? 0 : (open && !probe) || straggler ? previous.level : previous.level + 1
  const length = windowLength(reason, level, hintMs, refused?.atLeastMs ?? 0)
  const until = now + length
  const probes = previous === undefined || !(open || sameLadder) ? 0 : previous.probes + (probe ? 1 : 0)
  // A probe got through to the limit: its newest word is what counts, also when it is a shorter one.
  const newHint = probe && sameLadder && reason === "rate-limited" && hintMs > 0
  if (open && previous.until >= until && !newHint) {
    // A failure that passes says nothing of the limit: the next probe is as near as this one was.
    if (probe && !sameLadder && passes(reason)) return afterFailedProbe(previous, previous.level, previous.probes, now)
    return probe ? afterFailedProbe(previous, sameLadder ? level : previous.level, probes, now) : previous
  }
  if (open && !probe && sameLadder && !(hintMs > 0)) return previous
  const oursToMeasure = reason !== "rejected" && !(reason === "rate-limited" && hintMs > 0)
  return {
    until,
    openedAt: open && sameLadder && !probe ? previous.openedAt : now,
    level,
    reason,
    scope,
    ...(refused === undefined ? {} : { status: refused.status }),
    probeAt: oursToMeasure ? until : nextProbeAt(until, now, probes),
    probes,
    // The first failure of this kind may be an odd one; after that a request may come back at half-time.
    ...(passes(reason) ? { lastResortAt: level === 0 ? now : now + length / 2 } : {})
  }
}

/** An attempt that began when only a probe could counts as one also where nobody keeps count of probes. */
const isProbe = (previous: Cooldown | undefined, { probe, startedAt }: AttemptOutcome, now: number): boolean => {
  if (probe !== undefined || previous === undefined || startedAt === undefined || previous.until <= now) {
    return probe === true
  }
  const { lastResortAt = Infinity, probeAt } = previous
  return startedAt >= probeAt || startedAt > lastResortAt
}

/** A probe failed, but the window that is open ends later than the one which this failure would open. */
const afterFailedProbe = (previous: Cooldown, level: number, probes: number, now: number): Cooldown => ({
  ...previous,
  level,
  probes,
  probeAt: nextProbeAt(previous.until, now, probes),
  ...(previous.lastResortAt === undefined ? {} : { lastResortAt: now + (previous.until - now) / 2 })
})
