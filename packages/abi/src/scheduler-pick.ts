import { contract } from "./contract.ts"
import { Metadata } from "./lifecycle.ts"
import { goStruct } from "./wire/go-struct.ts"
import { RequestMetadata } from "./wire/json.ts"
import { listOf, StringList } from "./wire/list.ts"
import { Headers, StrMap } from "./wire/map.ts"
import { headersText, metadataText, stringsText, strMapText, textOf } from "./wire/map-text.ts"
import { nullable } from "./wire/nullable.ts"
import { Bool, Int, Str } from "./wire/scalar.ts"
import { Time } from "./wire/time.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** What is known about the client's request when a credential is chosen. */
export const SchedulerOptions = goStruct({
  /** Header fields of the client's request with canonical names. */
  Headers,
  /** Metadata of the client's request, such as `requested_model` and `request_path`. */
  Metadata: RequestMetadata
})
/** What is known about the client's request when a credential is chosen. */
export type SchedulerOptions = TypeOf<typeof SchedulerOptions>

/** One credential that may be chosen. */
export const SchedulerAuthCandidate = goStruct(
  {
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
    Metadata: RequestMetadata,
    /** Share that the operator wants it to have, relative to the others; left out for 0. */
    Weight: Int,
    /** Requests under way with it, over all models; left out for 0. */
    InFlight: Int,
    /** When an attempt with it last succeeded; left out when none is known of. */
    LastSuccess: nullable(Time)
  },
  {
    optional: ["Weight", "InFlight", "LastSuccess"],
    omittedWhenEmpty: ["Weight", "InFlight", "LastSuccess"]
  }
)
/** One credential that may be chosen. */
export type SchedulerAuthCandidate = TypeOf<typeof SchedulerAuthCandidate>

/** A credential that this request was tried with before. */
export const SchedulerTriedAuth = goStruct({
  /** Credential ID. */
  ID: Str,
  /** HTTP status of the provider's answer; 0 when there was none. */
  Status: Int
})
/** A credential that this request was tried with before. */
export type SchedulerTriedAuth = TypeOf<typeof SchedulerTriedAuth>

/** A credential of the route that cannot be chosen now. */
export const SchedulerExcludedAuth = goStruct({
  /** Credential ID. */
  ID: Str,
  /** Fallback tier. */
  Priority: Int,
  /** `disabled`, `tried`, `rate-limited`, `rejected`, `model-missing`, `upstream-failed`, `unreachable`, `probing`, ... */
  Reason: Str,
  /** When the reason ends; `null` when no time is known. */
  Until: nullable(Time)
})
/** A credential of the route that cannot be chosen now. */
export type SchedulerExcludedAuth = TypeOf<typeof SchedulerExcludedAuth>

/** Request of `scheduler.pick`. */
export const SchedulerPickRequest = goStruct(
  {
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
    Candidates: listOf(SchedulerAuthCandidate),
    /** Number of this attempt of the request, from 1. */
    Attempt: Int,
    /** Whom the request was tried with before, in order. */
    Tried: listOf(SchedulerTriedAuth),
    /** Tells callers apart: a hash of the client's key. Left out for a client without one. */
    CallerID: Str,
    /** Names this selection; usage records and completions of the attempt carry it, too. */
    SelectionID: Str,
    /** Who cannot be chosen and why, some of them; only for plugins that are shown all tiers. */
    Excluded: listOf(SchedulerExcludedAuth)
  },
  {
    optional: ["Attempt", "Tried", "CallerID", "SelectionID", "Excluded"],
    omittedWhenEmpty: ["Attempt", "Tried", "CallerID", "SelectionID", "Excluded"]
  }
)
/** Request of `scheduler.pick`. */
export type SchedulerPickRequest = TypeOf<typeof SchedulerPickRequest>

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
    RejectCode: Str,
    /** IDs of candidates, the best first, in place of `AuthID`: the first one that can still serve is used. */
    AuthIDs: StringList
  },
  {
    optional: ["Reject", "RejectReason", "RejectCode", "AuthIDs"],
    otherNames: {
      auth_id: "AuthID",
      auth_ids: "AuthIDs",
      delegate_builtin: "DelegateBuiltin",
      reject_reason: "RejectReason",
      reject_code: "RejectCode"
    }
  }
)
/** Result of `scheduler.pick`. */
export type SchedulerPickResponse = TypeOf<typeof SchedulerPickResponse>

/** By the object: they are never changed, and the same few are written again and again. */
const writtenOnce = <T extends object>(write: (value: T) => string): ((value: T) => string) => {
  const texts = new WeakMap<T, string>()
  return (value) => {
    let text = texts.get(value)
    if (text === undefined) texts.set(value, (text = write(value)))
    return text
  }
}

const intText = (value: number): string => JSON.stringify(Int.toWire(value))
const pluginText = writtenOnce((plugin: Metadata) => JSON.stringify(Metadata.toWire(plugin)))
const attributesText = writtenOnce(strMapText)

const candidateText = (candidate: SchedulerAuthCandidate): string => {
  const { InFlight = 0, LastSuccess = null, Weight = 0 } = candidate
  const always =
    `{"ID":${textOf(candidate.ID)},"Provider":${textOf(candidate.Provider)},` +
    `"Priority":${intText(candidate.Priority)},"Status":${textOf(candidate.Status)},` +
    `"Attributes":${attributesText(candidate.Attributes)},"Metadata":${metadataText(candidate.Metadata)}`
  const weight = Weight === 0 ? "" : `,"Weight":${intText(Weight)}`
  const inFlight = InFlight === 0 ? "" : `,"InFlight":${intText(InFlight)}`
  const lastSuccess = LastSuccess === null ? "" : `,"LastSuccess":${JSON.stringify(Time.toWire(LastSuccess))}`
  return `${always}${weight}${inFlight}${lastSuccess}}`
}

const Tried = listOf(SchedulerTriedAuth)
const Excluded = listOf(SchedulerExcludedAuth)

/** The whole request. Most of it comes again with each attempt, and each attempt of each request writes it. */
const pickText = (pick: SchedulerPickRequest): string => {
  const {
    Attempt = 0,
    CallerID = "",
    Candidates,
    Excluded: excluded = [],
    Options,
    SelectionID = "",
    Tried: tried = []
  } = pick
  const always =
    `{"Plugin":${pluginText(pick.Plugin)},"Provider":${textOf(pick.Provider)},` +
    `"Providers":${stringsText(pick.Providers)},"Model":${textOf(pick.Model)},"Stream":${JSON.stringify(Bool.toWire(pick.Stream))},` +
    `"Options":{"Headers":${headersText(Options.Headers)},"Metadata":${metadataText(Options.Metadata)}},` +
    `"Candidates":${Candidates.length === 0 ? "null" : `[${Candidates.map(candidateText).join()}]`}`
  const attempt = Attempt === 0 ? "" : `,"Attempt":${intText(Attempt)}`
  const before = tried.length === 0 ? "" : `,"Tried":${JSON.stringify(Tried.toWire(tried))}`
  const caller = CallerID === "" ? "" : `,"CallerID":${textOf(CallerID)}`
  const selection = SelectionID === "" ? "" : `,"SelectionID":${textOf(SelectionID)}`
  const left = excluded.length === 0 ? "" : `,"Excluded":${JSON.stringify(Excluded.toWire(excluded))}`
  return `${always}${attempt}${before}${caller}${selection}${left}}`
}

/** Chooses one credential for one attempt of a request. */
export const schedulerPick = contract("scheduler.pick", {
  request: SchedulerPickRequest,
  result: SchedulerPickResponse,
  requestText: pickText
})
