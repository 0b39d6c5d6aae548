import type { Tier } from "../tier.ts"
import { firstUntriedFrom } from "./first-untried.ts"
import { ignoreChange, type PickIndex } from "./pick-index.ts"

/**
 * `round-robin`: the next by ID after the last pick, going round. Candidates that are away are passed over and do not
 * move anybody else's turn. Neither do the further requests of a session: turns go round among new sessions, or a busy
 * session would send all new ones to whoever comes after its own credential.
 */
export const makeRoundRobin = (tier: Tier): PickIndex => ({
  join: ignoreChange,
  leave: ignoreChange,
  update: ignoreChange,
  choose: (tried, _now, rotation) => firstUntriedFrom(tier, tier.memory.cursors[rotation].next, tried),
  take: (position, rotation) => {
    const cursor = tier.memory.cursors[rotation]
    cursor.next = position + 1
    cursor.moved = true
  }
})
