import { firstAccepted, heapAdd, heapRemove, type HeapItem, type MinHeap } from "../min-heap.ts"
import {
  appendPosition,
  eachPosition,
  makePositionLinks,
  makePositionList,
  type PositionList,
  removePosition,
  rotatePosition
} from "../position-list.ts"
import type { Slot, Tier } from "../tier.ts"
import { type Indebted, makeOwedTurns } from "./owed-turns.ts"
import { ignoreChange, type PickIndex } from "./pick-index.ts"

/**
 * Candidates of equal weight. They take turns among themselves, so that together they are one contender whose weight is
 * the sum of theirs.
 *
 * Its next turn has a window in virtual time, which goes on by 1 with every `total weight` picks: from `start`, before
 * which the turn would come too early, to `deadline`, after which it would come too late.
 */
interface WeightClass extends HeapItem, Indebted {
  /** Its start while it waits for it, then its deadline. */
  key: number
  /** The weight, negative: of equals the heaviest comes first. */
  readonly order: number
  readonly weight: number
  readonly list: PositionList
  /** Virtual time from which its turns are counted. */
  base: number
  /** Turns taken since `base`. */
  turns: number
  /** Whether the start of its turn has come: it stands in the heap of deadlines. */
  due: boolean
}

// Quotients of whole numbers, not sums of fractions: equal times are then equal numbers, and nothing adds up.
const startOf = ({ base, list, turns, weight }: WeightClass): number => base + turns / (weight * list.length)
/** How far its next start is ahead of the present; negative when its turn has come. */
const leadOf = (one: WeightClass, present: number): number =>
  (one.list.length === 0 ? Math.max(one.base, present) : startOf(one)) - present
const deadlineOf = ({ base, list, turns, weight }: WeightClass): number => base + (turns + 1) / (weight * list.length)

/**
 * How many turns of its own a candidate can be ahead at most because of its sessions, or because others failed: it may
 * have had many more requests than its share, and is not to wait for as long once that is over.
 */
const mostAhead = 8

/**
 * `weighted-round-robin`: shares by weight, spread as evenly as whole picks allow. While nobody comes or goes, no
 * candidate is ever a whole pick off its ideal share, at any prefix of the picks.
 *
 * Of the turns whose start has come, the one with the earliest deadline is next: the earliest eligible virtual deadline
 * first of Stoica and Abdel-Wahab (1995), here over classes of equal weight. Classes keep the promise for their members
 * because nested floors and ceilings are those of the whole. Who comes back joins at the end of its class, and its
 * class at the present: time away earns no credit. O(log c) for c different weights.
 *
 * Requests of sessions, which are picked out of turn, are charged like turns, so that shares are those of all requests
 * as far as new sessions can make up for the old ones. So are further attempts of a request, whose first choice has been
 * tried already. Nobody is ever more than {@link mostAhead} turns ahead by that.
 *
 * The bound is exact up to 2^53 divided by the largest weight picks of one class.
 */
