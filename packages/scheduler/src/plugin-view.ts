import { withoutSecretKeys } from "@cliproxy/abi"
import type { Metadata, SchedulerAuthCandidate, SchedulerPickRequest } from "@cliproxy/abi"
import type { Candidate } from "./candidate.ts"
import { trimSpace } from "./trim-space.ts"

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
}

/** Provider keys as a plugin sees them: trimmed, lower-case, in order, without repeats, blanks and `mixed`. */
export const normaliseProviders = (providers: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set(providers.map((provider) => trimSpace(provider).toLowerCase()))].filter(
    (provider) => provider !== "" && provider !== "mixed"
  )

const viewCandidate = (candidate: Candidate): SchedulerAuthCandidate => ({
  ID: candidate.id,
  Provider: candidate.provider.toLowerCase(),
  Priority: candidate.priority,
  Status: "active",
  Attributes: withoutSecretKeys(candidate.attributes),
  Metadata: {}
})

/**
 * The request of `scheduler.pick` (plugin ABI, what the plugin sees). `candidates` are the ones on offer, sorted by ID.
 * Its empty maps and lists become `null` on the wire. Candidates are copies: a plugin cannot change the pool through them.
 */
export const makePluginView = (
  plugin: Metadata,
  request: PickRequest,
  candidates: ReadonlyArray<Candidate>
): SchedulerPickRequest => ({
  Plugin: plugin,
  Provider: request.provider,
  Providers: normaliseProviders(request.providers),
  Model: request.model,
  Stream: request.stream,
  Options: { Headers: request.headers, Metadata: request.metadata },
  Candidates: candidates.map(viewCandidate)
})
