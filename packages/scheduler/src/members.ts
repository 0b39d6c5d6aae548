import { addBit, type BitSet, makeBitSet, nextBit, removeBit } from "./bit-set.ts"
import type { Candidate } from "./candidate.ts"
import { heapAdd, heapRemove, type MinHeap } from "./min-heap.ts"
import {
  makeTier,
  recallTurns,
  rememberTurns,
  type Reserve,
  type Slot,
  type SlotState,
  type Tier,
  type TierMemory
} from "./tier.ts"

/** Everybody in a pool, sorted by what keeps them from being picked. */
export interface Members {
  /** Highest priority first. */
  readonly tiers: ReadonlyArray<Tier>
  /** Tiers that have a ready slot. */
  readonly readyTiers: BitSet
  readonly slots: ReadonlyMap<string, Slot>
  /** Resting and held slots whose time comes, the soonest first. */
  readonly recoveries: MinHeap<Slot>
  /** Held slots: of the highest tier the one whose time comes soonest is first. */
  readonly held: MinHeap<Reserve>
  /** Resting slots that may be tried when nobody else can serve, by the time from which they may. */
  readonly spare: MinHeap<Reserve>
  /** How many slots are in each state. */
  readonly counts: Record<SlotState, number>
  /** How many of the resting ones rest because of a rate limit. */
  rateLimited: number
}

/** What keeps a slot from being picked; see {@link SlotState}. */
const stateOf = (slot: Slot): SlotState => {
  if (slot.disabled) return "disabled"
  if (slot.probing) return "probing"
  if (slot.block !== undefined) return "resting"
  if (slot.full !== undefined) return "full"
  return slot.heldUntil > 0 ? "held" : "ready"
}

const reserveOf = (slot: Slot, key: number, order: number): Reserve => {
  const reserve = (slot.reserve ??= { slot, key, order, heapIndex: -1 })
  reserve.key = key
  reserve.order = order
  return reserve
}

/** Files a slot under its state. */
export const enter = (members: Members, slot: Slot): void => {
  const { block, tier } = slot
  slot.state = stateOf(slot)
  members.counts[slot.state]++
  if (slot.state === "ready") {
    addBit(tier.ready, slot.position)
    addBit(members.readyTiers, tier.index)
    for (const index of tier.indexes.values()) index.join(slot)
  } else if (slot.state === "held") {
    slot.key = slot.heldUntil
    heapAdd(members.recoveries, slot)
    heapAdd(members.held, reserveOf(slot, tier.index, slot.heldUntil))
  } else if (slot.state === "resting" && block !== undefined) {
    if (block.reason === "rate-limited") members.rateLimited++
    slot.key = Math.min(block.until, block.probeAt ?? Infinity)
    if (slot.key !== Infinity) heapAdd(members.recoveries, slot)
    const { lastResortAt } = block
    if (lastResortAt !== undefined && slot.full === undefined) {
      heapAdd(members.spare, reserveOf(slot, lastResortAt, tier.index))
    }
  }
}

/** Takes a slot out of where its state put it. What the state is made of must not have changed since. */
export const leave = (members: Members, slot: Slot): void => {
  const { reserve, tier } = slot
  members.counts[slot.state]--
  if (slot.state === "ready") {
    removeBit(tier.ready, slot.position)
    if (nextBit(tier.ready, 0) === -1) removeBit(members.readyTiers, tier.index)
    for (const index of tier.indexes.values()) index.leave(slot)
  } else if (slot.state === "held") {
    heapRemove(members.recoveries, slot)
    if (reserve !== undefined) heapRemove(members.held, reserve)
  } else if (slot.state === "resting") {
    if (slot.block?.reason === "rate-limited") members.rateLimited--
    heapRemove(members.recoveries, slot)
    if (reserve !== undefined) heapRemove(members.spare, reserve)
  }
}

/** Ends every rest and every hold that is over at `now`, in milliseconds since the epoch. */
export const promote = (members: Members, now: number): void => {
  for (let slot = members.recoveries[0]; slot !== undefined && slot.key <= now; slot = members.recoveries[0]) {
    const wasResting = slot.state === "resting"
    leave(members, slot)
    if (wasResting) slot.block = undefined
    else slot.heldUntil = 0
    enter(members, slot)
  }
}

/**
 * Files `groups`, one for each tier, each sorted by ID. A candidate that was in `before` keeps its rest, its load and its
 * turn; its other settings are the new ones.
 */
export const makeMembers = (
  groups: ReadonlyArray<ReadonlyArray<Candidate>>,
  memoryOf: (priority: number) => TierMemory,
  before?: Members
): Members => {
  const tiers: Array<Tier> = []
  const slots = new Map<string, Slot>()
  const members: Members = {
    tiers,
    readyTiers: makeBitSet(groups.length),
    slots,
    recoveries: [],
    held: [],
    spare: [],
    counts: { disabled: 0, probing: 0, resting: 0, full: 0, held: 0, ready: 0 },
    rateLimited: 0
  }
  for (const tier of before?.tiers ?? []) rememberTurns(tier)
  for (const group of groups) {
    const priority = group[0]!.priority
    const tier = makeTier(priority, tiers.length, group.length, memoryOf(priority))
    tiers.push(tier)
    for (const candidate of group) {
      const slot = makeSlot(candidate, tier, before?.slots.get(candidate.id))
      tier.slots.push(slot)
      tier.candidates.push(candidate)
      slots.set(candidate.id, slot)
      enter(members, slot)
    }
    recallTurns(tier)
  }
  return members
}

const makeSlot = (candidate: Candidate, tier: Tier, before: Slot | undefined): Slot => {
  const slot: Slot = {
    candidate,
    tier,
    position: tier.slots.length,
    state: "ready",
    turn: before?.turn ?? 0,
    disabled: candidate.disabled,
    block: before?.block,
    probing: before?.probing ?? false,
    full: undefined,
    heldUntil: before?.heldUntil ?? 0,
    credential: before?.credential ?? { inFlight: 0, quota: undefined, lastSuccessAt: undefined },
    model: before?.model ?? { inFlight: 0 },
    stale: false,
    reserve: undefined,
    key: 0,
    order: 0,
    heapIndex: -1
  }
  slot.full = reachedCap(slot)
  return slot
}

/** The cap of a slot that is reached. */
export const reachedCap = ({ candidate, credential, model }: Slot): Slot["full"] =>
  credential.inFlight >= (candidate.maxInFlight ?? Infinity)
    ? "credential"
    : model.inFlight >= (candidate.maxInFlightPerModel ?? Infinity)
      ? "model"
      : undefined
