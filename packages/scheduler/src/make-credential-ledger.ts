import { type AttemptOutcome, cooldownScope } from "./attempt-outcome.ts"
import { credentialOf } from "./candidate.ts"
import { type Cooldown, nextCooldown } from "./cooldown.ts"
import { availabilityOf } from "./availability.ts"
import type { CredentialLedger, LedgerHooks } from "./credential-ledger.ts"
import {
  applyEverywhere,
  applyTo,
  endProbe,
  type Entry,
  idle,
  type ModelStanding,
  laterRest,
  makeEntry,
  type OpenLease,
  type Seat,
  setRest,
  slowStart,
  standingOf,
  type Standing
} from "./ledger-entry.ts"
import { readRow, writeRow } from "./ledger-row.ts"
import { makeModelLimits } from "./model-limits.ts"
import type { Pool } from "./pool.ts"

/** Makes an empty {@link CredentialLedger}. */
export const makeCredentialLedger = ({ onChange, onFreed, onRoom }: LedgerHooks = {}): CredentialLedger => {
  const entries = new Map<string, Entry>()
  /** The candidates of each pool that is attached, by their IDs. */
  const attached = new Map<Pool, Map<string, Seat>>()
  const limits = makeModelLimits()
  const accounts = new Map<string, Set<Entry>>()

  const entryOf = (id: string): Entry => {
    let entry = entries.get(id)
    if (entry === undefined) entries.set(id, (entry = makeEntry(id)))
    return entry
  }

  const joinAccount = (entry: Entry, account: string | undefined): void => {
    if (entry.account === account) return
    if (entry.account !== undefined) accounts.get(entry.account)?.delete(entry)
    entry.account = account
    if (account === undefined) return
    const members = accounts.get(account)
    if (members === undefined) accounts.set(account, new Set([entry]))
    else members.add(entry)
  }
  const accountOf = (entry: Entry): Iterable<Entry> =>
    entry.account === undefined ? [entry] : (accounts.get(entry.account) ?? [entry])

  /** What is known of a credential changed: of all of it, or of its use for one model. */
  const changed = (entry: Entry, now: number, where: Entry | ModelStanding = entry): void => {
    applyEverywhere(where, now)
    onChange?.(entry.id)
  }

  const succeed = (entry: Entry, standing: ModelStanding, outcome: AttemptOutcome, now: number): void => {
    entry.whole.lastSuccessAt = now
    const { rest } = entry.whole
    const whole = nextCooldown(rest, outcome, now)
    const forModel = setRest(standing, nextCooldown(standing.rest, outcome, now), now)
    if (setRest(entry.whole, whole, now)) changed(entry, now)
    else if (forModel) changed(entry, now, standing)
    if (rest?.scope !== "account" || whole !== undefined) return
    for (const other of accountOf(entry)) {
      if (other.whole.rest?.scope === "account" && setRest(other.whole, undefined, now)) changed(other, now)
    }
  }

  const conclude = (
    entry: Entry,
    standing: ModelStanding,
    outcome: AttemptOutcome,
    now: number
  ): Cooldown | undefined => {
    const scope = cooldownScope(outcome)
    const cools = !entry.disableCooling || (outcome._tag === "Refused" && outcome.status === 404)
    if (outcome._tag === "Succeeded") {
      succeed(entry, standing, outcome, now)
    } else if (scope === "model" && cools) {
      if (setRest(standing, nextCooldown(standing.rest, outcome, now), now)) changed(entry, now, standing)
    } else if (scope !== undefined && cools) {
      for (const one of scope === "account" ? accountOf(entry) : [entry]) {
        if (setRest(one.whole, nextCooldown(one.whole.rest, outcome, now), now)) changed(one, now)
      }
    }
    return laterRest(entry.whole.rest, standing.rest)
  }

  const forget = (entry: Entry, standings: Iterable<Standing>): void => {
    for (const standing of standings) {
      standing.rest = undefined
      standing.probe = undefined
    }
    changed(entry, -Infinity)
    onFreed?.(entry.id)
  }

  const leave = (pool: Pool): void => {
    for (const seat of attached.get(pool)?.values() ?? []) {
      const { entry, standing } = seat
      entry.seats.delete(seat)
      standing.seats.delete(seat)
      idle(entry, standing)
    }
    attached.delete(pool)
    limits.leave(pool)
    pool.setLimit(undefined)
  }

  return {
    attach: (pool, poolModel, limit) => {
      leave(pool)
      const shared = limit && limits.join(pool, limit)
      pool.setLimit(shared)
      const seats = new Map<string, Seat>()
      for (const candidate of pool.candidates()) {
        const { account, disableCooling = false, id, model = poolModel } = candidate
        const entry = entryOf(credentialOf(candidate))
        const standing = standingOf(entry, model)
        const touch = pool.share(id, entry.whole, standing)
        if (touch === undefined) continue
        const seat = { pool, id, entry, standing, shared, touch }
        entry.seats.add(seat)
        standing.seats.add(seat)
        entry.idleModels.delete(standing)
        entry.disableCooling = disableCooling
        joinAccount(entry, account)
        applyTo(seat, -Infinity)
        seats.set(id, seat)
      }
      attached.set(pool, seats)
    },
    detach: leave,
    poolsOf: (id) =>
      entries
        .get(id)
        ?.seats.values()
        .map(({ pool }) => pool) ?? [],
    acquire: (pool, candidate, now) => {
      const seats = attached.get(pool)
      if (seats === undefined) throw new RangeError("the pool is not attached to this ledger")
      const seat = seats.get(candidate)
      const state = pool.get(candidate)
      if (seat === undefined || state === undefined || state.disabled || state.full !== undefined) return undefined
      const { entry, shared, standing } = seat
      const { model } = standing
      if (shared !== undefined && shared.inFlight >= shared.maxInFlight) return undefined
      const { id, whole } = entry
      if (whole.probe !== undefined || standing.probe !== undefined) return undefined
      const probe = whole.rest !== undefined || standing.rest !== undefined
      const lease: OpenLease = {
        id,
        model,
        startedAt: now,
        probe,
        settled: false,
        released: false,
        entry,
        standing,
        shared
      }
      if (shared !== undefined) shared.inFlight++
      whole.inFlight++
      standing.inFlight++
      if (probe) {
        if (whole.rest !== undefined) whole.probe = lease
        if (standing.rest !== undefined) standing.probe = lease
        applyEverywhere(whole.rest === undefined ? standing : entry, now)
      }
      const ramps = now < whole.rampUntil
      if (ramps || now < standing.rampUntil) {
        for (const one of (ramps ? entry : standing).seats) one.pool.hold(one.id, now + slowStart.spacingMs)
      }
      for (const { touch } of entry.seats) touch()
      return lease
    },
    settle: (lease, outcome, now) => {
      const open = lease as OpenLease
      const { entry, probe, standing, startedAt } = open
      const decides = probe && !open.settled
      open.settled = true
      if (decides) endProbe(open, now)
      const state = conclude(entry, standing, { ...outcome, startedAt, probe: decides }, now)
      if (decides) onFreed?.(lease.id)
      return state
    },
    release: (lease, now) => {
      const open = lease as OpenLease
      if (open.released) return
      open.released = true
      if (open.probe && !open.settled) endProbe(open, now)
      open.settled = true
      open.entry.whole.inFlight--
      open.standing.inFlight--
      for (const { touch } of open.entry.seats) touch()
      idle(open.entry, open.standing)
      onFreed?.(lease.id)
      if (open.shared === undefined) return
      limits.release(open.shared)
      onRoom?.(open.shared.pools)
    },
    report: ({ id, model, now, outcome }) => {
      const known = entries.get(id)
      // The common case: a success of a credential that nothing is known against.
      if (known === undefined && cooldownScope(outcome) === undefined) return undefined
      const entry = known ?? entryOf(id)
      const standing = standingOf(entry, model)
      const state = conclude(entry, standing, outcome, now)
      idle(entry, standing)
      return state
    },
    noteQuota: (id, quota) => {
      const entry = entryOf(id)
      entry.whole.quota = quota
      for (const { touch } of entry.seats) touch()
      onChange?.(id)
    },
    clear: (id, model) => {
      const entry = entries.get(id)
      if (entry === undefined) return
      const one = model === undefined ? undefined : entry.models.get(model)
      forget(entry, model === undefined ? [entry.whole, ...entry.models.values()] : one === undefined ? [] : [one])
    },
    renewed: (id) => {
      const entry = entries.get(id)
      if (entry === undefined) return
      const refused = [entry.whole, ...entry.models.values()].filter(({ rest }) => rest?.reason === "rejected")
      if (refused.length > 0) forget(entry, refused)
    },
    retain: (ids) => {
      for (const [id, entry] of entries) {
        if (ids.has(id)) continue
        joinAccount(entry, undefined)
        for (const seat of entry.seats) attached.get(seat.pool)?.delete(seat.id)
        entries.delete(id)
        onChange?.(id)
      }
    },
    get: (id, model) => {
      const entry = entries.get(id)
      return entry && laterRest(entry.whole.rest, entry.models.get(model)?.rest)
    },
    limited: limits.all,
    inFlight: (id) => entries.get(id)?.whole.inFlight ?? 0,
    availability: (id, model, now) => availabilityOf(entries.get(id), model, now),
    snapshot: (id) => {
      const some = id === undefined ? [...entries.values()] : [entries.get(id)]
      return some.flatMap((entry) => (entry === undefined ? [] : writeRow(entry)))
    },
    restore: (rows, now) => {
      for (const row of rows) {
        const entry = entryOf(row.id)
        readRow(entry, row, now)
        applyEverywhere(entry, now)
      }
    }
  }
}
