import { contract } from "./contract.ts"
import { scoped, scopeField } from "./scoped.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { RequestMetadata } from "./wire/json.ts"
import { StringList } from "./wire/list.ts"
import { Headers } from "./wire/map.ts"
import { Bool, Int, Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Request of `request.intercept_before` and `request.intercept_after`. */
export const RequestInterceptRequest = goStruct(
  {
    /** UUID of this execution, the same in all of its hooks. */
    RequestID: Str,
    /** ID of the client's HTTP request; may be empty. */
    TraceID: Str,
    /** The client's protocol. */
    SourceFormat: Str,
    /** The upstream's protocol; empty in `request.intercept_before`. */
    ToFormat: Str,
    /** Resolved model; in `request.intercept_after` the upstream model of this attempt. */
    Model: Str,
    /** Model as the client sent it. */
    RequestedModel: Str,
    Stream: Bool,
    Headers,
    /** Body in the client's protocol; none for plugins that can do without, see `interceptorGetsBody`. */
    Body: Bytes,
    Metadata: RequestMetadata,
    ...scopeField
  },
  scoped
)
/** Request of `request.intercept_before` and `request.intercept_after`. */
export type RequestInterceptRequest = TypeOf<typeof RequestInterceptRequest>

/** Result of `request.intercept_before` and `request.intercept_after`. */
export const RequestInterceptResponse = goStruct({
  /** Replace fields of the same name; see `applyHeaderChanges`. */
  Headers,
  /** Replaces the body, unless empty. */
  Body: Bytes,
  /** Removed before `Headers` are set. */
  ClearHeaders: StringList,
  /** Answer the client now; nothing is sent upstream. */
  Terminate: Bool,
  /** Of that answer; see `terminationStatus`. */
  StatusCode: Int,
  /** Of that answer. */
  ResponseHeaders: Headers,
  /** Of that answer, sent as it is. */
  ResponseBody: Bytes
})
/** Result of `request.intercept_before` and `request.intercept_after`. */
export type RequestInterceptResponse = TypeOf<typeof RequestInterceptResponse>

/** Sees, changes or ends a request, once, before a credential is chosen. */
export const requestInterceptBefore = contract("request.intercept_before", {
  request: RequestInterceptRequest,
  result: RequestInterceptResponse
})

/** Sees, changes or ends a request before each attempt, once its credential is chosen. */
export const requestInterceptAfter = contract("request.intercept_after", {
  request: RequestInterceptRequest,
  result: RequestInterceptResponse
})