export const makeWeightedRoundRobin = (tier: Tier, ready: ReadonlyArray<Slot>): PickIndex => {
  const links = makePositionLinks(tier.slots.length)
  const turns = makeOwedTurns(tier, links)
  const classes = new Map<number, WeightClass>()
  const waiting: MinHeap<WeightClass> = []
  const due: MinHeap<WeightClass> = []
  // The virtual time is `base + picks / totalWeight`.
  let base = 0
  let picks = 0
  let totalWeight = 0
  let chosen: WeightClass | undefined

  const present = (): number => (totalWeight === 0 ? base : base + picks / totalWeight)
  const afterNextPick = (): number => base + (picks + 1) / totalWeight

  const enter = (one: WeightClass, isDue: boolean): void => {
    one.due = isDue
    one.key = isDue ? deadlineOf(one) : startOf(one)
    heapAdd(isDue ? due : waiting, one)
  }
  const leave = (one: WeightClass): void => heapRemove(one.due ? due : waiting, one)

  /** How many turns of its own each member of a class is ahead. */
  const aheadOf = (one: WeightClass): number => leadOf(one, present()) * one.weight

  /** Counts a turn of a class, and a pick. */
  const count = (one: WeightClass): void => {
    leave(one)
    one.turns++
    picks++
    enter(one, startOf(one) < afterNextPick())
  }

  /** Brings both heaps to the next pick. */
  const settle = (): void => {
    const end = afterNextPick()
    for (let one = waiting[0]; one !== undefined && one.key < end; one = waiting[0]) {
      leave(one)
      enter(one, true)
    }
    // Weight that joined slows virtual time down, which can put a start off again.
    for (let one = due[0]; one !== undefined && startOf(one) >= end; one = due[0]) {
      leave(one)
      enter(one, false)
    }
  }

  /**
   * Changes the members of a class and the total weight, and lets both clocks go on from where they are. `ahead` says
   * how many turns whoever comes or goes is ahead.
   *
   * What one is ahead, the others are behind together. When it goes, virtual time goes back, so that they do not make up
   * for that at the cost of whoever comes later; when it comes back, time goes forward. So all leads are zero together,
   * and nobody can fall behind by more than the others can be ahead.
   */
  const resize = (one: WeightClass, change: () => void, weight: number, ahead: number): void => {
    base = present()
    picks = 0
    totalWeight += weight
    if (totalWeight > 0) base += (Math.sign(weight) * ahead) / totalWeight
    if (one.list.length > 0) {
      one.base = startOf(one)
      leave(one)
    }
    one.turns = 0
    change()
    if (one.list.length > 0) enter(one, false)
  }

  const join = ({ candidate: { weight = 1 }, position }: Slot, leads?: ReadonlyMap<number, number>): void => {
    if (weight <= 0) return
    let one = classes.get(weight)
    if (one === undefined) {
      const start = present() + (leads?.get(weight) ?? 0)
      const list = makePositionList()
      const counts = { base: start, turns: 0, due: false, debtors: 0 }
      one = { key: 0, order: -weight, heapIndex: -1, weight, list, ...counts }
      classes.set(weight, one)
    } else if (one.list.length === 0) {
      // No credit for the time away, and no pardon for a turn that was taken just before.
      one.base = Math.max(one.base, present())
    }
    const { list } = one
    const ahead = leads === undefined ? aheadOf(one) : 0
    resize(one, () => appendPosition(links, list, position), weight, ahead)
  }

  /** The choice when everybody of the class that is next was tried, or everybody is ahead of the time. */
  const chooseBehind = (tried: ReadonlySet<string>): number => {
    const untried = (one: WeightClass): number => turns.next(one, tried)
    const end = afterNextPick()
    const inTime = (one: WeightClass): number => (startOf(one) < end ? untried(one) : -1)
    const next = firstAccepted(due, inTime) ?? firstAccepted(waiting, untried) ?? firstAccepted(due, untried)
    chosen = next?.item
    return next?.found ?? -1
  }

  // A reload must not start the shares over, or whoever is due late would never be due.
  const leads = tier.memory.weightLeads?.() ?? new Map<number, number>()
  for (const slot of ready) join(slot, leads)
  tier.memory.weightLeads = () => new Map([...classes].map(([weight, one]) => [weight, leadOf(one, present())]))

  return {
    join: (slot) => join(slot),
    leave: ({ candidate: { weight = 1 }, position }) => {
      const one = classes.get(weight)
      if (one === undefined) return
      resize(one, () => removePosition(links, one.list, position), -weight, aheadOf(one))
      turns.forget(one, position)
    },
    update: ignoreChange,
    choose: (tried) => {
      if (totalWeight === 0) return -1
      settle()
      chosen = due[0]
      const position = chosen === undefined ? -1 : turns.next(chosen, tried)
      return position === -1 ? chooseBehind(tried) : position
    },
    take: (position) => {
      const one = chosen
      if (one === undefined) return
      const jump = due.length === 0 ? waiting[0]?.key : undefined
      turns.passTo(one, position)
      rotatePosition(links, one.list, position)
      if (aheadOf(one) < mostAhead) count(one)
      if (jump !== undefined) {
        base = Math.max(jump, present())
        picks = 0
      }
    },
    charge: (position) => {
      const one = classes.get(tier.candidates[position]?.weight ?? 1)
      if (one === undefined) return
      // What its class is ahead it is ahead too, and by what it owes within the class on top of that.
      if (turns.owe(one, position, mostAhead - aheadOf(one))) count(one)
    },
    eachInTurn: (visit) => {
      for (const { list } of classes.values()) eachPosition(links, list, visit)
    }
  }
}
