import { type AttemptOutcome, type Candidate, makeCooldownLedger, makePool, type Pool } from "@cliproxy/scheduler"

import type { ModelRegistry, Route, Target } from "./model-registry.ts"

/** The pools that credentials are chosen from, one for each route, and what credentials have been through. */
export interface CredentialPools {
  /** Makes the pools agree with a registry. A pool outlives a reload, so that its rotation goes on. */
  readonly apply: (registry: ModelRegistry) => void
  /** The pool of a route, also of one that is not in the registry. */
  readonly poolOf: (route: Route) => Pool
  /** Feeds back how an attempt on a route ended, for the cooldowns. */
  readonly report: (route: Route, id: string, outcome: AttemptOutcome, now: number) => void
}

/** Makes a set of pools without any. */
export const makeCredentialPools = (): CredentialPools => {
  const cooldowns = makeCooldownLedger()
  /** By the key of the route. */
  const pools = new Map<string, Pool>()
  /** By credential ID. */
  let fingerprints: ReadonlyMap<string, string> = new Map()

  const forgetReplaced = (registry: ModelRegistry): void => {
    const current = new Map<string, string>()
    for (const { targets } of registry.routes.values()) {
      for (const [id, { fingerprint }] of targets) current.set(id, fingerprint)
    }
    // A named credential whose key was replaced begins anew.
    for (const [id, fingerprint] of current) {
      if ((fingerprints.get(id) ?? fingerprint) !== fingerprint) cooldowns.clear(id)
    }
    cooldowns.retain(new Set(current.keys()))
    fingerprints = current
  }

  return {
    apply: (registry) => {
      forgetReplaced(registry)
      const keys = new Set([...registry.routes.values()].map(({ key }) => key))
      for (const [key, pool] of pools) {
        if (keys.has(key)) continue
        cooldowns.detach(pool)
        pools.delete(key)
      }
      for (const route of registry.routes.values()) {
        let pool = pools.get(route.key)
        if (pool === undefined) pools.set(route.key, (pool = makePool(candidatesOf(route))))
        else pool.replace(candidatesOf(route))
        cooldowns.attach(pool, route.cooldownModel)
      }
    },
    poolOf: (route) => {
      const known = pools.get(route.key)
      if (known !== undefined) return known
      // The route to one provider was made for this request. Its pool is kept for the next one, until a reload.
      const pool = makePool(candidatesOf(route))
      pools.set(route.key, pool)
      cooldowns.attach(pool, route.cooldownModel)
      return pool
    },
    report: ({ cooldownModel: model, targets }, id, outcome, now) => {
      // What stands for no credential at all has nothing to rest from: its plugin decides about each request anew.
      if (!isWithoutCredential(targets.get(id))) cooldowns.report({ id, model, outcome, now })
    }
  }
}

const isWithoutCredential = (target: Target | undefined): boolean =>
  target?._tag === "Executor" && target.credential === undefined

const candidatesOf = ({ targets }: Route): ReadonlyArray<Candidate> =>
  [...targets.values()].map(({ candidate }) => candidate)
