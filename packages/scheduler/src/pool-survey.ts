import type { Strategy } from "./candidate.ts"
import type { Exclusion, PoolCensus } from "./exclusion.ts"
import type { ModelLimit } from "./load.ts"
import type { Members } from "./members.ts"
import type { CandidateReport, SurveyOptions } from "./pool.ts"
import type { Slot } from "./tier.ts"

/** Whether a strategy never picks a slot, whatever its state. */
export const isWeightless = ({ candidate }: Slot, strategy: Strategy | undefined): boolean =>
  strategy === "weighted-round-robin" && (candidate.weight ?? 1) <= 0

const exclude = (
  slot: Slot,
  tried: ReadonlySet<string> | undefined,
  options: SurveyOptions,
  reached: ModelLimit | undefined
): Exclusion | undefined => {
  const { block, candidate, full, heldUntil, state } = slot
  const { id } = candidate
  if (state === "disabled") return { _tag: "Disabled", id }
  if (tried?.has(id) === true) return { _tag: "Tried", id }
  if (isWeightless(slot, options.strategy)) return { _tag: "Weightless", id }
  if (state === "probing") return { _tag: "Probing", id }
  if (state === "resting" && block !== undefined) {
    const { probeAt, reason, status, until } = block
    return {
      _tag: "Cooling",
      id,
      until,
      because: reason,
      ...(status === undefined ? {} : { status }),
      ...(probeAt === undefined || probeAt >= until ? {} : { probeAt })
    }
  }
  if (state === "full" && full !== undefined) {
    const limit = full === "credential" ? candidate.maxInFlight : candidate.maxInFlightPerModel
    return { _tag: "AtCapacity", id, cap: full, limit: limit ?? 0 }
  }
  // Once somebody was picked, it is that pick itself which has filled the model up.
  if (reached !== undefined && options.tier === undefined) {
    return { _tag: "AtCapacity", id, cap: "route", limit: reached.maxInFlight }
  }
  if (state === "held") return { _tag: "Held", id, until: heldUntil }
  const tier = candidate.priority
  return options.tier !== undefined && tier < options.tier ? { _tag: "LowerTier", id, tier } : undefined
}

/** Who is left out and why, tier by tier. `reached` is the pool's limit, if it is reached. */
export const listExclusions = (
  { tiers }: Members,
  options: SurveyOptions,
  reached: ModelLimit | undefined
): ReadonlyArray<Exclusion> => {
  const { limit = Infinity, tried } = options
  const found: Array<Exclusion> = []
  for (const { slots } of tiers) {
    for (const slot of slots) {
      if (found.length >= limit) return found
      const exclusion = exclude(slot, tried, options, reached)
      if (exclusion !== undefined) found.push(exclusion)
    }
  }
  return found
}

/** Every candidate and why it is left out, if it is, tier by tier. `reached` is the pool's limit, if it is reached. */
export const survey = (
  { tiers }: Members,
  options: SurveyOptions,
  reached: ModelLimit | undefined
): ReadonlyArray<CandidateReport> => {
  const { limit = Infinity, tried } = options
  const found: Array<CandidateReport> = []
  for (const { slots } of tiers) {
    for (const slot of slots) {
      if (found.length >= limit) return found
      const { candidate, credential } = slot
      const exclusion = exclude(slot, tried, options, reached)
      found.push({
        id: candidate.id,
        provider: candidate.provider,
        tier: candidate.priority,
        weight: candidate.weight ?? 1,
        inFlight: credential.inFlight,
        ...(credential.lastSuccessAt === undefined ? {} : { lastSuccessAt: credential.lastSuccessAt }),
        ...(credential.quota === undefined ? {} : { quota: credential.quota }),
        ...(exclusion === undefined ? {} : { exclusion })
      })
    }
  }
  return found
}

const isFree = ({ state }: Slot): boolean => state === "ready" || state === "held"

/** Counts the candidates by what keeps them back; with `limitReached`, those that could be picked are at capacity. */
export const takeCensus = (
  { counts, rateLimited, slots }: Members,
  tried: ReadonlySet<string>,
  limitReached: boolean
): PoolCensus => {
  let triedHere = 0
  let limited = rateLimited
  let { full: atCapacity, probing, resting } = counts
  resting -= rateLimited
  if (limitReached) atCapacity += counts.ready + counts.held
  for (const id of tried) {
    const slot = slots.get(id)
    if (slot === undefined || slot.state === "disabled") continue
    triedHere++
    if (slot.state === "probing") probing--
    else if (slot.state === "full" || (limitReached && isFree(slot))) atCapacity--
    else if (slot.state === "resting" && slot.block?.reason === "rate-limited") limited--
    else if (slot.state === "resting") resting--
  }
  return {
    total: slots.size,
    disabled: counts.disabled,
    tried: triedHere,
    rateLimited: limited,
    resting,
    atCapacity,
    probing
  }
}
