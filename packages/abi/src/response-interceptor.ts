import { contract } from "./contract.ts"
import { scoped, scopeField } from "./scoped.ts"
import { Bytes, BytesList } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { RequestMetadata } from "./wire/json.ts"
import { StringList } from "./wire/list.ts"
import { Headers } from "./wire/map.ts"
import { Bool, Int, Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** `ChunkIndex` of the first call for a stream, which has no body and may set header fields. */
export const STREAM_START_INDEX = -1

/** Request of `response.intercept_after`. */
export const ResponseInterceptRequest = goStruct(
  {
    /** As in the request interceptors' calls. */
    RequestID: Str,
    /** Protocol of the response. */
    SourceFormat: Str,
    Model: Str,
    RequestedModel: Str,
    /** Always false. */
    Stream: Bool,
    /** As executed. */
    RequestHeaders: Headers,
    /** The upstream's, as earlier plugins left them. */
    ResponseHeaders: Headers,
    /** The client's body after interceptors. */
    OriginalRequest: Bytes,
    /** The body as executed. */
    RequestBody: Bytes,
    /** The response so far, in the client's protocol. */
    Body: Bytes,
    /** 200. */
    StatusCode: Int,
    Metadata: RequestMetadata,
    ...scopeField
  },
  scoped
)
/** Request of `response.intercept_after`. */
export type ResponseInterceptRequest = TypeOf<typeof ResponseInterceptRequest>

const change = {
  /** Replace fields of the same name; see `applyHeaderChanges`. */
  Headers,
  /** Replaces the body, unless empty. */
  Body: Bytes,
  /** Removed before `Headers` are set. */
  ClearHeaders: StringList
} as const

/** Result of `response.intercept_after`. */
export const ResponseInterceptResponse = goStruct(change)
/** Result of `response.intercept_after`. */
export type ResponseInterceptResponse = TypeOf<typeof ResponseInterceptResponse>

/** Request of `response.intercept_stream_chunk`. */
export const StreamChunkInterceptRequest = goStruct(
  {
    /** As in the request interceptors' calls. */
    RequestID: Str,
    /** Protocol of the chunks. */
    SourceFormat: Str,
    Model: Str,
    RequestedModel: Str,
    /** As executed. */
    RequestHeaders: Headers,
    /** The stream's, as earlier plugins left them. */
    ResponseHeaders: Headers,
    /** The client's body after interceptors; see `streamChunkBodiesFor`. */
    OriginalRequest: Bytes,
    /** The body as executed; see `streamChunkBodiesFor`. */
    RequestBody: Bytes,
    /** The chunk so far, in the client's protocol; none at `STREAM_START_INDEX`. */
    Body: Bytes,
    /** Chunks delivered so far, at most the last 64 and 1 MiB together; see `streamChunkBodiesFor`. */
    HistoryChunks: BytesList,
    /** `STREAM_START_INDEX`, then 0, 1, 2, ... */
    ChunkIndex: Int,
    Metadata: RequestMetadata,
    ...scopeField
  },
  scoped
)
/** Request of `response.intercept_stream_chunk`. */
export type StreamChunkInterceptRequest = TypeOf<typeof StreamChunkInterceptRequest>

/** Result of `response.intercept_stream_chunk`. */
export const StreamChunkInterceptResponse = goStruct({
  ...change,
  /** The client does not get this chunk, and no further plugin sees it. */
  DropChunk: Bool
})
/** Result of `response.intercept_stream_chunk`. */
export type StreamChunkInterceptResponse = TypeOf<typeof StreamChunkInterceptResponse>

/** Sees and changes a whole response. */
export const responseInterceptAfter = contract("response.intercept_after", {
  request: ResponseInterceptRequest,
  result: ResponseInterceptResponse
})

/** Sees, changes or drops each chunk of a stream. */
export const responseInterceptStreamChunk = contract("response.intercept_stream_chunk", {
  request: StreamChunkInterceptRequest,
  result: StreamChunkInterceptResponse
})
