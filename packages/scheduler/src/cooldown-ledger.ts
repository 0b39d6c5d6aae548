import { cooldownScope, nextCooldown } from "./cooldown.ts"
import type { AttemptOutcome, Cooldown } from "./cooldown.ts"
import type { Pool } from "./pool.ts"

/** One attempt that ended. */
export interface AttemptReport {
  /** Credential ID. */
  readonly id: string
  /** Model that the attempt was for: the same name for all routes that lead to the same model. */
  readonly model: string
  readonly outcome: AttemptOutcome
  /** The present, in milliseconds since the epoch. */
  readonly now: number
}

/**
 * Remembers which credentials rest, as a whole or for one model, and tells every pool that they are in.
 *
 * A pool is one route, but a refused key is refused for all models: this is where the two meet. It outlives its pools,
 * so a reload forgets no rest.
 */
export interface CooldownLedger {
  /**
   * Keeps `pool` up to date with the rests of its candidates for `model`, from now on, and applies the ones that are
   * known. Call it again after the pool was replaced. While it is attached, nobody else should block its candidates.
   */
  readonly attach: (pool: Pool, model: string) => void
  /** Lets go of a pool. */
  readonly detach: (pool: Pool) => void
  /** Takes in how an attempt ended. Gives the state that it leads to: `undefined` when nothing is remembered. */
  readonly report: (report: AttemptReport) => Cooldown | undefined
  /** Forgets every rest of a credential: its key was changed, or an operator wants it tried at once. */
  readonly clear: (id: string) => void
  /** Forgets the credentials that are not in `ids`, for instance after a reload. */
  readonly retain: (ids: ReadonlySet<string>) => void
  /** The rest of a credential for a model: the one that ends later, if both scopes have one. It may have ended. */
  readonly get: (id: string, model: string) => Cooldown | undefined
}

interface Entry {
  credential: Cooldown | undefined
  readonly models: Map<string, Cooldown>
}

const later = (a: Cooldown | undefined, b: Cooldown | undefined): Cooldown | undefined =>
  a === undefined || (b !== undefined && b.until > a.until) ? b : a

/** Makes an empty {@link CooldownLedger}. */
export const makeCooldownLedger = (): CooldownLedger => {
  const entries = new Map<string, Entry>()
  const pools = new Map<Pool, string>()

  const get = (id: string, model: string): Cooldown | undefined => {
    const entry = entries.get(id)
    return entry && later(entry.credential, entry.models.get(model))
  }

  const apply = (pool: Pool, id: string, model: string): void => {
    const cooldown = get(id, model)
    if (cooldown === undefined) pool.unblock(id)
    else pool.block(id, cooldown)
  }

  const applyEverywhere = (id: string): void => {
    for (const [pool, model] of pools) apply(pool, id, model)
  }

  return {
    attach: (pool, model) => {
      pools.set(pool, model)
      for (const id of entries.keys()) apply(pool, id, model)
    },
    detach: (pool) => {
      pools.delete(pool)
    },
    report: ({ id, model, now, outcome }) => {
      const known = entries.get(id)
      const scope = cooldownScope(outcome)
      // The common case: a success of a credential that nothing is known against.
      if (known === undefined && scope === undefined) return undefined
      const entry = known ?? { credential: undefined, models: new Map<string, Cooldown>() }
      const credential = scope === "model" ? entry.credential : nextCooldown(entry.credential, outcome, now)
      const before = entry.models.get(model)
      const after = scope === "credential" ? before : nextCooldown(before, outcome, now)
      const changed = credential !== entry.credential || after !== before
      entry.credential = credential
      if (after === undefined) entry.models.delete(model)
      else entry.models.set(model, after)
      if (entry.credential === undefined && entry.models.size === 0) entries.delete(id)
      else entries.set(id, entry)
      if (changed) applyEverywhere(id)
      return later(credential, after)
    },
    clear: (id) => {
      if (entries.delete(id)) applyEverywhere(id)
    },
    retain: (ids) => {
      for (const id of entries.keys()) if (!ids.has(id)) entries.delete(id)
    },
    get
  }
}
