import { nextBit } from "./bit-set.ts"
import type { Candidate, Strategy } from "./candidate.ts"
import type { LimitedLoad } from "./load.ts"
import { enter, leave, makeMembers, promote, reachedCap } from "./members.ts"
import { firstAccepted } from "./min-heap.ts"
import type { PickOptions, Pool } from "./pool.ts"
import { isWeightless, listExclusions, survey, takeCensus } from "./pool-survey.ts"
import type { PickIndex } from "./strategies/pick-index.ts"
import { strategies } from "./strategies/strategies.ts"
import { groupByTier, makeTierMemory, type Reserve, type Slot, type Tier, type TierMemory } from "./tier.ts"

const nobody: ReadonlySet<string> = new Set()

const isSpare = (slot: Slot | undefined): boolean => slot?.state === "resting" && (slot.reserve?.heapIndex ?? -1) !== -1

const byTurn = (a: Slot, b: Slot): number => a.turn - b.turn || a.position - b.position

/** Makes a {@link Pool}. Throws as {@link Pool.replace} does. */
export const makePool = (candidates: Iterable<Candidate> = []): Pool => {
  // Rotations outlive their tier: a tier that was away for a while goes on where it stopped.
  const memories = new Map<number, TierMemory>()
  let members = makeMembers([], makeTierMemory)
  let followsLoad = false
  let maxEjectedPercent = 100
  let limit: LimitedLoad | undefined
  // Slots whose counts changed. Most of a credential's pools are idle at any moment: they look when they are asked.
  const stale: Array<Slot> = []
  // What the last choice was made by; undefined when it was nobody's turn. Kept here so that a pick allocates nothing.
  let chosenBy: PickIndex | undefined
  let chosenAt = -1

  /** The limit, if it is reached. */
  const reached = (): LimitedLoad | undefined =>
    limit !== undefined && limit.inFlight >= limit.maxInFlight ? limit : undefined

  const memoryOf = (priority: number): TierMemory => {
    let memory = memories.get(priority)
    if (memory === undefined) memories.set(priority, (memory = makeTierMemory()))
    return memory
  }

  const indexOf = (tier: Tier, strategy: Strategy): PickIndex => {
    let index = tier.indexes.get(strategy)
    if (index === undefined) {
      index = strategies[strategy](tier, tier.slots.filter(({ state }) => state === "ready").toSorted(byTurn))
      tier.indexes.set(strategy, index)
      followsLoad ||= strategy === "least-inflight" || strategy === "soonest-reset"
    }
    return index
  }

  const replace = (next: Iterable<Candidate>): void => {
    members = makeMembers(groupByTier(next), memoryOf, members)
  }

  /** Changes a slot and files it anew. False when there is none. Does nothing, not even to its turn, if nothing differs. */
  const change = <K extends "block" | "disabled" | "probing" | "heldUntil" | "full">(
    id: string,
    key: K,
    value: Slot[K]
  ): boolean => {
    const slot = members.slots.get(id)
    if (slot === undefined) return false
    if (slot[key] === value) return true
    leave(members, slot)
    slot[key] = value
    enter(members, slot)
    return true
  }

  const markStale = (slot: Slot): void => {
    const { maxInFlight, maxInFlightPerModel } = slot.candidate
    if (slot.stale || (!followsLoad && maxInFlight === undefined && maxInFlightPerModel === undefined)) return
    slot.stale = true
    stale.push(slot)
  }

  const refresh = (slot: Slot): void => {
    slot.stale = false
    const { candidate, tier } = slot
    // It may have been replaced since.
    if (members.slots.get(candidate.id) !== slot) return
    const full = reachedCap(slot)
    if (full !== slot.full) change(candidate.id, "full", full)
    else if (slot.state === "ready") for (const index of tier.indexes.values()) index.update(slot)
  }

  const catchUp = (now: number): void => {
    if (stale.length > 0) for (const slot of stale.splice(0)) refresh(slot)
    promote(members, now)
  }

  const preferred = ({ prefer, preferAcrossTiers = false, tried = nobody }: PickOptions): Slot | undefined => {
    const slot = prefer === undefined ? undefined : members.slots.get(prefer)
    if (slot?.state !== "ready" || tried.has(slot.candidate.id)) return undefined
    return preferAcrossTiers || slot.tier.index <= nextBit(members.readyTiers, 0) ? slot : undefined
  }

  /** Whom to ask when nobody is ready: who is only held, else who may be tried as a last resort. */
  const reserve = (strategy: Strategy | undefined, { now, tried = nobody }: PickOptions): Slot | undefined => {
    const usable = ({ slot }: Reserve): number =>
      tried.has(slot.candidate.id) || isWeightless(slot, strategy) ? -1 : 0
    const { counts, held, slots, spare } = members
    const found = firstAccepted(held, usable)
    if (found !== undefined) return found.item.slot
    if (spare.length === 0) return undefined
    // Of those that rest for a passing failure so many are more than may be out: the first ones. Whoever was tried has
    // been one of them, also if its rest has grown over it and others have come to the front.
    let excess = spare.length - Math.floor(((slots.size - counts.disabled) * maxEjectedPercent) / 100)
    for (const id of tried) if (isSpare(slots.get(id))) excess--
    const isPast = ({ key, slot }: Reserve): boolean => !tried.has(slot.candidate.id) && excess-- <= 0 && key > now
    return firstAccepted(spare, usable, isPast)?.item.slot
  }

  /** Whose turn it is in the highest tier that has one; then the reserve. */
  const choose = (strategy: Strategy, options: PickOptions): Candidate | undefined => {
    const { now, rotation = "configured", tried = nobody } = options
    const { readyTiers, tiers } = members
    for (let at = nextBit(readyTiers, 0); at !== -1; at = nextBit(readyTiers, at + 1)) {
      const tier = tiers[at]!
      const index = indexOf(tier, strategy)
      const position = index.choose(tried, now, rotation)
      if (position === -1) continue
      chosenBy = index
      chosenAt = position
      return tier.candidates[position]!
    }
    chosenBy = undefined
    return reserve(strategy, options)?.candidate
  }

  const pick = (strategy: Strategy, options: PickOptions): Candidate | undefined => {
    catchUp(options.now)
    if (reached() !== undefined) return undefined
    const favourite = preferred(options)
    if (favourite !== undefined) {
      indexOf(favourite.tier, strategy).charge?.(favourite.position)
      return favourite.candidate
    }
    const candidate = choose(strategy, options)
    chosenBy?.take(chosenAt, options.rotation ?? "configured")
    return candidate
  }

  const available = (now: number, tried = nobody, acrossTiers = false): ReadonlyArray<Candidate> => {
    catchUp(now)
    if (reached() !== undefined) return []
    const { readyTiers, tiers } = members
    const offered: Array<Candidate> = []
    for (let index = nextBit(readyTiers, 0); index !== -1; index = nextBit(readyTiers, index + 1)) {
      const tier = tiers[index]!
      for (let at = nextBit(tier.ready, 0); at !== -1; at = nextBit(tier.ready, at + 1)) {
        const { candidate } = tier.slots[at]!
        if (!tried.has(candidate.id)) offered.push(candidate)
      }
      if (offered.length > 0 && !acrossTiers) return offered
    }
    const last = offered.length === 0 ? reserve(undefined, { now, tried }) : undefined
    return last === undefined ? offered : [last.candidate]
  }

  replace(candidates)
  return {
    get size() {
      return members.slots.size
    },
    replace,
    candidates: () => members.tiers.flatMap(({ slots }) => slots.map(({ candidate }) => candidate)),
    block: (id, block) => {
      if (Number.isNaN(block.until)) throw new RangeError(`candidate ${id}: the end of its rest is not a number`)
      return change(id, "block", block)
    },
    unblock: (id) => change(id, "block", undefined),
    setDisabled: (id, disabled) => change(id, "disabled", disabled),
    setProbing: (id, probing) => change(id, "probing", probing),
    setMaxEjectedPercent: (percent) => {
      if (!(percent >= 0 && percent <= 100)) throw new RangeError(`a pool cannot eject at most ${percent} percent`)
      maxEjectedPercent = percent
    },
    setLimit: (next) => {
      limit = next
    },
    hold: (id, until) => change(id, "heldUntil", until),
    share: (id, credential, model) => {
      const slot = members.slots.get(id)
      if (slot === undefined) return undefined
      slot.credential = credential
      slot.model = model
      refresh(slot)
      return () => markStale(slot)
    },
    get: (id) => {
      const slot = members.slots.get(id)
      if (slot === undefined) return undefined
      if (slot.stale) refresh(slot)
      const { block, candidate, credential, disabled, full, state } = slot
      const { inFlight, lastSuccessAt, quota } = credential
      return { candidate, disabled, block, state, full, inFlight, quota, lastSuccessAt }
    },
    pick,
    peek: (strategy, options) => {
      catchUp(options.now)
      return reached() === undefined ? (preferred(options)?.candidate ?? choose(strategy, options)) : undefined
    },
    available,
    readyAt: (now) => {
      catchUp(now)
      if (members.counts.ready > 0 || members.counts.held > 0) return reached() === undefined ? now : undefined
      return members.recoveries[0]?.key
    },
    exclusions: (now, options) => {
      catchUp(now)
      return listExclusions(members, options, reached())
    },
    survey: (now, options) => {
      catchUp(now)
      return survey(members, options, reached())
    },
    census: (now, tried = nobody) => {
      catchUp(now)
      return takeCensus(members, tried, reached() !== undefined)
    }
  }
}
