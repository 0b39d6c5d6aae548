import {
  type Availability,
  compareByteOrder,
  type Cooldown,
  type CredentialLedger,
  type LedgerRow,
  type Quota
} from "@cliproxy/scheduler"
import type { Candidate } from "@cliproxy/scheduler"

import type { CredentialRenewal } from "../credential-files/refresh.ts"
import { subjectOf } from "../credentials/ledger-subject.ts"
import type { ModelRegistry } from "../models/model-registry.ts"
import type { AttemptCount, AttemptCounts } from "./attempt-counts.ts"

/** Where a credential stands for one model. */
export interface CredentialModelReport {
  /** The model's name as its provider knows it. */
  readonly model: string
  readonly state: Availability["_tag"] | "Disabled"
  /** Why it rests or has to be probed, and until when. */
  readonly rest?: Cooldown
}

/** How a credential is. Plain data, nothing secret. */
export interface CredentialReport {
  /** Credential ID. */
  readonly id: string
  /** 16 hex digits by which plugins name it. */
  readonly index?: string
  readonly provider: string
  /** Its fallback tier. */
  readonly tier: number
  readonly weight: number
  readonly disabled: boolean
  /** Requests under way with it, over all models. */
  readonly inFlight: number
  readonly attempts: AttemptCount
  /** In milliseconds since the epoch. */
  readonly lastSuccessAt?: number
  readonly quota?: Quota
  /** The rest of the credential as a whole, which may have ended. */
  readonly rest?: Cooldown
  /** How it is renewed; left out for a credential that is none of a file. */
  readonly renewal?: CredentialRenewal
  /** The models that it serves by name, and those that something is known of, sorted. */
  readonly models: ReadonlyArray<CredentialModelReport>
}

/** A credential, as far as a report needs it. */
export interface KnownCredential {
  readonly candidate: Candidate
  readonly index?: string | undefined
  readonly renewal?: CredentialRenewal | undefined
}

/** What reports are made from. */
export interface ReportSources {
  /** All credentials that there are; those of targets are added to them. */
  readonly known: () => Iterable<KnownCredential>
  readonly registry: () => Pick<ModelRegistry, "routes">
  readonly ledger: Pick<CredentialLedger, "availability" | "get" | "inFlight" | "snapshot">
  readonly counts: Pick<AttemptCounts, "of">
}

/** How every credential is at `now` (milliseconds since the epoch), sorted by ID. */
export const credentialReports = (sources: ReportSources, now: number): ReadonlyArray<CredentialReport> => {
  const all = new Map<string, KnownCredential>()
  const served = new Map<string, Set<string>>()
  for (const credential of sources.known()) all.set(credential.candidate.id, credential)
  for (const { targets } of sources.registry().routes.values()) {
    for (const { candidate, credential } of targets.values()) {
      const { id, model } = subjectOf(candidate)
      if (!all.has(id)) all.set(id, { candidate, index: credential?.index })
      const models = served.get(id)
      if (models === undefined) served.set(id, new Set([model]))
      else models.add(model)
    }
  }
  return [...all.values()]
    .map((credential) => reportOf(sources, credential, served.get(credential.candidate.id) ?? new Set(), now))
    .toSorted((a, b) => compareByteOrder(a.id, b.id))
}

const reportOf = (
  { counts, ledger }: ReportSources,
  { candidate, index, renewal }: KnownCredential,
  served: ReadonlySet<string>,
  now: number
): CredentialReport => {
  const { disabled, id, priority, provider, weight = 1 } = candidate
  const [kept]: ReadonlyArray<LedgerRow | undefined> = ledger.snapshot(id)
  const names = [...new Set([...served, ...Object.keys(kept?.models ?? {})])].toSorted(compareByteOrder)
  return {
    id,
    ...(index === undefined ? {} : { index }),
    provider,
    tier: priority,
    weight,
    disabled,
    inFlight: ledger.inFlight(id),
    attempts: counts.of(id),
    ...(kept?.lastSuccessAt === undefined ? {} : { lastSuccessAt: kept.lastSuccessAt }),
    ...(kept?.quota === undefined ? {} : { quota: kept.quota }),
    ...(kept?.rest === undefined ? {} : { rest: kept.rest }),
    ...(renewal === undefined ? {} : { renewal }),
    models: names.map((model): CredentialModelReport => {
      const { _tag } = ledger.availability(id, model, now)
      const rest = ledger.get(id, model)
      return { model, state: disabled ? "Disabled" : _tag, ...(rest === undefined ? {} : { rest }) }
    })
  }
}
