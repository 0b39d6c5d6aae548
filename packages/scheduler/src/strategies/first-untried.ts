import { nextBit } from "../bit-set.ts"
import type { PositionLinks, PositionList } from "../position-list.ts"
import type { Tier } from "../tier.ts"

/** The first ready position at or after `start`, going round, that was not tried; -1 when there is none. */
export const firstUntriedFrom = (tier: Tier, start: number, tried: ReadonlySet<string>): number => {
  const first = nextBit(tier.ready, start)
  const begin = first === -1 ? nextBit(tier.ready, 0) : first
  let position = begin
  while (position !== -1 && tried.size > 0 && tried.has(tier.candidates[position]!.id)) {
    const following = nextBit(tier.ready, position + 1)
    position = following === -1 ? nextBit(tier.ready, 0) : following
    if (position === begin) return -1
  }
  return position
}

/** The first position of a ring that was not tried; -1 when there is none. */
export const firstUntriedIn = (
  tier: Tier,
  { next }: PositionLinks,
  { first }: PositionList,
  tried: ReadonlySet<string>
): number => {
  if (tried.size === 0 || first === -1) return first
  let position = first
  do {
    if (!tried.has(tier.candidates[position]!.id)) return position
    position = next[position]!
  } while (position !== first)
  return -1
}
