import { contract } from "./contract.ts"
import { Empty } from "./empty.ts"
import { trimSpace } from "./trim-space.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { listOf } from "./wire/list.ts"
import { Headers } from "./wire/map.ts"
import { nullable } from "./wire/nullable.ts"
import { Bool, Int, Null, Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

const exchange = {
  /** Blank: `GET`. */
  method: Str,
  /** Absolute. */
  url: Str,
  /** Sent as given. */
  headers: Headers,
  body: Bytes
} as const

/** The HTTP request, when a plugin nests it. */
export const HostHTTPNestedRequest = goStruct(exchange, { omittedWhenEmpty: ["method", "url", "headers", "body"] })
/** The HTTP request, when a plugin nests it. */
export type HostHTTPNestedRequest = TypeOf<typeof HostHTTPNestedRequest>

/** Request of `host.http.do` and `host.http.do_stream`; see `httpRequestOf`. */
export const HostHTTPRequest = goStruct(
  {
    /** Not read. */
    http_client_id: Str,
    /** Ties the exchange to the client's request that the plugin works for. */
    host_callback_id: Str,
    /** Handle of `host.http.operation_open`, by which the exchange can be given up. */
    operation_id: Str,
    ...exchange,
    /** Counts instead of the four fields above, when it is there. */
    request: nullable(HostHTTPNestedRequest)
  },
  {
    omittedWhenEmpty: [
      "http_client_id",
      "host_callback_id",
      "operation_id",
      "method",
      "url",
      "headers",
      "body",
      "request"
    ],
    optional: ["operation_id"]
  }
)
/** Request of `host.http.do` and `host.http.do_stream`. */
export type HostHTTPRequest = TypeOf<typeof HostHTTPRequest>

/** The HTTP request that a plugin wants sent, with the default for its method. */
export const httpRequestOf = (request: HostHTTPRequest): HostHTTPNestedRequest => {
  const { method, url, headers, body } = request.request ?? request
  return { method: trimSpace(method) || "GET", url, headers, body }
}

/** Result of `host.http.do`. In PascalCase, unlike all other results of host methods. */
export const HostHTTPResponse = goStruct({
  /** The upstream's, whatever it is. */
  StatusCode: Int,
  Headers,
  Body: Bytes
})
/** Result of `host.http.do`. */
export type HostHTTPResponse = TypeOf<typeof HostHTTPResponse>

/** One chunk of a response. Hosts never send one; the slot is part of the ABI. */
export const HTTPStreamChunk = goStruct({ Payload: Bytes, Err: Null })
/** One chunk of a response. */
export type HTTPStreamChunk = TypeOf<typeof HTTPStreamChunk>

/** Result of `host.http.do_stream`. */
export const HostHTTPStreamResponse = goStruct(
  {
    /** The upstream's, whatever it is. */
    status_code: Int,
    headers: Headers,
    /** Handle for `host.http.stream_read` and `host.http.stream_close`. */
    stream_id: Str,
    /** Always empty. */
    chunks: listOf(HTTPStreamChunk)
  },
  { omittedWhenEmpty: ["headers", "stream_id", "chunks"] }
)
/** Result of `host.http.do_stream`. */
export type HostHTTPStreamResponse = TypeOf<typeof HostHTTPStreamResponse>

/** Request of `host.http.operation_open`. */
export const HostHTTPOperationOpenRequest = goStruct(
  { host_callback_id: Str },
  { omittedWhenEmpty: ["host_callback_id"] }
)
/** Request of `host.http.operation_open`. */
export type HostHTTPOperationOpenRequest = TypeOf<typeof HostHTTPOperationOpenRequest>

/** Result of `host.http.operation_open`. */
export const HostHTTPOperationOpenResponse = goStruct({
  /** For one exchange, and for `host.http.cancel`. */
  operation_id: Str
})
/** Result of `host.http.operation_open`. */
export type HostHTTPOperationOpenResponse = TypeOf<typeof HostHTTPOperationOpenResponse>

/** Request of `host.http.cancel`. */
export const HostHTTPCancelRequest = goStruct(
  { host_callback_id: Str, operation_id: Str },
  { omittedWhenEmpty: ["host_callback_id"] }
)
/** Request of `host.http.cancel`. */
export type HostHTTPCancelRequest = TypeOf<typeof HostHTTPCancelRequest>

/** Request of `host.http.stream_read`. */
export const HostHTTPStreamReadRequest = goStruct({ stream_id: Str })
/** Request of `host.http.stream_read`. */
export type HostHTTPStreamReadRequest = TypeOf<typeof HostHTTPStreamReadRequest>

/** Result of `host.http.stream_read`. */
export const HostHTTPStreamReadResponse = goStruct(
  {
    /** Up to 32 KiB of the body as they came, not cut at lines or events. */
    payload: Bytes,
    /** Why the stream failed. */
    error: Str,
    /** No more data; the handle is gone. */
    done: Bool
  },
  { omittedWhenEmpty: ["payload", "error", "done"] }
)
/** Result of `host.http.stream_read`. */
export type HostHTTPStreamReadResponse = TypeOf<typeof HostHTTPStreamReadResponse>

/** Request of `host.http.stream_close`. */
export const HostHTTPStreamCloseRequest = goStruct({ stream_id: Str })
/** Request of `host.http.stream_close`. */
export type HostHTTPStreamCloseRequest = TypeOf<typeof HostHTTPStreamCloseRequest>

/** Sends an HTTP request and waits for the whole response. */
export const hostHttpDo = contract("host.http.do", { request: HostHTTPRequest, result: HostHTTPResponse })

/** Sends an HTTP request and waits for the head of the response. */
export const hostHttpDoStream = contract("host.http.do_stream", {
  request: HostHTTPRequest,
  result: HostHTTPStreamResponse
})

/** Gives a handle for an exchange that does not exist yet, so that it can be given up while it is waited for. */
export const hostHttpOperationOpen = contract("host.http.operation_open", {
  request: HostHTTPOperationOpenRequest,
  result: HostHTTPOperationOpenResponse
})

/** Gives an exchange up. Works for every handle, also for unknown ones. */
export const hostHttpCancel = contract("host.http.cancel", { request: HostHTTPCancelRequest, result: Empty })

/** Waits for more of a response's body. */
export const hostHttpStreamRead = contract("host.http.stream_read", {
  request: HostHTTPStreamReadRequest,
  result: HostHTTPStreamReadResponse
})

/** Ends the reading of a response's body. Works for every handle, also for unknown ones. */
export const hostHttpStreamClose = contract("host.http.stream_close", {
  request: HostHTTPStreamCloseRequest,
  result: Empty
})
