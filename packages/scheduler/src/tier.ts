import { makeBitSet } from "./bit-set.ts"
import type { BitSet } from "./bit-set.ts"
import { compareByteOrder } from "./byte-order.ts"
import { type Candidate, checkCandidate, type Strategy } from "./candidate.ts"
import type { CooldownReason } from "./cooldown.ts"
import type { Cap, CredentialLoad, Load } from "./load.ts"
import type { HeapItem } from "./min-heap.ts"
import type { PickIndex } from "./strategies/pick-index.ts"

/** A candidate's rest. {@link Cooldown} is one, too. */
export interface Block {
  /** At this time (milliseconds since the epoch) the candidate is available again. `Infinity`: until it is unblocked. */
  readonly until: number
  readonly reason: CooldownReason
  /** HTTP status that caused it. */
  readonly status?: number
  /** At this time, if it is before `until`, one request may find out whether the rest is still needed. */
  readonly probeAt?: number | undefined
  /** From this time on a request that nobody else can serve may try it. Left out: not before the rest is over. */
  readonly lastResortAt?: number | undefined
}

/**
 * Which rotation a round-robin pick moves. A pick that a plugin delegated to the built-in scheduler has a rotation of
 * its own (plugin ABI, delegated picks), so that it does not disturb the configured one.
 */
export type Rotation = "configured" | "delegated"

/** Where a rotation stands. */
export interface Cursor {
  /** The position whose turn it is, if it is ready. */
  next: number
  /** ID that it stands after, as of when the tier was last replaced. */
  last: string | undefined
  /** Whether it has moved since. */
  moved: boolean
}

/** What outlives a tier when the candidates of its pool are replaced. */
export interface TierMemory {
  readonly cursors: Readonly<Record<Rotation, Cursor>>
  /** How far each weight's next turn is ahead, in virtual time of `weighted-round-robin`. */
  weightLeads?: () => ReadonlyMap<number, number>
}

/** Candidates of equal priority. */
export interface Tier {
  readonly priority: number
  /** Its place among the tiers, from 0, highest priority first. */
  readonly index: number
  /** Sorted by ID in byte order. */
  readonly slots: Array<Slot>
  /** The candidates of the slots, so that a pick need not look at the slot. */
  readonly candidates: Array<Candidate>
  /** Positions of the slots that are ready. */
  readonly ready: BitSet
  readonly memory: TierMemory
  /** Made when a strategy is used for the first time, and kept up to date from then on. */
  readonly indexes: Map<Strategy, PickIndex>
}

/**
 * What keeps a slot from being picked; the first that applies. `ready`: nothing.
 *
 * - `probing`: one request is finding out whether its rest is still needed.
 * - `full`: a cap is reached.
 * - `held`: it has just recovered and had its share of this moment.
 */
export type SlotState = "disabled" | "probing" | "resting" | "full" | "held" | "ready"

/** A candidate's place in a pool. As a heap item it waits for the end of its rest or of being held. */
export interface Slot extends HeapItem {
  readonly candidate: Candidate
  readonly tier: Tier
  readonly position: number
  state: SlotState
  /** Place among the turns of the tier that it was in before its pool was given new candidates; 0 for none. */
  turn: number
  disabled: boolean
  block: Block | undefined
  probing: boolean
  full: Cap | undefined
  /** End of being held, in milliseconds since the epoch; 0 when it is not. */
  heldUntil: number
  credential: CredentialLoad
  model: Load
  /** Its counts changed since it was filed. */
  stale: boolean
  /** Its place among those that may serve when nobody is ready; made when it is needed. */
  reserve: Reserve | undefined
  key: number
  heapIndex: number
}

/** A slot that may serve when nobody is ready. */
export interface Reserve extends HeapItem {
  readonly slot: Slot
  key: number
  order: number
}

const makeCursor = (): Cursor => ({ next: 0, last: undefined, moved: false })

/** What a tier starts with. */
export const makeTierMemory = (): TierMemory => ({
  cursors: { configured: makeCursor(), delegated: makeCursor() }
})

/** A tier with room for `size` slots. */
export const makeTier = (priority: number, index: number, size: number, memory: TierMemory): Tier => ({
  priority,
  index,
  slots: [],
  candidates: [],
  ready: makeBitSet(size),
  memory,
  indexes: new Map()
})

/** Position of the first candidate whose ID sorts after `id`. */
const positionAfter = (candidates: ReadonlyArray<Candidate>, id: string): number => {
  let low = 0
  let high = candidates.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareByteOrder(candidates[middle]!.id, id) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Writes down whose turn it is, for the tier that comes in place of this one. */
export const rememberTurns = ({ candidates, indexes, memory, slots }: Tier): void => {
  for (const cursor of [memory.cursors.configured, memory.cursors.delegated]) {
    if (cursor.moved) cursor.last = candidates[cursor.next - 1]?.id
    cursor.moved = false
  }
  for (const { eachInTurn } of indexes.values()) {
    let turn = 0
    eachInTurn?.((position) => {
      slots[position]!.turn = ++turn
    })
  }
}

/** Lets the rotations of a tier go on where those of its predecessor stopped. */
export const recallTurns = ({ candidates, memory }: Tier): void => {
  for (const cursor of [memory.cursors.configured, memory.cursors.delegated]) {
    if (cursor.last !== undefined) cursor.next = positionAfter(candidates, cursor.last)
  }
}

/**
 * Groups candidates by priority, highest first, each group sorted by ID. Throws `RangeError` when an ID occurs twice or
 * a number of a candidate is out of its range.
 */
export const groupByTier = (candidates: Iterable<Candidate>): ReadonlyArray<ReadonlyArray<Candidate>> => {
  const sorted = [...candidates].toSorted((a, b) => b.priority - a.priority || compareByteOrder(a.id, b.id))
  const groups: Array<Array<Candidate>> = []
  const ids = new Set<string>()
  for (const candidate of sorted) {
    checkCandidate(candidate)
    if (ids.has(candidate.id)) throw new RangeError(`candidate ID ${candidate.id} occurs twice`)
    ids.add(candidate.id)
    const group = groups.at(-1)
    if (group !== undefined && group[0]!.priority === candidate.priority) group.push(candidate)
    else groups.push([candidate])
  }
  return groups
}
