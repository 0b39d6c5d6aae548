import { addBit, makeBitSet, nextBit, removeBit } from "./bit-set.ts"
import type { BitSet } from "./bit-set.ts"
import type { Candidate, Strategy } from "./candidate.ts"
import type { Exclusion, PoolCensus } from "./exclusion.ts"
import { dequeue, enqueue } from "./recovery-queue.ts"
import type { RecoveryQueue } from "./recovery-queue.ts"
import { strategies } from "./strategy.ts"
import { groupByTier, makeCursor, makeTier, positionAfter } from "./tier.ts"
import type { Block, Cursor, Rotation, Slot, Tier } from "./tier.ts"

/** What one pick is told besides the strategy. */
export interface PickOptions {
  /** The present, in milliseconds since the epoch. Rests that have ended by then are over. */
  readonly now: number
  /** IDs tried for this request already; they are left out. */
  readonly tried?: ReadonlySet<string> | undefined
  /** Default `configured`. */
  readonly rotation?: Rotation | undefined
}

/** What a pool knows about one of its candidates. */
export interface CandidateState {
  readonly candidate: Candidate
  readonly disabled: boolean
  /** Its rest, which may have ended already. */
  readonly block: Block | undefined
}

/**
 * The candidates of one route (a model and the providers that serve it), and who is next. Mutable, synchronous, without
 * a clock: time comes in with each call.
 *
 * Candidates stand in tiers of equal priority, each sorted by ID in byte order. A pick costs O(log n), plus one step
 * for each tried ID that it passes and O(log n) for each rest that ended since the last pick.
 */
export interface Pool {
  /** Number of candidates, disabled and resting ones included. */
  readonly size: number
  /**
   * Sets the candidates anew. Rotations go on where they were, also past IDs that are gone, and a candidate that stays
   * keeps its rest; `disabled` is taken from the new list. The order of the list does not matter. O(n log n).
   *
   * Throws `RangeError` when an ID occurs twice or a priority is not a finite number; the pool is then unchanged.
   */
  readonly replace: (candidates: Iterable<Candidate>) => void
  /** Lets a candidate rest, in place of an earlier rest. False when the ID is unknown. Throws when `until` is NaN. */
  readonly block: (id: string, block: Block) => boolean
  /** Ends a candidate's rest. False when the ID is unknown. */
  readonly unblock: (id: string) => boolean
  /** Switches a candidate off or on until the next {@link Pool.replace}. False when the ID is unknown. */
  readonly setDisabled: (id: string, disabled: boolean) => boolean
  /** One candidate's state. */
  readonly get: (id: string) => CandidateState | undefined
  /**
   * Picks by a built-in strategy from the highest tier that has an available candidate which was not tried.
   * `undefined` when there is none. Moves the rotation when the strategy has one.
   */
  readonly pick: (strategy: Strategy, options: PickOptions) => Candidate | undefined
  /**
   * All candidates that a pick could choose from: those of the highest tier, sorted by ID; with `acrossTiers` those of
   * all tiers, the highest first. Moves nothing. O(n).
   */
  readonly available: (now: number, tried?: ReadonlySet<string>, acrossTiers?: boolean) => ReadonlyArray<Candidate>
  /**
   * The first time at which some candidate is available, tried or not: `now` when one is, `undefined` when nobody will
   * be without a change from outside. Tells a retry loop how long to wait.
   */
  readonly readyAt: (now: number) => number | undefined
  /**
   * Who was left out of a pick and why, tier by tier. `tier` is the tier picked from: without one, candidates of all
   * tiers that are ready count as not left out. Stops after `limit` entries.
   */
  readonly exclusions: (
    now: number,
    options: { readonly tried?: ReadonlySet<string> | undefined; readonly tier?: number; readonly limit?: number }
  ) => ReadonlyArray<Exclusion>
  /** Counts the candidates by what keeps them back. O(number tried). */
  readonly census: (now: number, tried?: ReadonlySet<string>) => PoolCensus
}

/** What {@link Pool.replace} replaces. */
interface Members {
  readonly tiers: ReadonlyArray<Tier>
  /** Tiers that have an available candidate. */
  readonly readyTiers: BitSet
  readonly slots: ReadonlyMap<string, Slot>
  /** Enabled candidates whose rest has an end. */
  readonly recoveries: RecoveryQueue<Slot>
  disabled: number
  /** Enabled and resting because of a rate limit. */
  rateLimited: number
  /** Enabled and resting for another reason. */
  resting: number
}

const none: ReadonlySet<string> = new Set()

const exclude = (slot: Slot, tried: ReadonlySet<string>, tier: number | undefined): Exclusion | undefined => {
  const { id } = slot.candidate
  if (slot.disabled) return { _tag: "Disabled", id }
  if (tried.has(id)) return { _tag: "Tried", id }
  if (slot.block !== undefined) {
    const { reason, status, until } = slot.block
    return { _tag: "Cooling", id, until, because: reason, ...(status === undefined ? {} : { status }) }
  }
  if (tier !== undefined && slot.tier.priority < tier) return { _tag: "LowerTier", id, tier: slot.tier.priority }
  return undefined
}

