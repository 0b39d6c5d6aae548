import type { Rotation, Slot } from "../tier.ts"

/**
 * Who is next in one tier, by one strategy. Knows the slots that are ready, and no others.
 *
 * Choosing and taking are two calls, so that a look at what would happen leaves no trace.
 */
export interface PickIndex {
  /** A slot became ready. */
  readonly join: (slot: Slot) => void
  /** A slot is no longer ready. */
  readonly leave: (slot: Slot) => void
  /** The load or the quota of a ready slot changed. */
  readonly update: (slot: Slot) => void
  /**
   * The position whose turn it is among those that were not tried, -1 when there is none. `now` is in milliseconds
   * since the epoch. The same question has the same answer until something changes.
   */
  readonly choose: (tried: ReadonlySet<string>, now: number, rotation: Rotation) => number
  /** The position that was chosen last was picked: its turn is over. */
  readonly take: (position: number, rotation: Rotation) => void
  /**
   * A ready position was picked out of turn: for a session that it had served before. Left out by strategies that have
   * nothing to take it from.
   */
  readonly charge?: (position: number) => void
  /** Calls back for every position, in the order of their turns. Left out when turns follow from the IDs. */
  readonly eachInTurn?: (visit: (position: number) => void) => void
}

/** For strategies that need no notice of a change. */
export const ignoreChange = (): void => {}
