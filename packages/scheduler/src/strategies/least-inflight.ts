import type { Slot, Tier } from "../tier.ts"
import type { PickIndex } from "./pick-index.ts"
import { makeRankedLists } from "./ranked-lists.ts"

/**
 * `least-inflight`: the candidate with the fewest requests under way, over all models; among equals the one whose turn
 * was longest ago. It looks at all of them, not at two that chance drew.
 */
export const makeLeastInflight = (tier: Tier, ready: ReadonlyArray<Slot>): PickIndex => {
  const lists = makeRankedLists(tier)
  const join = ({ credential, position }: Slot): void => lists.put(position, credential.inFlight)
  for (const slot of ready) join(slot)
  return {
    join,
    leave: ({ position }) => lists.remove(position),
    update: ({ credential, position }) => {
      if (lists.rankOf(position) !== credential.inFlight) lists.put(position, credential.inFlight)
    },
    choose: (tried) => lists.first(tried),
    take: lists.rotate,
    charge: lists.rotate,
    eachInTurn: lists.each
  }
}
