import { contract } from "./contract.ts"
import { Empty } from "./empty.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { Headers, Query } from "./wire/map.ts"
import { Bool, Int, Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Request of `host.model.execute` and `host.model.execute_stream`. */
export const HostModelExecutionRequest = goStruct(
  {
    /** Protocol of `body`. */
    entry_protocol: Str,
    /** Protocol of the answer; blank: that of `body`. */
    exit_protocol: Str,
    model: Str,
    /** True for `host.model.execute_stream`, false for `host.model.execute`. */
    stream: Bool,
    body: Bytes,
    /** Empty: those of the client's request that the plugin works for. */
    headers: Headers,
    /** Empty: that of the client's request that the plugin works for. */
    query: Query,
    /** Variant of the route, such as `responses/compact`. */
    alt: Str,
    /** Provider that must serve it. A later addition, like the next three. */
    forced_provider: Str,
    /** Credential that must serve it. */
    auth_id: Str,
    /** Proxy to use for it. */
    proxy_url: Str,
    /** Upstream path. */
    path: Str,
    /** Ties the execution to the client's request that the plugin works for. */
    host_callback_id: Str
  },
  {
    omittedWhenEmpty: ["forced_provider", "auth_id", "proxy_url", "path", "host_callback_id"],
    optional: ["forced_provider", "auth_id", "proxy_url", "path"]
  }
)
/** Request of `host.model.execute` and `host.model.execute_stream`. */
export type HostModelExecutionRequest = TypeOf<typeof HostModelExecutionRequest>

/** Result of `host.model.execute`. */
export const HostModelExecutionResponse = goStruct({
  /** 200. */
  status_code: Int,
  headers: Headers,
  body: Bytes
})
/** Result of `host.model.execute`. */
export type HostModelExecutionResponse = TypeOf<typeof HostModelExecutionResponse>

/** Result of `host.model.execute_stream`. */
export const HostModelStreamResponse = goStruct({
  /** 200. */
  status_code: Int,
  headers: Headers,
  /** Handle for `host.model.stream_read` and `host.model.stream_close`. */
  stream_id: Str
})
/** Result of `host.model.execute_stream`. */
export type HostModelStreamResponse = TypeOf<typeof HostModelStreamResponse>

/** Request of `host.model.stream_read`. */
export const HostModelStreamReadRequest = goStruct({ stream_id: Str })
/** Request of `host.model.stream_read`. */
export type HostModelStreamReadRequest = TypeOf<typeof HostModelStreamReadRequest>

/** Result of `host.model.stream_read`. */
export const HostModelStreamReadResponse = goStruct({
  /** One chunk in the exit protocol. */
  payload: Bytes,
  /** Why the stream failed. */
  error: Str,
  /** The stream has ended or failed, or the handle is unknown. */
  done: Bool
})
/** Result of `host.model.stream_read`. */
export type HostModelStreamReadResponse = TypeOf<typeof HostModelStreamReadResponse>

/** Request of `host.model.stream_close`. */
export const HostModelStreamCloseRequest = goStruct({ stream_id: Str })
/** Request of `host.model.stream_close`. */
export type HostModelStreamCloseRequest = TypeOf<typeof HostModelStreamCloseRequest>

/** Runs a request through the host as if a client had sent it, and waits for the answer. */
export const hostModelExecute = contract("host.model.execute", {
  request: HostModelExecutionRequest,
  result: HostModelExecutionResponse
})

/** Runs a streaming request through the host as if a client had sent it, and waits for the first chunk. */
export const hostModelExecuteStream = contract("host.model.execute_stream", {
  request: HostModelExecutionRequest,
  result: HostModelStreamResponse
})

/** Waits for the next chunk of a nested execution. */
export const hostModelStreamRead = contract("host.model.stream_read", {
  request: HostModelStreamReadRequest,
  result: HostModelStreamReadResponse
})

/** Cancels a nested execution. Works for every handle, also for unknown ones. */
export const hostModelStreamClose = contract("host.model.stream_close", {
  request: HostModelStreamCloseRequest,
  result: Empty
})
