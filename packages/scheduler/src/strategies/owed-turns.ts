import { eachPosition, type PositionLinks, type PositionList, rotatePosition } from "../position-list.ts"
import type { Tier } from "../tier.ts"
import { firstUntriedIn } from "./first-untried.ts"

/** A ring of positions of which some owe turns. */
export interface Indebted {
  readonly list: PositionList
  /** How many of them owe. Only {@link OwedTurns} writes it. */
  debtors: number
}

/**
 * Turns that positions of a ring have had ahead of time, and that they let go by when they come. What all of a ring owe,
 * nobody owes. A step costs O(1) on average: each turn that is let go by was owed once.
 */
export interface OwedTurns {
  /** Notes a turn ahead of time. False, and nothing is noted, when the position owes `most` or more already. */
  readonly owe: (ring: Indebted, position: number, most: number) => boolean
  /** Whose turn it is: the first that was not tried and owes nothing, else the first that was not tried, else -1. */
  readonly next: (ring: Indebted, tried: ReadonlySet<string>) => number
  /** A position takes its turn; those before it that owe one let theirs go by. */
  readonly passTo: (ring: Indebted, position: number) => void
  /** A position that has left its ring owes nothing. */
  readonly forget: (ring: Indebted, position: number) => void
}

/** Makes {@link OwedTurns} for the positions of a tier, none of which owes anything. */
export const makeOwedTurns = (tier: Tier, links: PositionLinks): OwedTurns => {
  const owed = new Int32Array(tier.slots.length)

  const payOne = (ring: Indebted, position: number): void => {
    if (owed[position] === 0) return
    owed[position]!--
    if (owed[position] === 0) ring.debtors--
  }
  const payAll = (ring: Indebted): void => eachPosition(links, ring.list, (position) => payOne(ring, position))
  const settle = (ring: Indebted): void => {
    if (ring.debtors > 0 && ring.debtors === ring.list.length) payAll(ring)
  }

  return {
    owe: (ring, position, most) => {
      if (owed[position]! >= most) return false
      if (owed[position] === 0) ring.debtors++
      owed[position]!++
      settle(ring)
      return true
    },
    next: (ring, tried) => {
      const { list } = ring
      const first = firstUntriedIn(tier, links, list, tried)
      if (first === -1 || owed[first] === 0) return first
      for (let position = links.next[first]!; position !== list.first; position = links.next[position]!) {
        if (owed[position] === 0 && !tried.has(tier.candidates[position]!.id)) return position
      }
      return first
    },
    passTo: (ring, position) => {
      if (ring.debtors === 0) return
      // Those who owe nothing were tried: then it is as if all owed.
      if (owed[position]! > 0) return payAll(ring)
      for (let before = ring.list.first; before !== position;) {
        const after = links.next[before]!
        if (owed[before]! > 0) {
          payOne(ring, before)
          rotatePosition(links, ring.list, before)
        }
        before = after
      }
    },
    forget: (ring, position) => {
      if (owed[position]! > 0) ring.debtors--
      owed[position] = 0
      settle(ring)
    }
  }
}
