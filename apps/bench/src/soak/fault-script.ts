import { randomNumbers } from "../statistics.ts"
import { keysOfPool, type SoakPool } from "./soak-pools.ts"

/**
 * What a key does with a request that it does not serve.
 *
 * - `limited`, `limited-hint`: 429, without and with the time until which it fails.
 * - `error-500`, `error-503`: that status.
 * - `reset`, `reset-late`: the connection is reset before the headers, and after them.
 * - `hang`, `stall`: no answer, and none after the headers. A deadline of the gateway ends both.
 * - `cut`: the answer ends before it has said anything.
 * - `empty`: a whole answer that says nothing.
 * - `cut-later`: a stream is reset after it has said something, which no gateway can hide; any other answer like `cut`.
 */
export type Fault =
  | "limited"
  | "limited-hint"
  | "error-500"
  | "error-503"
  | "reset"
  | "reset-late"
  | "hang"
  | "stall"
  | "cut"
  | "empty"
  | "cut-later"

/** Faults and how often each is drawn. What blocks a client until a deadline is rare, or there would be nothing else. */
const SHARES: ReadonlyArray<readonly [Fault, number]> = [
  ["limited", 8],
  ["limited-hint", 8],
  ["error-500", 8],
  ["error-503", 8],
  ["reset", 6],
  ["reset-late", 6],
  ["hang", 1],
  ["stall", 1],
  ["cut", 6],
  ["empty", 6],
  ["cut-later", 3]
]

/** A span of time in which a key fails. */
export interface Episode {
  readonly fault: Fault
  /** Of the requests, from 0 to 1, that fail. */
  readonly share: number
  /** When it ends, in milliseconds on the clock that the script was asked with. */
  readonly endsAt: number
}

/** How the keys of a pool are: as the script says, all well, or all failing with 503. */
export type PoolMode = "scripted" | "well" | "down"

/** Says which keys fail when. The same seed says the same, epoch by epoch. */
export interface FaultScript {
  /** What a key does at a time, in milliseconds; undefined: it serves. Times must not go back by more than one epoch. */
  readonly episodeOf: (key: string, now: number) => Episode | undefined
  readonly setMode: (model: string, mode: PoolMode) => void
}

/** Milliseconds for which a key stays as it is. */
export const EPOCH_MS = 400

/** Epochs for which the same key is the one that must be well. */
const TURN = 5

/** Of the keys that need not be well, those that are. */
const WELL = 0.4

/** Of the episodes, those in which only half of the requests fail. */
const FLAKY = 0.3

/**
 * Makes a script that begins at `startedAt`. Each pool always has a key whose turn it is to be well, and the next one
 * is well already by the time that its turn comes: a healthy credential always exists.
 */
export const makeFaultScript = (pools: ReadonlyArray<SoakPool>, seed: number, startedAt: number): FaultScript => {
  const poolOf = new Map<string, ScriptedPool>()
  const byModel = new Map<string, ScriptedPool>()
  for (const [index, pool] of pools.entries()) {
    const scripted = scriptPool(keysOfPool(pool), randomNumbers(seed * 31 + index), startedAt)
    byModel.set(pool.model, scripted)
    for (const key of keysOfPool(pool)) poolOf.set(key, scripted)
  }
  return {
    episodeOf: (key, now) => poolOf.get(key)?.episodeOf(key, now),
    setMode: (model, mode) => byModel.get(model)?.setMode(mode)
  }
}

interface ScriptedPool {
  readonly episodeOf: (key: string, now: number) => Episode | undefined
  readonly setMode: (mode: PoolMode) => void
}

const scriptPool = (keys: ReadonlyArray<string>, random: () => number, startedAt: number): ScriptedPool => {
  const any = (): string => keys[Math.floor(random() * keys.length)] ?? ""
  const epochs: Array<ReadonlyMap<string, Episode>> = []
  let well = any()
  let wellNext = any()
  let mode: PoolMode = "scripted"

  const nextEpoch = (): void => {
    const endsAt = startedAt + (epochs.length + 1) * EPOCH_MS
    const failing = new Map<string, Episode>()
    for (const key of keys) {
      // Drawn for every key, so that nothing depends on who has to be well.
      const [spared, share, fault] = [random() < WELL, random() < FLAKY ? 0.5 : 1, drawFault(random())]
      if (!spared && key !== well && key !== wellNext) failing.set(key, { fault, share, endsAt })
    }
    epochs.push(failing)
    if (epochs.length % TURN > 0) return
    well = wellNext
    wellNext = any()
  }

  return {
    episodeOf: (key, now) => {
      if (mode !== "scripted") return mode === "well" ? undefined : { fault: "error-503", share: 1, endsAt: now }
      const epoch = Math.max(0, Math.floor((now - startedAt) / EPOCH_MS))
      while (epochs.length <= epoch) nextEpoch()
      return epochs[epoch]?.get(key)
    },
    setMode: (next) => {
      mode = next
    }
  }
}

const TOTAL = SHARES.reduce((sum, [, share]) => sum + share, 0)

const drawFault = (random: number): Fault => {
  let left = random * TOTAL
  for (const [fault, share] of SHARES) if ((left -= share) < 0) return fault
  return "error-500"
}
