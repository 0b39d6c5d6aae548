import { nextBit } from "./bit-set.ts"
import type { Strategy } from "./candidate.ts"
import type { Rotation, Tier } from "./tier.ts"

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

/** Picks a position of one tier, -1 when everybody available was tried. */
export type PickInTier = (tier: Tier, tried: ReadonlySet<string>, rotation: Rotation) => number

/**
 * The built-in strategies. Whoever picks, picks through this table: the host, a plugin that delegates, and the fallback
 * after a plugin's answer that was not used.
 *
 * - `fill-first`: the first by ID, always.
 * - `round-robin`: the next by ID after the last pick, going round. Candidates that are away are passed over and do not
 *   move anybody else's turn.
 */
export const strategies: Readonly<Record<Strategy, PickInTier>> = {
  "fill-first": (tier, tried) => firstFrom(tier, 0, tried),
  "round-robin": (tier, tried, rotation) => {
    const cursor = tier.cursors[rotation]
    const position = firstFrom(tier, cursor.next, tried)
    if (position !== -1) {
      cursor.next = position + 1
      cursor.last = tier.slots[position]!.candidate.id
    }
    return position
  }
}
