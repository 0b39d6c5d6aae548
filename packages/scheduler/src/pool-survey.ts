import type { Strategy } from "./candidate.ts"
import type { Exclusion, PoolCensus } from "./exclusion.ts"
import type { Members } from "./members.ts"
import type { CandidateReport, SurveyOptions } from "./pool.ts"
import type { Slot } from "./tier.ts"

/** Whether a strategy never picks a slot, whatever its state. */
export const isWeightless = ({ candidate }: Slot, strategy: Strategy | undefined): boolean =>
  strategy === "weighted-round-robin" && (candidate.weight ?? 1) <= 0

const exclude = (slot: Slot, tried: ReadonlySet<string> | undefined, options: SurveyOptions): Exclusion | undefined => {
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
  if (state === "held") return { _tag: "Held", id, until: heldUntil }
  const tier = candidate.priority
  return options.tier !== undefined && tier < options.tier ? { _tag: "LowerTier", id, tier } : undefined
}

/** Who is left out and why, tier by tier. */
export const listExclusions = ({ tiers }: Members, options: SurveyOptions): ReadonlyArray<Exclusion> => {
  const { limit = Infinity, tried } = options
  const found: Array<Exclusion> = []
  for (const { slots } of tiers) {
    for (const slot of slots) {
      if (found.length >= limit) return found
      const exclusion = exclude(slot, tried, options)
      if (exclusion !== undefined) found.push(exclusion)
    }
  }
  return found
}

/** Every candidate and why it is left out, if it is, tier by tier. */
export const survey = ({ tiers }: Members, options: SurveyOptions): ReadonlyArray<CandidateReport> => {
  const { limit = Infinity, tried } = options
  const found: Array<CandidateReport> = []
  for (const { slots } of tiers) {
    for (const slot of slots) {
      if (found.length >= limit) return found
      const { candidate, credential } = slot
      const exclusion = exclude(slot, tried, options)
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

/** Counts the candidates by what keeps them back. */
export const takeCensus = ({ counts, rateLimited, slots }: Members, tried: ReadonlySet<string>): PoolCensus => {
  let triedHere = 0
  let limited = rateLimited
  let { full: atCapacity, probing, resting } = counts
  resting -= rateLimited
  for (const id of tried) {
    const slot = slots.get(id)
    if (slot === undefined || slot.state === "disabled") continue
    triedHere++
    if (slot.state === "probing") probing--
    else if (slot.state === "full") atCapacity--
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
