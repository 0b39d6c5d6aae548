import type { AttemptOutcome } from "./attempt-outcome.ts"
import type { Availability } from "./availability.ts"
import type { Cooldown } from "./cooldown.ts"
import type { Lease } from "./ledger-entry.ts"
import type { LedgerRow } from "./ledger-row.ts"
import type { LimitedLoad, ModelLimit, Quota } from "./load.ts"
import type { Pool } from "./pool.ts"

/** One attempt that ended. */
export interface AttemptReport {
  /** Credential ID. */
  readonly id: string
  /** Model that the attempt was for: the candidate's, else that of its pool. */
  readonly model: string
  readonly outcome: AttemptOutcome
  /** The present, in milliseconds since the epoch. */
  readonly now: number
}

/** Calls out of a ledger. They must not throw. */
export interface LedgerHooks {
  /** What has to be kept over a restart changed for a credential. */
  readonly onChange?: ((id: string) => void) | undefined
  /** A credential (by its ID) may serve again, or serve more: a request ended, a probe was decided, a rest was cleared. */
  readonly onFreed?: ((id: string) => void) | undefined
  /** There is room again under the bound that these pools share. */
  readonly onRoom?: ((pools: Iterable<Pool>) => void) | undefined
}

/**
 * What credentials have been through and are doing: rests, probes, requests under way, quotas. It tells every pool that
 * they are in. Synchronous, without a clock. IDs are those of credentials, except where a candidate's is asked for.
 *
 * A pool is one route, but a refused key is refused for all models and a busy one is busy for all of them: this is where
 * the two meet. It outlives its pools, so a reload forgets nothing.
 */
export interface CredentialLedger {
  /**
   * Keeps `pool` up to date with its candidates' standing, from now on; `model` is for those that name none. Call it
   * again after the pool was replaced. While it is attached, nobody else should block, hold, probe or bound its
   * candidates. With a `limit`, uses are counted together with those through all pools that name the same one; the
   * bound is the one that was named last.
   */
  readonly attach: (pool: Pool, model: string, limit?: ModelLimit) => void
  /** Lets go of a pool. */
  readonly detach: (pool: Pool) => void
  /** The pools that a credential is in. */
  readonly poolsOf: (id: string) => Iterable<Pool>
  /**
   * Begins a use of a credential, right after the candidate was picked from `pool`. `undefined` when it cannot be used
   * after all: it is gone or disabled, a cap is reached, or another request probes it. Then pick again. Throws when the
   * pool is not attached.
   */
  readonly acquire: (pool: Pool, candidate: string, now: number) => Lease | undefined
  /**
   * Takes in how a use ended, and decides its probe. For a lease with `probe`, call it with a success at the first sign
   * of an answer: others wait for it. It may be called again when more is known. Gives the state that it leads to:
   * `undefined` when nothing is remembered.
   */
  readonly settle: (lease: Lease, outcome: AttemptOutcome, now: number) => Cooldown | undefined
  /** Ends a use. A lease that was not settled says nothing about its credential. Counts once per lease. */
  readonly release: (lease: Lease, now: number) => void
  /** Takes in how an attempt without a lease ended. Gives the state that it leads to. */
  readonly report: (report: AttemptReport) => Cooldown | undefined
  /** Takes in what a provider said about a credential's quota. */
  readonly noteQuota: (id: string, quota: Quota | undefined) => void
  /**
   * Forgets the rest of a credential, also those for its models, or only the one for `model`: its key was changed, or an
   * operator wants it tried at once.
   */
  readonly clear: (id: string, model?: string) => void
  /**
   * Forgets that a credential was refused (reason `rejected`): it logs in with something new. Limits stay, since they are
   * the account's.
   */
  readonly renewed: (id: string) => void
  /** Forgets the credentials that are not in `ids`, for instance after a reload. */
  readonly retain: (ids: ReadonlySet<string>) => void
  /** The rest of a credential for a model: the one that ends later, if both scopes have one. It may have ended. */
  readonly get: (id: string, model: string) => Cooldown | undefined
  /** Requests under way with a credential, over all models. */
  readonly inFlight: (id: string) => number
  /** The models whose requests are bounded, and how many are under way. */
  readonly limited: () => Iterable<LimitedLoad>
  /** Where a credential stands for a model. */
  readonly availability: (id: string, model: string, now: number) => Availability
  /** What has to be kept of all credentials over a restart, or of one. Plain data. */
  readonly snapshot: (id?: string) => ReadonlyArray<LedgerRow>
  /** Takes in what was kept. What is known already about a credential stays. */
  readonly restore: (rows: Iterable<LedgerRow>, now: number) => void
}
