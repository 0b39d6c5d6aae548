import { contract } from "./contract.ts"
import { Metadata } from "./lifecycle.ts"
import { goStruct } from "./wire/go-struct.ts"
import { RequestMetadata } from "./wire/json.ts"
import { listOf, StringList } from "./wire/list.ts"
import { Headers, StrMap } from "./wire/map.ts"
import { Bool, Int, Str } from "./wire/scalar.ts"
import { type TypeOf, withWriter } from "./wire/wire-kind.ts"

/** What is known about the client's request when a credential is chosen. */
export const SchedulerOptions = goStruct({
  /** Header fields of the client's request with canonical names. */
  Headers,
  /** Metadata of the client's request, such as `requested_model` and `request_path`. */
  Metadata: RequestMetadata
})
/** What is known about the client's request when a credential is chosen. */
export type SchedulerOptions = TypeOf<typeof SchedulerOptions>

const CandidateFields = goStruct({
  /** Credential ID; the answer's `AuthID` is one of these. */
  ID: Str,
  /** Provider key, lower-case. */
  Provider: Str,
  /** Fallback tier; all candidates of one call have the same. */
  Priority: Int,
  /** `unknown`, `active`, `pending`, `refreshing`, `error` or `disabled`. */
  Status: Str,
  /** Routing attributes without secrets; see `withoutSecretKeys`. */
  Attributes: StrMap,
  /** Always empty; the slot is part of the ABI. */
  Metadata: RequestMetadata
})
/** One credential that may be chosen. */
export type SchedulerAuthCandidate = TypeOf<typeof CandidateFields>

// Every attempt of every request writes this message. Object literals have a fixed shape, which makes building and
// printing them about twice as fast as going through the fields of a structure.
const writeCandidate = (candidate: SchedulerAuthCandidate) => ({
  ID: candidate.ID,
  Provider: candidate.Provider,
  Priority: Int.toWire(candidate.Priority),
  Status: candidate.Status,
  Attributes: StrMap.toWire(candidate.Attributes),
  Metadata: RequestMetadata.toWire(candidate.Metadata)
})

/** One credential that may be chosen. */
export const SchedulerAuthCandidate = withWriter(CandidateFields, writeCandidate)

const PickFields = goStruct({
  /** The called plugin's own metadata. */
  Plugin: Metadata,
  /** Provider key for choices within one provider; empty for ordinary model requests. */
  Provider: Str,
  /** Every provider that may serve the request: lower-case, without duplicates. */
  Providers: StringList,
  /** Model as routed, with a thinking suffix if there is one; may be empty. */
  Model: Str,
  Stream: Bool,
  Options: SchedulerOptions,
  /** In byte order of their IDs; never empty when a plugin is called. */
  Candidates: listOf(SchedulerAuthCandidate)
})
/** Request of `scheduler.pick`. */
export type SchedulerPickRequest = TypeOf<typeof PickFields>

const writePick = (pick: SchedulerPickRequest) => ({
  Plugin: Metadata.toWire(pick.Plugin),
  Provider: pick.Provider,
  Providers: StringList.toWire(pick.Providers),
  Model: pick.Model,
  Stream: pick.Stream,
  Options: SchedulerOptions.toWire(pick.Options),
  Candidates: pick.Candidates.length === 0 ? null : pick.Candidates.map(writeCandidate)
})

/** Request of `scheduler.pick`. */
export const SchedulerPickRequest = withWriter(PickFields, writePick)

/** Result of `scheduler.pick`. Its fields are also read in snake_case. */
export const SchedulerPickResponse = goStruct(
  {
    /** ID of the chosen candidate; surrounding white space is ignored. */
    AuthID: Str,
    /** `round-robin` or `fill-first`: a built-in strategy shall choose. Counts only when `AuthID` is blank. */
    DelegateBuiltin: Str,
    /** False: the plugin doesn't decide, the configured strategy does. */
    Handled: Bool,
    /** None of the candidates shall serve this attempt. */
    Reject: Bool,
    /** Why, for people. */
    RejectReason: Str,
    /** Why, for programs, such as `auth_unavailable`. */
    RejectCode: Str
  },
  {
    optional: ["Reject", "RejectReason", "RejectCode"],
    otherNames: {
      auth_id: "AuthID",
      delegate_builtin: "DelegateBuiltin",
      reject_reason: "RejectReason",
      reject_code: "RejectCode"
    }
  }
)
/** Result of `scheduler.pick`. */
export type SchedulerPickResponse = TypeOf<typeof SchedulerPickResponse>

/** Chooses one credential for one attempt of a request. */
export const schedulerPick = contract("scheduler.pick", {
  request: SchedulerPickRequest,
  result: SchedulerPickResponse
})
