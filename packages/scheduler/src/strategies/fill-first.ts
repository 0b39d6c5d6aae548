import type { Tier } from "../tier.ts"
import { firstUntriedFrom } from "./first-untried.ts"
import { ignoreChange, type PickIndex } from "./pick-index.ts"

/** `fill-first`: the first by ID, always. */
export const makeFillFirst = (tier: Tier): PickIndex => ({
  join: ignoreChange,
  leave: ignoreChange,
  update: ignoreChange,
  choose: (tried) => firstUntriedFrom(tier, 0, tried),
  take: ignoreChange
})
