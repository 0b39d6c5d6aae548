import { addBit, makeBitSet, nextBit, removeBit } from "./bit-set.ts"
import type { BitSet } from "./bit-set.ts"
import { compareByteOrder } from "./byte-order.ts"
import type { Candidate, Strategy } from "./candidate.ts"
import type { CooldownReason } from "./cooldown.ts"
import type { Exclusion, PoolCensus } from "./exclusion.ts"
import { dequeue, enqueue } from "./recovery-queue.ts"
import type { RecoveryQueue } from "./recovery-queue.ts"

/** A candidate's rest. {@link Cooldown} is one, too. */
export interface Block {
  /** At this time (milliseconds since the epoch) the candidate is available again. `Infinity`: until it is unblocked. */
  readonly until: number
  readonly reason: CooldownReason
  /** HTTP status that caused it. */
  readonly status?: number
}

/**
 * Which rotation a round-robin pick moves. A pick that a plugin delegated to the built-in scheduler has a rotation of
 * its own (plugin ABI, delegated picks), so that it does not disturb the configured one.
 */
export type Rotation = "configured" | "delegated"

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
  /** All candidates that a pick could choose from: those of the highest tier, sorted by ID. Moves nothing. O(n). */
  readonly available: (now: number, tried?: ReadonlySet<string>) => ReadonlyArray<Candidate>
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

/** Where a rotation stands: after `last`, which is at `next - 1` if it is still a member. */
interface Cursor {
  next: number
  last: string | undefined
}

interface Tier {
  readonly priority: number
  readonly index: number
  readonly slots: Array<Slot>
  available: BitSet
  readonly cursors: Readonly<Record<Rotation, Cursor>>
}

interface Slot {
  readonly candidate: Candidate
  readonly tier: Tier
  readonly position: number
  disabled: boolean
  block: Block | undefined
  until: number
  queueIndex: number
}

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

/** Position of the first slot whose ID sorts after `id`. */
const positionAfter = (slots: ReadonlyArray<Slot>, id: string): number => {
  let low = 0
  let high = slots.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareByteOrder(slots[middle]!.candidate.id, id) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

/** The first available position at or after `start`, going round, that was not tried; -1 when there is none. */
const firstFrom = (tier: Tier, start: number, tried: ReadonlySet<string>): number => {
  const first = nextBit(tier.available, start)
  const begin = first === -1 ? nextBit(tier.available, 0) : first
  let position = begin
  while (position !== -1 && tried.size > 0 && tried.has(tier.slots[position]!.candidate.id)) {
    const following = nextBit(tier.available, position + 1)
    position = following === -1 ? nextBit(tier.available, 0) : following
    if (position === begin) return -1
  }
  return position
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
    const sorted = [...next].sort((a, b) => b.priority - a.priority || compareByteOrder(a.id, b.id))
    const groups: Array<Array<Candidate>> = []
    const ids = new Set<string>()
    for (const candidate of sorted) {
      if (!Number.isFinite(candidate.priority)) {
        throw new RangeError(`candidate ${candidate.id}: priority ${candidate.priority} is not a finite number`)
      }
      if (ids.has(candidate.id)) throw new RangeError(`candidate ID ${candidate.id} occurs twice`)
      ids.add(candidate.id)
      const group = groups.at(-1)
      if (group !== undefined && group[0]!.priority === candidate.priority) group.push(candidate)
      else groups.push([candidate])
    }
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
        cursors = { configured: { next: 0, last: undefined }, delegated: { next: 0, last: undefined } }
        rotations.set(priority, cursors)
      }
      const tier: Tier = { priority, index: tiers.length, slots: [], available: makeBitSet(group.length), cursors }
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
    const tried = options.tried ?? none
    const { readyTiers, tiers } = members
    for (let index = nextBit(readyTiers, 0); index !== -1; index = nextBit(readyTiers, index + 1)) {
      const tier = tiers[index]!
      const cursor = tier.cursors[options.rotation ?? "configured"]
      const position = firstFrom(tier, strategy === "fill-first" ? 0 : cursor.next, tried)
      if (position === -1) continue
      const { candidate } = tier.slots[position]!
      if (strategy === "round-robin") {
        cursor.next = position + 1
        cursor.last = candidate.id
      }
      return candidate
    }
    return undefined
  }

  const available = (now: number, tried: ReadonlySet<string> = none): ReadonlyArray<Candidate> => {
    promote(now)
    const { readyTiers, tiers } = members
    for (let index = nextBit(readyTiers, 0); index !== -1; index = nextBit(readyTiers, index + 1)) {
      const tier = tiers[index]!
      const offered: Array<Candidate> = []
      for (let at = nextBit(tier.available, 0); at !== -1; at = nextBit(tier.available, at + 1)) {
        const { candidate } = tier.slots[at]!
        if (!tried.has(candidate.id)) offered.push(candidate)
      }
      if (offered.length > 0) return offered
    }
    return []
  }

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
