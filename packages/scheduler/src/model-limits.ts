import type { SharedLoad } from "./ledger-entry.ts"
import type { LimitedLoad, ModelLimit } from "./load.ts"
import type { Pool } from "./pool.ts"

/** The models whose requests are bounded over all credentials, and the pools that count for each. */
export interface ModelLimits {
  /** Lets a pool share the load of a model from now on. The bound is the one that was named last. */
  readonly join: (pool: Pool, limit: ModelLimit) => SharedLoad
  readonly leave: (pool: Pool) => void
  /** Counts the end of a use. */
  readonly release: (load: SharedLoad) => void
  readonly all: () => Iterable<LimitedLoad>
}

/** Makes limits of no model. A load is kept while a pool shares it, or a use of it is under way. */
export const makeModelLimits = (): ModelLimits => {
  const loads = new Map<string, SharedLoad>()
  const joined = new Map<Pool, SharedLoad>()

  const forgetUnused = (load: SharedLoad): void => {
    if (load.pools.size === 0 && load.inFlight === 0) loads.delete(load.name)
  }

  const leave = (pool: Pool): void => {
    const load = joined.get(pool)
    if (load === undefined) return
    joined.delete(pool)
    load.pools.delete(pool)
    forgetUnused(load)
  }

  return {
    join: (pool, { maxInFlight, name }) => {
      if (!(Number.isInteger(maxInFlight) && maxInFlight >= 1)) {
        throw new RangeError(`model ${name}: a bound of ${maxInFlight} requests is not a whole number above 0`)
      }
      leave(pool)
      let load = loads.get(name)
      if (load === undefined) loads.set(name, (load = { name, maxInFlight, inFlight: 0, pools: new Set() }))
      load.maxInFlight = maxInFlight
      load.pools.add(pool)
      joined.set(pool, load)
      return load
    },
    leave,
    release: (load) => {
      load.inFlight--
      forgetUnused(load)
    },
    all: () => loads.values()
  }
}
