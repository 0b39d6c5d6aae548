import type { Cooldown } from "./cooldown.ts"
import type { CredentialLoad, LimitedLoad, Load } from "./load.ts"
import type { Pool } from "./pool.ts"
import type { Block } from "./tier.ts"

/**
 * One use of a credential, from the pick to the end of the answer. Plain data of the ledger: read it, and give it back
 * to be settled and released.
 */
export interface Lease {
  /** Credential ID. */
  readonly id: string
  readonly model: string
  /** When it began, in milliseconds since the epoch. */
  readonly startedAt: number
  /** Whether it finds out if a rest is still needed. No other request uses the credential for that until it is settled. */
  readonly probe: boolean
  /** Whether its outcome is known. */
  readonly settled: boolean
  readonly released: boolean
}

/** A lease as the ledger keeps it. */
export interface OpenLease extends Lease {
  /** The model's load over all credentials, when it is bounded. */
  readonly shared: SharedLoad | undefined
  readonly entry: Entry
  readonly standing: ModelStanding
  settled: boolean
  released: boolean
}

/** How busy a bounded model is, and the pools that share its bound. */
export interface SharedLoad extends LimitedLoad {
  maxInFlight: number
  readonly pools: Set<Pool>
}

/** What is known about a credential as a whole, or about its use for one model. */
export interface Standing extends Load {
  rest: Cooldown | undefined
  /** The request that finds out whether the rest is still needed. */
  probe: Lease | undefined
  /** End of the slow start after a recovery, in milliseconds since the epoch. */
  rampUntil: number
}

/** What is known about the use of a credential for one model. */
export interface ModelStanding extends Standing {
  readonly model: string
  /** The candidates that it is about. */
  readonly seats: Set<Seat>
}

/** A candidate of a pool that is a use of a credential. */
export interface Seat {
  readonly pool: Pool
  /** ID of the candidate. */
  readonly id: string
  readonly entry: Entry
  readonly standing: ModelStanding
  readonly shared: SharedLoad | undefined
  /** Tells the pool that the counts changed. */
  readonly touch: () => void
}

/** Everything that is known about one credential. */
export interface Entry {
  readonly id: string
  readonly whole: Standing & CredentialLoad
  readonly models: Map<string, ModelStanding>
  /** Those of the models that no pool is about, the longest of them first. */
  readonly idleModels: Set<ModelStanding>
  /** All candidates that are uses of it. */
  readonly seats: Set<Seat>
  account: string | undefined
  disableCooling: boolean
}

/** A credential about which nothing is known. */
export const makeEntry = (id: string): Entry => ({
  id,
  whole: { inFlight: 0, rest: undefined, probe: undefined, rampUntil: 0, quota: undefined, lastSuccessAt: undefined },
  models: new Map(),
  idleModels: new Set(),
  seats: new Set(),
  account: undefined,
  disableCooling: false
})

/** What is known about a credential's use for a model; made when it is asked for. */
export const standingOf = (entry: Entry, model: string): ModelStanding => {
  let standing = entry.models.get(model)
  if (standing === undefined) {
    standing = { model, seats: new Set(), inFlight: 0, rest: undefined, probe: undefined, rampUntil: 0 }
    entry.models.set(model, standing)
  }
  return standing
}

/** The rest that ends later. */
export const laterRest = (a: Cooldown | undefined, b: Cooldown | undefined): Cooldown | undefined =>
  a === undefined || (b !== undefined && b.until > a.until) ? b : a

/** Both rests as one: it is over when both are, and may be probed when both may. */
const bothRests = (a: Cooldown | undefined, b: Cooldown | undefined, now: number): Block | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  if (a.until <= now || b.until <= now) return laterRest(a, b)
  const { lastResortAt: _, ...later } = a.until > b.until ? a : b
  const probeAt = Math.max(a.probeAt, b.probeAt)
  return a.lastResortAt === undefined || b.lastResortAt === undefined
    ? { ...later, probeAt }
    : { ...later, probeAt, lastResortAt: Math.max(a.lastResortAt, b.lastResortAt) }
}

/** Tells a pool what keeps a credential from being picked. */
export const applyTo = ({ entry: { whole }, id, pool, standing }: Seat, now: number): void => {
  const block = bothRests(whole.rest, standing.rest, now)
  if (block === undefined) pool.unblock(id)
  else pool.block(id, block)
  pool.setProbing(id, whole.probe !== undefined || standing.probe !== undefined)
}

/** Tells all pools that a credential is in, or all that its use for one model is about, what keeps it from being picked. */
export const applyEverywhere = ({ seats }: Entry | ModelStanding, now: number): void => {
  for (const seat of seats) applyTo(seat, now)
}

/**
 * How many models that no pool is about a credential remembers at most. Clients may make names of models up, and where a
 * provider's list is open each of them may leave a rest behind.
 */
export const maxIdleModels = 256

/** Lets go of a standing that no pool is about any more: at once when it holds nothing, else when there are too many. */
export const idle = ({ idleModels, models }: Entry, standing: ModelStanding): void => {
  if (standing.seats.size > 0) return
  idleModels.delete(standing)
  if (isBlank(standing)) {
    models.delete(standing.model)
    return
  }
  idleModels.add(standing)
  if (idleModels.size <= maxIdleModels) return
  for (const oldest of idleModels) {
    // One that is in use is looked at again when that ends.
    idleModels.delete(oldest)
    if (oldest.inFlight > 0) continue
    models.delete(oldest.model)
    return
  }
}

const isBlank = ({ inFlight, probe, rest }: Standing): boolean =>
  inFlight === 0 && probe === undefined && rest === undefined

/**
 * After a recovery a credential gets one pick per `spacingMs` for `durationMs`, unless nobody else is ready: whoever was
 * just down is not run over.
 */
export const slowStart = { durationMs: 1_000, spacingMs: 100 } as const

/** Sets a rest; the end of one begins a slow start. False when nothing changes. `now` is in milliseconds. */
export const setRest = (standing: Standing, rest: Cooldown | undefined, now: number): boolean => {
  if (rest === standing.rest) return false
  if (rest === undefined) standing.rampUntil = now + slowStart.durationMs
  standing.rest = rest
  return true
}

/** Lets others in where a lease was the probe. */
export const endProbe = (lease: OpenLease, now: number): void => {
  const { entry, standing } = lease
  const ofAll = entry.whole.probe === lease
  if (ofAll) entry.whole.probe = undefined
  if (standing.probe === lease) standing.probe = undefined
  applyEverywhere(ofAll ? entry : standing, now)
}
