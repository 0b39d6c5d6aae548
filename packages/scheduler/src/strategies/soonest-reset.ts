import type { Quota } from "../load.ts"
import type { Slot, Tier } from "../tier.ts"
import type { PickIndex } from "./pick-index.ts"
import { makeRankedLists, type RankedLists } from "./ranked-lists.ts"

/** Rank of a candidate of whose quota nothing is known: behind every known time of a reset. */
const unknown = Number.MAX_VALUE

/**
 * `soonest-reset`: the candidate whose quota is full again soonest, so that what is left of it is not lost. Behind those
 * come, in turn, the ones of whose quota nothing is known, and at last the ones that have nothing left until a reset.
 * Once its reset has passed, nothing is known about a quota until the provider speaks of it again.
 */
export const makeSoonestReset = (tier: Tier, ready: ReadonlyArray<Slot>): PickIndex => {
  const spendable = makeRankedLists(tier)
  const spent = makeRankedLists(tier)
  /** What each position was ranked by. */
  const quotas: Array<Quota | undefined> = Array.from({ length: tier.slots.length })

  const put = ({ credential: { quota }, position }: Slot): void => {
    quotas[position] = quota
    const [into, from] = quota?.remaining === 0 ? [spent, spendable] : [spendable, spent]
    from.remove(position)
    into.put(position, quota?.resetAt ?? unknown)
  }
  /** Makes those unknown whose reset has passed. */
  const forget = (lists: RankedLists, now: number): void => {
    while (lists.lowest() <= now) {
      const position = lists.head()
      lists.remove(position)
      spendable.put(position, unknown)
    }
  }

  const rotate = (position: number): void => {
    const lists = spendable.rankOf(position) === undefined ? spent : spendable
    lists.rotate(position)
  }

  for (const slot of ready) put(slot)
  return {
    join: put,
    leave: ({ position }) => {
      spendable.remove(position)
      spent.remove(position)
    },
    update: (slot) => {
      if (quotas[slot.position] !== slot.credential.quota) put(slot)
    },
    choose: (tried, now) => {
      forget(spendable, now)
      forget(spent, now)
      const position = spendable.first(tried)
      return position === -1 ? spent.first(tried) : position
    },
    take: rotate,
    charge: rotate,
    eachInTurn: (visit) => {
      spendable.each(visit)
      spent.each(visit)
    }
  }
}
