import { type AttemptOutcome, type Candidate, makeCredentialLedger, makePool, type Pool } from "@cliproxy/scheduler"
import { Result } from "effect"

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

/** Clients name the models of routes that are made for a request: the pools of so many are kept, and no more. */
const MAX_PASSING_POOLS = 512

/** Makes a set of pools without any. */
export const makeCredentialPools = (): CredentialPools => {
  const cooldowns = makeCredentialLedger()
  /** By the key of the route. */
  const pools = new Map<string, Pool>()
  /** By credential ID. */
  let fingerprints: ReadonlyMap<string, string> = new Map()

  /** By the key of the route: of those that are not in the registry. The longest unused first. */
  const passing = new Map<string, Pool>()
  const letGo = (key: string, pool: Pool): void => {
    cooldowns.detach(pool)
    passing.delete(key)
  }

  const forgetReplaced = (registry: ModelRegistry): void => {
    const current = registry.fingerprints
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
      for (const [key, pool] of passing) {
        const found = registry.find(key)
        if (Result.isSuccess(found) && !registry.routes.has(key)) {
          pool.replace(candidatesOf(found.success))
          cooldowns.attach(pool, found.success.cooldownModel)
        } else letGo(key, pool)
      }
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
      // The route was made for this request. Its pool is kept for the next one.
      let pool = passing.get(route.key)
      if (pool === undefined) cooldowns.attach((pool = makePool(candidatesOf(route))), route.cooldownModel)
      passing.delete(route.key)
      passing.set(route.key, pool)
      const [oldest] = passing
      if (passing.size > MAX_PASSING_POOLS && oldest !== undefined) letGo(oldest[0], oldest[1])
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
