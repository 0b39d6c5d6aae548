import { contract } from "./contract.ts"
import { Empty } from "./empty.ts"
import { goStruct } from "./wire/go-struct.ts"
import { JsonMap } from "./wire/json.ts"
import { Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Request of `host.log`. */
export const HostLogRequest = goStruct(
  {
    /** Ties the line to the client's request that the plugin works for; empty or unknown: to none. */
    host_callback_id: Str,
    /** `trace`, `info`, `warn`, `warning` or `error`, in any case; everything else means debug. */
    level: Str,
    /** Text of the line; trimmed, and `plugin log` when blank. */
    message: Str,
    /** More fields for the line; blank names are dropped. */
    fields: JsonMap
  },
  { omittedWhenEmpty: ["host_callback_id", "level", "message", "fields"] }
)
/** Request of `host.log`. */
export type HostLogRequest = TypeOf<typeof HostLogRequest>

/** Writes a line to the host's log. */
export const hostLog = contract("host.log", { request: HostLogRequest, result: Empty })
