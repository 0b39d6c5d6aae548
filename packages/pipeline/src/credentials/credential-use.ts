import type { AttemptOutcome, CredentialLedger, Lease } from "@cliproxy/scheduler"

import type { LedgerSubject } from "./ledger-subject.ts"

/** One credential in use by one attempt, from the pick to the end of the answer. Times are in Unix milliseconds. */
export interface CredentialUse {
  /** The provider has begun to answer. Whoever waits to hear whether the credential still has to rest may go on. */
  readonly answered: (now: number) => void
  /** How the attempt ended. `undefined`: in a way that says nothing about the credential. */
  readonly ended: (outcome: AttemptOutcome | undefined, now: number) => void
  /**
   * Set while it finds out whether the credential still has to rest: when the provider has been silent for so many
   * milliseconds, it counts as answering.
   */
  readonly patienceMs?: number | undefined
  /** Gives the credential back. To be called in every case, also of an attempt that was interrupted; counts once. */
  readonly release: (now: number) => void
}

/**
 * How long, in milliseconds, others wait for the answer of a request that finds out about a credential. A provider that
 * refuses does so soon; one that is at work may be silent for minutes, and a single credential is not to be closed for
 * as long.
 */
export const PATIENCE_MS = 5_000

/**
 * A use that the ledger counts, and whose outcome it remembers. Silence says nothing about a provider that could not be
 * reached.
 */
export const leasedUse = (ledger: CredentialLedger, lease: Lease): CredentialUse => ({
  ...(lease.probe && ledger.get(lease.id, lease.model)?.reason !== "unreachable" ? { patienceMs: PATIENCE_MS } : {}),
  answered: (now) => {
    if (lease.probe && !lease.settled) ledger.settle(lease, { _tag: "Succeeded" }, now)
  },
  ended: (outcome, now) => {
    if (outcome !== undefined) ledger.settle(lease, outcome, now)
  },
  release: (now) => ledger.release(lease, now)
})

/** A use that is counted like any other, of what is no credential: its plugin decides about each request anew. */
export const countedUse = (ledger: CredentialLedger, lease: Lease): CredentialUse => ({
  answered: () => {},
  ended: () => {},
  release: (now) => ledger.release(lease, now)
})

/** A use through a pool that a reload has taken away: how it ends counts, that it is under way does not. */
export const unleasedUse = (
  ledger: CredentialLedger,
  { id, model }: LedgerSubject,
  startedAt: number
): CredentialUse => ({
  answered: () => {},
  ended: (outcome, now) => {
    if (outcome !== undefined) ledger.report({ id, model, outcome: { startedAt, ...outcome }, now })
  },
  release: () => {}
})
