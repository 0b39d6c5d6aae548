import { contract } from "./contract.ts"
import { Empty } from "./empty.ts"
import { DurationNanos } from "./wire/duration.ts"
import { goStruct } from "./wire/go-struct.ts"
import { Headers } from "./wire/map.ts"
import { Bool, Int, Str } from "./wire/scalar.ts"
import { Time } from "./wire/time.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Why an attempt failed. */
export const UsageFailure = goStruct({
  StatusCode: Int,
  /** Plain text, not base64. */
  Body: Str
})
/** Why an attempt failed. */
export type UsageFailure = TypeOf<typeof UsageFailure>

/** Tokens of an attempt. */
export const UsageDetail = goStruct({
  InputTokens: Int,
  OutputTokens: Int,
  ReasoningTokens: Int,
  CachedTokens: Int,
  CacheReadTokens: Int,
  CacheCreationTokens: Int,
  TotalTokens: Int
})
/** Tokens of an attempt. */
export type UsageDetail = TypeOf<typeof UsageDetail>

/** Request of `usage.handle`. The optional fields came later than the others: a host leaves out what it does not know. */
export const UsageRecord = goStruct(
  {
    /** As in the interceptors' calls. */
    RequestID: Str,
    TraceID: Str,
    /** Upstream provider; the plugin's ID when a route sent the request to its executor. */
    Provider: Str,
    /** Address of the upstream. */
    BaseURL: Str,
    /** Name of the built-in executor; empty for a route's target. */
    ExecutorType: Str,
    Model: Str,
    /** Name that the client used, when it was an alias. */
    Alias: Str,
    /** The client's key or principal. */
    APIKey: Str,
    SessionID: Str,
    ParentSessionID: Str,
    AuthID: Str,
    AuthIndex: Str,
    /** Kind of credential. */
    AuthType: Str,
    /** Label of the account or the like. */
    Source: Str,
    ReasoningEffort: Str,
    ServiceTier: Str,
    /** Service tier that the upstream named in its response. */
    ResponseServiceTier: Str,
    /** Model that the upstream named in its response. */
    ResponseModel: Str,
    /** True unless the client asked for no generation. */
    Generate: Bool,
    Stream: Bool,
    RequestedAt: Time,
    Latency: DurationNanos,
    /** Time to the first token. */
    TTFT: DurationNanos,
    Failed: Bool,
    Failure: UsageFailure,
    Detail: UsageDetail,
    /** Some of the upstream's header fields. */
    ResponseHeaders: Headers,
    /** `SelectionID` of the pick that chose the credential; ours, the reference has a field of another name. */
    SelectionID: Str
  },
  {
    optional: [
      "RequestID",
      "TraceID",
      "BaseURL",
      "SessionID",
      "ParentSessionID",
      "ResponseServiceTier",
      "ResponseModel",
      "Stream",
      "SelectionID"
    ],
    omittedWhenEmpty: ["SelectionID"]
  }
)
/** Request of `usage.handle`. */
export type UsageRecord = TypeOf<typeof UsageRecord>

/** Tells what an attempt used. The result is not read. */
export const usageHandle = contract("usage.handle", { request: UsageRecord, result: Empty })