/** Makes a {@link Pool}. Throws as {@link Pool.replace} does. */
export const makePool = (candidates: Iterable<Candidate> = []): Pool => {
  // Rotations outlive their tier: a tier that was away for a while goes on where it stopped.
  const rotations = new Map<number, Readonly<Record<Rotation, Cursor>>>()
  let members: Members = {
    tiers: [],
    readyTiers: makeBitSet(0),
    slots: new Map(),
    recoveries: [],
    disabled: 0,
    rateLimited: 0,
    resting: 0
  }

  const enter = (into: Members, slot: Slot): void => {
    if (slot.disabled) {
      into.disabled++
    } else if (slot.block === undefined) {
      addBit(slot.tier.available, slot.position)
      addBit(into.readyTiers, slot.tier.index)
    } else {
      if (slot.block.reason === "rate-limited") into.rateLimited++
      else into.resting++
      slot.until = slot.block.until
      if (slot.until !== Infinity) enqueue(into.recoveries, slot)
    }
  }

  const leave = (slot: Slot): void => {
    if (slot.disabled) {
      members.disabled--
    } else if (slot.block === undefined) {
      removeBit(slot.tier.available, slot.position)
      if (nextBit(slot.tier.available, 0) === -1) removeBit(members.readyTiers, slot.tier.index)
    } else {
      if (slot.block.reason === "rate-limited") members.rateLimited--
      else members.resting--
      dequeue(members.recoveries, slot)
    }
  }

  const change = (slot: Slot, disabled: boolean, block: Block | undefined): void => {
    leave(slot)
    slot.disabled = disabled
    slot.block = block
    enter(members, slot)
  }

  /** Ends every rest that is over. */
  const promote = (now: number): void => {
    let slot = members.recoveries[0]
    while (slot !== undefined && slot.until <= now) {
      change(slot, false, undefined)
      slot = members.recoveries[0]
    }
  }

  const replace = (next: Iterable<Candidate>): void => {
    const groups = groupByTier(next)
    const tiers: Array<Tier> = []
    const slots = new Map<string, Slot>()
    const fresh: Members = {
      tiers,
      readyTiers: makeBitSet(groups.length),
      slots,
      recoveries: [],
      disabled: 0,
      rateLimited: 0,
      resting: 0
    }
    for (const group of groups) {
      const priority = group[0]!.priority
      let cursors = rotations.get(priority)
      if (cursors === undefined) {
        cursors = { configured: makeCursor(), delegated: makeCursor() }
        rotations.set(priority, cursors)
      }
      const tier = makeTier(priority, tiers.length, group.length, cursors)
      tiers.push(tier)
      for (const candidate of group) {
        const slot: Slot = {
          candidate,
          tier,
          position: tier.slots.length,
          disabled: candidate.disabled,
          block: members.slots.get(candidate.id)?.block,
          until: 0,
          queueIndex: -1
        }
        tier.slots.push(slot)
        slots.set(candidate.id, slot)
        enter(fresh, slot)
      }
      for (const cursor of [cursors.configured, cursors.delegated]) {
        if (cursor.last !== undefined) cursor.next = positionAfter(tier.slots, cursor.last)
      }
    }
    members = fresh
  }

  const pick = (strategy: Strategy, options: PickOptions): Candidate | undefined => {
    promote(options.now)
    const { rotation = "configured", tried = none } = options
    const pickInTier = strategies[strategy]
    const { readyTiers, tiers } = members
    for (let index = nextBit(readyTiers, 0); index !== -1; index = nextBit(readyTiers, index + 1)) {
      const tier = tiers[index]!
      const position = pickInTier(tier, tried, rotation)
      if (position !== -1) return tier.slots[position]!.candidate
    }
    return undefined
  }

  const available = (now: number, tried: ReadonlySet<string> = none, acrossTiers = false): ReadonlyArray<Candidate> => {
    promote(now)
    const { readyTiers, tiers } = members
    const offered: Array<Candidate> = []
    for (let index = nextBit(readyTiers, 0); index !== -1; index = nextBit(readyTiers, index + 1)) {
      const tier = tiers[index]!
      for (let at = nextBit(tier.available, 0); at !== -1; at = nextBit(tier.available, at + 1)) {
        const { candidate } = tier.slots[at]!
        if (!tried.has(candidate.id)) offered.push(candidate)
      }
      if (offered.length > 0 && !acrossTiers) return offered
    }
    return offered
  }

  replace(candidates)
  return {
    get size() {
      return members.slots.size
    },
    replace,
    block: (id, block) => {
      if (Number.isNaN(block.until)) throw new RangeError(`candidate ${id}: the end of its rest is not a number`)
      const slot = members.slots.get(id)
      if (slot === undefined) return false
      change(slot, slot.disabled, block)
      return true
    },
    unblock: (id) => {
      const slot = members.slots.get(id)
      if (slot === undefined) return false
      if (slot.block !== undefined) change(slot, slot.disabled, undefined)
      return true
    },
    setDisabled: (id, disabled) => {
      const slot = members.slots.get(id)
      if (slot === undefined) return false
      if (slot.disabled !== disabled) change(slot, disabled, slot.block)
      return true
    },
    get: (id) => {
      const slot = members.slots.get(id)
      return slot && { candidate: slot.candidate, disabled: slot.disabled, block: slot.block }
    },
    pick,
    available,
    readyAt: (now) => {
      promote(now)
      return nextBit(members.readyTiers, 0) === -1 ? members.recoveries[0]?.until : now
    },
    exclusions: (now, { limit = Infinity, tier, tried = none }) => {
      promote(now)
      const found: Array<Exclusion> = []
      for (const { slots } of members.tiers) {
        for (const slot of slots) {
          if (found.length >= limit) return found
          const exclusion = exclude(slot, tried, tier)
          if (exclusion !== undefined) found.push(exclusion)
        }
      }
      return found
    },
    census: (now, tried = none) => {
      promote(now)
      let triedHere = 0
      let { rateLimited, resting } = members
      for (const id of tried) {
        const slot = members.slots.get(id)
        if (slot === undefined || slot.disabled) continue
        triedHere++
        if (slot.block === undefined) continue
        if (slot.block.reason === "rate-limited") rateLimited--
        else resting--
      }
      return { total: members.slots.size, disabled: members.disabled, tried: triedHere, rateLimited, resting }
    }
  }
}
