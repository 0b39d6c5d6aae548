import {
  type Candidate,
  type CredentialLedger,
  type LedgerHooks,
  makeCredentialLedger,
  makePool,
  type Pool,
  type WaitQueue
} from "@cliproxy/scheduler"
import { Result } from "effect"

import { countedUse, type CredentialUse, leasedUse, unleasedUse } from "./credential-use.ts"
import { type LimitOf, modelLimits, unlimited } from "./model-limits.ts"
import { NO_MODEL, subjectOf } from "./ledger-subject.ts"
import type { ModelRegistry, Route, Target } from "../models/model-registry.ts"
import type { GatewaySettings, QueueSettings } from "../settings.ts"
import { makeWaitingLine } from "./waiting-line.ts"

/** What the operator says about all credentials alike. */
export type PoolSettings = Pick<GatewaySettings, "disableCooling" | "maxEjectedPercent" | "modelLimits" | "queue">

/** The pools that credentials are chosen from, one for each route, and what credentials have been through. */
export interface CredentialPools {
  /** Makes the pools agree with a registry. A pool outlives a reload, so that its rotation goes on. */
  readonly apply: (registry: ModelRegistry, settings: PoolSettings) => void
  /** The pool of a route, also of one that is not in the registry. */
  readonly poolOf: (route: Route) => Pool
  /**
   * Begins a use of a candidate that was just picked from a route's pool. `undefined` when somebody else was faster: it
   * has no room left, or is being probed. Then pick again.
   */
  readonly acquire: (route: Route, pool: Pool, id: string, now: number) => CredentialUse | undefined
  /**
   * Runs what picks and acquires a candidate of a pool. While its failure is only that all are busy, it waits for its
   * turn and runs it again, as `routing.queue-limit` and `routing.queue-wait-seconds` allow.
   */
  readonly inTurn: WaitQueue["run"]
  /** What is known of all credentials. */
  readonly ledger: CredentialLedger
}

/** Without settings for it. */
const NOBODY_WAITS: QueueSettings = { limit: 0, waitMs: 0 }

/** Clients name the models of routes that are made for a request: the pools of so many are kept, and no more. */
const MAX_PASSING_POOLS = 512

/** Makes a set of pools without any. `hooks` are the ledger's. */
export const makeCredentialPools = (hooks: LedgerHooks = {}): CredentialPools => {
  const line = makeWaitingLine()
  const ledger = makeCredentialLedger({
    ...hooks,
    onFreed: (id) => {
      line.freed(() => ledger.poolsOf(id))
      hooks.onFreed?.(id)
    },
    onRoom: (room) => line.freed(() => room)
  })
  /** The pools that the ledger keeps up to date. */
  const attached = new Set<Pool>()
  let maxEjectedPercent = 100
  let limitOf: LimitOf = unlimited
  const attach = (pool: Pool, { model }: Route): void => {
    pool.setMaxEjectedPercent(maxEjectedPercent)
    ledger.attach(pool, NO_MODEL, limitOf(model))
    attached.add(pool)
  }
  const detach = (pool: Pool): void => {
    ledger.detach(pool)
    attached.delete(pool)
  }
  /** By the key of the route. */
  const pools = new Map<string, Pool>()
  let disableCooling = false
  const candidatesOf = ({ targets }: Route): ReadonlyArray<Candidate> =>
    [...targets.values()].map(({ candidate }) => ({ disableCooling, ...candidate }))

  /** By credential ID. */
  let fingerprints: ReadonlyMap<string, string> = new Map()

  /** By the key of the route: of those that are not in the registry. The longest unused first. */
  const passing = new Map<string, Pool>()
  /** Routes of several names may have one key; a name with a bound needs a pool of its own. */
  const passingKey = ({ key, model }: Route): string =>
    key === model || limitOf(model) === undefined ? key : `${key}\n\n${model}`
  const letGo = (key: string, pool: Pool): void => {
    detach(pool)
    passing.delete(key)
  }

  const forgetReplaced = (registry: ModelRegistry): void => {
    const current = registry.fingerprints
    for (const [id, fingerprint] of current) {
      if ((fingerprints.get(id) ?? fingerprint) === fingerprint) continue
      // A named key that was replaced begins anew; what a file logs in with is renewed every hour, by the same account.
      if (registry.configuredIds.has(id)) ledger.clear(id)
      else ledger.renewed(id)
    }
    ledger.retain(new Set(current.keys()))
    fingerprints = current
  }

  return {
    apply: (registry, settings) => {
      disableCooling = settings.disableCooling ?? false
      maxEjectedPercent = settings.maxEjectedPercent ?? 100
      limitOf = modelLimits(settings.modelLimits)
      line.configure(settings.queue ?? NOBODY_WAITS)
      forgetReplaced(registry)
      for (const [key, pool] of passing) {
        const found = registry.find(key)
        if (Result.isSuccess(found) && !registry.routes.has(key)) {
          pool.replace(candidatesOf(found.success))
          attach(pool, found.success)
        } else letGo(key, pool)
      }
      const keys = new Set([...registry.routes.values()].map(({ key }) => key))
      for (const [key, pool] of pools) {
        if (keys.has(key)) continue
        detach(pool)
        pools.delete(key)
      }
      for (const route of registry.routes.values()) {
        let pool = pools.get(route.key)
        if (pool === undefined) pools.set(route.key, (pool = makePool(candidatesOf(route))))
        else pool.replace(candidatesOf(route))
        attach(pool, route)
      }
      // There may be new candidates, or more room for those of before.
      if (line.size() > 0) for (const pool of attached) line.freed(() => [pool])
    },
    poolOf: (route) => {
      const known = pools.get(route.key)
      if (known !== undefined) return known
      // The route was made for this request. Its pool is kept for the next one.
      const key = passingKey(route)
      let pool = passing.get(key)
      if (pool === undefined) attach((pool = makePool(candidatesOf(route))), route)
      passing.delete(key)
      passing.set(key, pool)
      const [oldest] = passing
      if (passing.size > MAX_PASSING_POOLS && oldest !== undefined) letGo(oldest[0], oldest[1])
      return pool
    },
    acquire: ({ targets }, pool, id, now) => {
      const target = targets.get(id)
      if (!attached.has(pool)) {
        const candidate = target?.candidate ?? pool.get(id)?.candidate
        return candidate && unleasedUse(ledger, subjectOf(candidate), now)
      }
      const lease = ledger.acquire(pool, id, now)
      if (lease === undefined) return undefined
      return isWithoutCredential(target) ? countedUse(ledger, lease) : leasedUse(ledger, lease)
    },
    inTurn: line.run,
    ledger
  }
}

const isWithoutCredential = (target: Target | undefined): boolean =>
  target?._tag === "Executor" && target.credential === undefined
