import { contract } from "./contract.ts"
import { Empty } from "./empty.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Request of `host.stream.emit`. */
export const StreamEmitRequest = goStruct(
  {
    /** Handle from `executor.execute_stream`. */
    stream_id: Str,
    payload: Bytes,
    /** Not empty: the client's stream ends with this error. The handle stays open. */
    error: Str
  },
  { omittedWhenEmpty: ["payload", "error"] }
)
/** Request of `host.stream.emit`. */
export type StreamEmitRequest = TypeOf<typeof StreamEmitRequest>

/** Request of `host.stream.close`. */
export const StreamCloseRequest = goStruct(
  {
    /** Handle from `executor.execute_stream`. */
    stream_id: Str,
    /** Not empty: the client's stream ends with this error, after all that was emitted. */
    error: Str
  },
  { omittedWhenEmpty: ["error"] }
)
/** Request of `host.stream.close`. */
export type StreamCloseRequest = TypeOf<typeof StreamCloseRequest>

/** Adds a chunk to the stream of an execution; waits while 16 chunks are waiting. */
export const hostStreamEmit = contract("host.stream.emit", { request: StreamEmitRequest, result: Empty })

/** Ends the stream of an execution. Works for every handle, also for unknown ones. */
export const hostStreamClose = contract("host.stream.close", { request: StreamCloseRequest, result: Empty })
