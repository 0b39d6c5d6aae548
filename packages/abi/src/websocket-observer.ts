import { contract } from "./contract.ts"
import { Empty } from "./empty.ts"
import { scoped, scopeField } from "./scoped.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { RequestMetadata } from "./wire/json.ts"
import { Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Request of `websocket.response_event`. */
export const WebSocketResponseEvent = goStruct(
  {
    /** As in the interceptors' calls. */
    RequestID: Str,
    TraceID: Str,
    /** The client's protocol. */
    SourceFormat: Str,
    Model: Str,
    /** Model as the client sent it. */
    RequestedModel: Str,
    Provider: Str,
    AuthID: Str,
    AuthLabel: Str,
    /** Kind of credential. */
    AuthType: Str,
    /** `type` of the event, such as `codex.rate_limits`. */
    EventType: Str,
    /** The event as the upstream sent it. */
    Payload: Bytes,
    Metadata: RequestMetadata,
    ...scopeField
  },
  scoped
)
/** Request of `websocket.response_event`. */
export type WebSocketResponseEvent = TypeOf<typeof WebSocketResponseEvent>

/** Shows an event that an upstream sent over a websocket. */
export const websocketResponseEvent = contract("websocket.response_event", {
  request: WebSocketResponseEvent,
  result: Empty
})
