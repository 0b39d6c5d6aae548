import { Schema } from "effect"

import type { Cooldown } from "./cooldown.ts"
import { type Entry, idle, maxIdleModels, standingOf } from "./ledger-entry.ts"

/** A {@link Cooldown} as it is kept. Times are in milliseconds since the epoch. */
export const KeptCooldown = Schema.Struct({
  until: Schema.Finite,
  openedAt: Schema.Finite,
  level: Schema.Int,
  reason: Schema.Literals(["rate-limited", "rejected", "model-missing", "upstream-failed", "unreachable"]),
  scope: Schema.Literals(["credential", "model", "account"]),
  status: Schema.optionalKey(Schema.Int),
  probeAt: Schema.Finite,
  probes: Schema.Int,
  lastResortAt: Schema.optionalKey(Schema.Finite)
})

/** What is kept of one credential over a restart: plain data for a row of a table. Nothing secret. */
export const LedgerRow = Schema.Struct({
  /** Credential ID. */
  id: Schema.String,
  /** Rest of the credential as a whole. */
  rest: Schema.optionalKey(KeptCooldown),
  /** Rests by model, at most {@link maxKeptModels}. */
  models: Schema.Record(Schema.String, KeptCooldown),
  quota: Schema.optionalKey(Schema.Struct({ resetAt: Schema.Finite, remaining: Schema.optional(Schema.Finite) })),
  lastSuccessAt: Schema.optionalKey(Schema.Finite)
})

/** What is kept of one credential over a restart. */
export type LedgerRow = typeof LedgerRow.Type

/** Most models whose rests are kept of a credential: those that end last. */
const maxKeptModels = maxIdleModels

/** The rests of a credential that are kept, by model. */
const restsOf = ({ models }: Entry): ReadonlyArray<readonly [model: string, rest: Cooldown]> => {
  const rests = [...models].flatMap(([model, { rest }]) => (rest === undefined ? [] : [[model, rest] as const]))
  if (rests.length <= maxKeptModels) return rests
  return rests.toSorted(([, a], [, b]) => b.until - a.until).slice(0, maxKeptModels)
}

/** The row of a credential; none when there is nothing worth keeping. */
export const writeRow = (entry: Entry): ReadonlyArray<LedgerRow> => {
  const { id, whole } = entry
  const rests = restsOf(entry)
  const { lastSuccessAt, quota, rest } = whole
  if (rest === undefined && rests.length === 0 && quota === undefined && lastSuccessAt === undefined) return []
  return [
    {
      id,
      models: Object.fromEntries(rests),
      ...(rest === undefined ? {} : { rest }),
      ...(quota === undefined ? {} : { quota }),
      ...(lastSuccessAt === undefined ? {} : { lastSuccessAt })
    }
  ]
}

/** Rests that ended longer ago than this, in milliseconds, are not worth a probe after a restart. */
const staleMs = 3_600_000

/** Takes a kept row into an entry. What is known already stays; what ended long ago or has a broken clock is left out. */
export const readRow = (entry: Entry, row: LedgerRow, now: number): void => {
  const worthwhile = (rest: LedgerRow["rest"]): LedgerRow["rest"] =>
    rest !== undefined && rest.until > now - staleMs && rest.openedAt <= now ? rest : undefined
  const { whole } = entry
  whole.rest ??= worthwhile(row.rest)
  for (const [model, rest] of Object.entries(row.models)) {
    const kept = worthwhile(rest)
    if (kept === undefined) continue
    const standing = standingOf(entry, model)
    standing.rest ??= kept
    idle(entry, standing)
  }
  if (row.quota !== undefined && row.quota.resetAt > now) whole.quota ??= row.quota
  whole.lastSuccessAt ??= row.lastSuccessAt
}
