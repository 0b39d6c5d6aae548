import { trimSpace, withoutSecretKeys } from "@cliproxy/abi"
import type { Metadata, SchedulerAuthCandidate, SchedulerExcludedAuth, SchedulerPickRequest } from "@cliproxy/abi"
import type { Candidate } from "./candidate.ts"
import type { Exclusion } from "./exclusion.ts"
import { maxListedExclusions } from "./no-candidate.ts"
import type { Pool } from "./pool.ts"

/** What a scheduler plugin is told about the request, besides the candidates. */
export interface PickRequest {
  /** Empty for ordinary model requests, also with one provider; a provider key for single-provider selections. */
  readonly provider: string
  /** Every provider that could serve the request, in the order of the route. */
  readonly providers: ReadonlyArray<string>
  /** Model of the route, with a thinking suffix such as `(8192)` if the client sent one; empty without a model. */
  readonly model: string
  /** Whether the client asked for a stream. */
  readonly stream: boolean
  /** Headers of the request by canonical name. */
  readonly headers: Readonly<Record<string, ReadonlyArray<string>>>
  /** Metadata of the request, ready for JSON (plugin ABI, metadata maps). */
  readonly metadata: Readonly<Record<string, unknown>>
  /** Number of this attempt of the request, from 1. */
  readonly attempt?: number | undefined
  /** Whom the request was tried with before, in order; the status is 0 when there was no answer. */
  readonly triedBefore?: ReadonlyArray<{ readonly id: string; readonly status: number }> | undefined
  /** Tells clients apart without giving anything away: a hash of the client's key. */
  readonly callerId?: string | undefined
  /** Names this selection, so that a plugin knows it again in usage records and completions. */
  readonly selectionId?: string | undefined
}

/** Provider keys as a plugin sees them: trimmed, lower-case, in order, without repeats, blanks and `mixed`. */
export const normaliseProviders = (providers: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set(providers.map((provider) => trimSpace(provider).toLowerCase()))].filter(
    (provider) => provider !== "" && provider !== "mixed"
  )

/** What is the same in every pick, made once per candidate: there is a new one when anything of it changes. */
const lasting = new WeakMap<Candidate, SchedulerAuthCandidate>()

const viewLasting = (candidate: Candidate): SchedulerAuthCandidate => {
  let view = lasting.get(candidate)
  if (view === undefined) {
    view = Object.freeze({
      ID: candidate.id,
      Provider: candidate.provider.toLowerCase(),
      Priority: candidate.priority,
      Status: "active",
      Attributes: Object.freeze(withoutSecretKeys(candidate.attributes)),
      Metadata: {},
      ...(candidate.weight === undefined ? {} : { Weight: candidate.weight })
    })
    lasting.set(candidate, view)
  }
  return view
}

const viewCandidate = (candidate: Candidate, pool: Pool): SchedulerAuthCandidate => {
  const { inFlight = 0, lastSuccessAt } = pool.get(candidate.id) ?? {}
  const view = viewLasting(candidate)
  if (inFlight === 0 && lastSuccessAt === undefined) return view
  return {
    ...view,
    ...(inFlight === 0 ? {} : { InFlight: inFlight }),
    ...(lastSuccessAt === undefined ? {} : { LastSuccess: new Date(lastSuccessAt) })
  }
}

/** The reason in one word, and when it ends in milliseconds since the epoch. */
const reasonOf = (exclusion: Exclusion): readonly [reason: string, until: number | undefined] => {
  switch (exclusion._tag) {
    case "Cooling":
      return [exclusion.because, exclusion.until]
    case "Held":
      return ["held", exclusion.until]
    case "AtCapacity":
      return ["at-capacity", undefined]
    case "LowerTier":
      return ["lower-tier", undefined]
    default:
      return [exclusion._tag.toLowerCase(), undefined]
  }
}

/** The last millisecond that the ABI's times can hold. */
const latestTime = Date.UTC(9999, 11, 31)

const viewExclusion = (exclusion: Exclusion, pool: Pool): SchedulerExcludedAuth => {
  const [reason, until] = reasonOf(exclusion)
  return {
    ID: exclusion.id,
    Priority: pool.get(exclusion.id)?.candidate.priority ?? 0,
    Reason: reason,
    Until: until === undefined ? null : new Date(Math.min(until, latestTime))
  }
}

/** What is offered to a plugin for one pick. */
export interface PluginOffer {
  /** Sorted by ID, tier by tier. */
  readonly candidates: ReadonlyArray<Candidate>
  readonly pool: Pool
  /** Whether the plugin is told who is left out, too. */
  readonly excluded: boolean
  readonly tried: ReadonlySet<string> | undefined
  /** The present, in milliseconds since the epoch. */
  readonly now: number
}

/**
 * The request of `scheduler.pick` (plugin ABI, what the plugin sees). Its empty maps and lists become `null` on the
 * wire, or are left out. Candidates are copies: a plugin cannot change the pool through them.
 */
export const makePluginView = (
  plugin: Metadata,
  request: PickRequest,
  { candidates, excluded, now, pool, tried }: PluginOffer
): SchedulerPickRequest => {
  const { attempt, callerId, selectionId, triedBefore = [] } = request
  const left = excluded ? pool.exclusions(now, { tried, limit: maxListedExclusions }) : []
  return {
    Plugin: plugin,
    Provider: request.provider,
    Providers: normaliseProviders(request.providers),
    Model: request.model,
    Stream: request.stream,
    Options: { Headers: request.headers, Metadata: request.metadata },
    Candidates: candidates.map((candidate) => viewCandidate(candidate, pool)),
    ...(attempt === undefined ? {} : { Attempt: attempt }),
    ...(triedBefore.length === 0 ? {} : { Tried: triedBefore.map(({ id, status }) => ({ ID: id, Status: status })) }),
    ...(callerId === undefined ? {} : { CallerID: callerId }),
    ...(selectionId === undefined ? {} : { SelectionID: selectionId }),
    ...(left.length === 0 ? {} : { Excluded: left.map((one) => viewExclusion(one, pool)) })
  }
}
