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
import type { Tier } from "../tier.ts"
import { firstUntriedIn } from "./first-untried.ts"

/** Positions of the same rank, whose turn was longest ago first. */
interface Rank extends HeapItem {
  readonly list: PositionList
}

/** Positions of a tier by rank, smallest first, and within a rank in order of their turns. */
export interface RankedLists {
  /** Adds a position at the end of a rank, or moves it there from wherever it is. O(log r) for r different ranks. */
  readonly put: (position: number, rank: number) => void
  /** Moves a position that is in to the end of its rank. */
  readonly rotate: (position: number) => void
  /** Takes a position out. Does nothing when it is not in. */
  readonly remove: (position: number) => void
  /** The rank of a position; undefined when it is not in. */
  readonly rankOf: (position: number) => number | undefined
  /** The first position that was not tried, -1 when there is none. Changes nothing. */
  readonly first: (tried: ReadonlySet<string>) => number
  /** Calls back for every position, in the order of their turns within each rank. */
  readonly each: (visit: (position: number) => void) => void
  /** The smallest rank, `Infinity` when nobody is in. */
  readonly lowest: () => number
  /** The first position of the smallest rank, -1 when nobody is in. */
  readonly head: () => number
}

/** Makes empty {@link RankedLists} for the positions of a tier. */
export const makeRankedLists = (tier: Tier): RankedLists => {
  const links = makePositionLinks(tier.slots.length)
  const heap: MinHeap<Rank> = []
  const ranks = new Map<number, Rank>()
  const rankAt: Array<Rank | undefined> = Array.from({ length: tier.slots.length })

  const remove = (position: number): void => {
    const rank = rankAt[position]
    if (rank === undefined) return
    rankAt[position] = undefined
    removePosition(links, rank.list, position)
    if (rank.list.length > 0) return
    ranks.delete(rank.key)
    heapRemove(heap, rank)
  }

  return {
    put: (position, key) => {
      const before = rankAt[position]
      if (before?.key === key) {
        rotatePosition(links, before.list, position)
        return
      }
      remove(position)
      let rank = ranks.get(key)
      if (rank === undefined) {
        rank = { key, order: 0, heapIndex: -1, list: makePositionList() }
        ranks.set(key, rank)
        heapAdd(heap, rank)
      }
      appendPosition(links, rank.list, position)
      rankAt[position] = rank
    },
    rotate: (position) => {
      const rank = rankAt[position]
      if (rank !== undefined) rotatePosition(links, rank.list, position)
    },
    remove,
    rankOf: (position) => rankAt[position]?.key,
    first: (tried) => {
      const lowest = heap[0]
      if (lowest === undefined) return -1
      const position = firstUntriedIn(tier, links, lowest.list, tried)
      if (position !== -1 || heap.length === 1) return position
      return firstAccepted(heap, ({ list }) => firstUntriedIn(tier, links, list, tried))?.found ?? -1
    },
    each: (visit) => {
      for (const { list } of heap) eachPosition(links, list, visit)
    },
    lowest: () => heap[0]?.key ?? Infinity,
    head: () => heap[0]?.list.first ?? -1
  }
}
