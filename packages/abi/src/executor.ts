import { contract } from "./contract.ts"
import { Empty } from "./empty.ts"
import { IdentifierResponse } from "./identifier.ts"
import { scoped, scopeField } from "./scoped.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { JsonMap, RequestMetadata } from "./wire/json.ts"
import { listOf } from "./wire/list.ts"
import { Headers, Query, StrMap } from "./wire/map.ts"
import { Bool, Int, Null, Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

const execution = {
  /** Credential; empty when a route sent the request to the plugin. */
  AuthID: Str,
  /** Its provider; empty when a route sent the request to the plugin. */
  AuthProvider: Str,
  /** Upstream model; may carry a thinking suffix. */
  Model: Str,
  /** Format to answer in. */
  Format: Str,
  /** True for `executor.execute_stream` only. */
  Stream: Bool,
  /** Variant of the client's route, such as `responses/compact`. */
  Alt: Str,
  /** The client's header fields after interceptors. */
  Headers,
  Query,
  /** The client's body after interceptors, before translation. */
  OriginalRequest: Bytes,
  /** Format of `Payload`. */
  SourceFormat: Str,
  Payload: Bytes,
  Metadata: RequestMetadata,
  /** Stored JSON of the credential. */
  StorageJSON: Bytes,
  /** The credential's metadata, as stored. */
  AuthMetadata: JsonMap,
  /** The credential's attributes, with those that look secret. */
  AuthAttributes: StrMap
} as const

/** Request of `executor.execute` and `executor.count_tokens`. */
export const ExecutorRequest = goStruct({ ...execution, ...scopeField }, scoped)
/** Request of `executor.execute` and `executor.count_tokens`. */
export type ExecutorRequest = TypeOf<typeof ExecutorRequest>

/** Request of `executor.execute_stream`. */
export const ExecutorStreamRequest = goStruct(
  {
    ...execution,
    /** Handle for `host.stream.emit` and `host.stream.close`. */
    stream_id: Str,
    ...scopeField
  },
  { omittedWhenEmpty: ["stream_id", "host_callback_id"] }
)
/** Request of `executor.execute_stream`. */
export type ExecutorStreamRequest = TypeOf<typeof ExecutorStreamRequest>

/** Result of `executor.execute` and `executor.count_tokens`. */
export const ExecutorResponse = goStruct({
  /** Body in the request's `Format`. */
  Payload: Bytes,
  /** The upstream's header fields. */
  Headers,
  /** Kept with the response inside the host. */
  Metadata: JsonMap
})
/** Result of `executor.execute` and `executor.count_tokens`. */
export type ExecutorResponse = TypeOf<typeof ExecutorResponse>

/** One chunk of a stream that is in the result. */
export const ExecutorStreamChunk = goStruct({
  /** In the request's `Format`; empty ones are skipped. */
  Payload: Bytes,
  /** Must stay empty: errors of a stream go through `host.stream.emit` or `host.stream.close`. */
  Err: Null
})
/** One chunk of a stream that is in the result. */
export type ExecutorStreamChunk = TypeOf<typeof ExecutorStreamChunk>

/** Result of `executor.execute_stream`. */
export const ExecutorStreamResponse = goStruct(
  {
    headers: Headers,
    /** The whole stream. Empty: the plugin emits it by `stream_id` instead. */
    chunks: listOf(ExecutorStreamChunk)
  },
  { omittedWhenEmpty: ["headers", "chunks"] }
)
/** Result of `executor.execute_stream`. */
export type ExecutorStreamResponse = TypeOf<typeof ExecutorStreamResponse>

/** Request of `executor.http_request`. */
export const ExecutorHTTPRequest = goStruct(
  {
    AuthID: Str,
    AuthProvider: Str,
    Method: Str,
    /** Absolute. */
    URL: Str,
    Headers,
    Body: Bytes,
    /** Stored JSON of the credential. */
    StorageJSON: Bytes,
    /** The credential's metadata, as stored. */
    Metadata: JsonMap,
    /** The credential's attributes, with those that look secret. */
    Attributes: StrMap,
    ...scopeField
  },
  scoped
)
/** Request of `executor.http_request`. */
export type ExecutorHTTPRequest = TypeOf<typeof ExecutorHTTPRequest>

/** Result of `executor.http_request`. */
export const ExecutorHTTPResponse = goStruct({
  /** 0 means 200; see `statusOrOk`. */
  StatusCode: Int,
  Headers,
  Body: Bytes
})
/** Result of `executor.http_request`. */
export type ExecutorHTTPResponse = TypeOf<typeof ExecutorHTTPResponse>

/** Asks for the provider key that the executor serves; see `normalizeIdentifier`. */
export const executorIdentifier = contract("executor.identifier", { request: Empty, result: IdentifierResponse })

/** One upstream request. */
export const executorExecute = contract("executor.execute", { request: ExecutorRequest, result: ExecutorResponse })

/** One upstream request whose response is a stream. */
export const executorExecuteStream = contract("executor.execute_stream", {
  request: ExecutorStreamRequest,
  result: ExecutorStreamResponse
})

/** Counts the tokens of a request. */
export const executorCountTokens = contract("executor.count_tokens", {
  request: ExecutorRequest,
  result: ExecutorResponse
})

/** Signs an HTTP request with a credential and sends it. */
export const executorHttpRequest = contract("executor.http_request", {
  request: ExecutorHTTPRequest,
  result: ExecutorHTTPResponse
})
