import type { Strategy } from "../candidate.ts"
import type { Slot, Tier } from "../tier.ts"
import { makeFillFirst } from "./fill-first.ts"
import { makeLeastInflight } from "./least-inflight.ts"
import type { PickIndex } from "./pick-index.ts"
import { makeRoundRobin } from "./round-robin.ts"
import { makeSoonestReset } from "./soonest-reset.ts"
import { makeWeightedRoundRobin } from "./weighted-round-robin.ts"

/**
 * The built-in strategies. Whoever picks, picks through this table: the host, a plugin that delegates, and the fallback
 * after a plugin's answer that was not used. `ready` are the tier's ready slots, the one whose turn was longest ago
 * first.
 */
export const strategies: Readonly<Record<Strategy, (tier: Tier, ready: ReadonlyArray<Slot>) => PickIndex>> = {
  "round-robin": makeRoundRobin,
  "fill-first": makeFillFirst,
  "weighted-round-robin": makeWeightedRoundRobin,
  "least-inflight": makeLeastInflight,
  "soonest-reset": makeSoonestReset
}
