import { makeBitSet } from "./bit-set.ts"
import type { BitSet } from "./bit-set.ts"
import { compareByteOrder } from "./byte-order.ts"
import type { Candidate } from "./candidate.ts"
import type { CooldownReason } from "./cooldown.ts"
import type { Waiting } from "./recovery-queue.ts"

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

/** Where a rotation stands: after `last`, which is at `next - 1` if it is still a member. */
export interface Cursor {
  next: number
  last: string | undefined
}

/** Candidates of equal priority. */
export interface Tier {
  readonly priority: number
  /** Its place among the tiers, from 0, highest priority first. */
  readonly index: number
  /** Sorted by ID in byte order. */
  readonly slots: Array<Slot>
  /** Positions of the slots that are neither disabled nor resting. */
  readonly available: BitSet
  readonly cursors: Readonly<Record<Rotation, Cursor>>
}

/** A candidate's place in a pool. */
export interface Slot extends Waiting {
  readonly candidate: Candidate
  readonly tier: Tier
  readonly position: number
  disabled: boolean
  block: Block | undefined
  /** End of the rest; means something only while there is one. */
  until: number
  queueIndex: number
}

/** A rotation that has not begun. */
export const makeCursor = (): Cursor => ({ next: 0, last: undefined })

/** A tier with room for `size` slots. */
export const makeTier = (priority: number, index: number, size: number, cursors: Tier["cursors"]): Tier => ({
  priority,
  index,
  slots: [],
  available: makeBitSet(size),
  cursors
})

/** Position of the first slot whose ID sorts after `id`. */
export const positionAfter = (slots: ReadonlyArray<Slot>, id: string): number => {
  let low = 0
  let high = slots.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareByteOrder(slots[middle]!.candidate.id, id) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Groups candidates by priority, highest first, each group sorted by ID. Throws `RangeError` when an ID occurs twice or
 * a priority is not a finite number.
 */
export const groupByTier = (candidates: Iterable<Candidate>): ReadonlyArray<ReadonlyArray<Candidate>> => {
  const sorted = [...candidates].toSorted((a, b) => b.priority - a.priority || compareByteOrder(a.id, b.id))
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
  return groups
}
