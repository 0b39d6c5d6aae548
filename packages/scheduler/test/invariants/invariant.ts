import type { Candidate, Strategy } from "../../src/index.ts"

/** What a strategy promises besides what all of them do. */
export interface StrategyPromise {
  readonly strategy: Strategy
  /** The ideal share of a candidate; or why shares are none of its aims. */
  readonly share: ((one: Candidate, all: ReadonlyArray<Candidate>) => number) | string
  /** Whether it looks for the fewest requests under way; or why not. */
  readonly leastBusy: true | string
}

/** One promise of a scheduler, as it is checked for one strategy. */
export interface Invariant {
  readonly number: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10
  /** What it says, to come after its number. */
  readonly name: string
  /** Why a strategy does not make it; left out: all of them do. */
  readonly notPromised?: (promise: StrategyPromise) => string | undefined
  readonly check: (promise: StrategyPromise) => void
}

const weightOf = ({ weight = 1 }: Candidate): number => weight
const totalWeight = (list: ReadonlyArray<Candidate>): number => list.reduce((sum, one) => sum + weightOf(one), 0)

/** Share by weight. */
export const byWeight = (one: Candidate, all: ReadonlyArray<Candidate>): number => weightOf(one) / totalWeight(all)

/** The same share for everybody. */
export const equally = (_: Candidate, all: ReadonlyArray<Candidate>): number => 1 / all.length

/** For invariants about shares: why a strategy has none. */
export const withoutShares = ({ share }: StrategyPromise): string | undefined =>
  typeof share === "string" ? share : undefined

/** The ideal share by a promise that has shares; 0 without. */
export const shareOf = ({ share }: StrategyPromise, one: Candidate, all: ReadonlyArray<Candidate>): number =>
  typeof share === "string" ? 0 : share(one, all)
