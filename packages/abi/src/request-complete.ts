import { contract } from "./contract.ts"
import { Empty } from "./empty.ts"
import { scoped, scopeField } from "./scoped.ts"
import { goStruct } from "./wire/go-struct.ts"
import { RequestMetadata } from "./wire/json.ts"
import { Bool, Int, Str } from "./wire/scalar.ts"
import { Time } from "./wire/time.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** How an execution ended; `rejected` means that an interceptor ended it. */
export type RequestOutcome = "succeeded" | "failed" | "rejected" | "canceled"

/** Request of `request.complete`. */
export const RequestCompletion = goStruct(
  {
    /** As in the interceptors' calls. */
    RequestID: Str,
    TraceID: Str,
    /** The client's protocol. */
    SourceFormat: Str,
    /** Resolved model. */
    Model: Str,
    /** Model as the client sent it. */
    RequestedModel: Str,
    Stream: Bool,
    /** A `RequestOutcome`. */
    Outcome: Str,
    /** 200 for success, the error's or the interceptor's status, 0 when canceled. */
    StatusCode: Int,
    /** May be empty. */
    Error: Str,
    StartedAt: Time,
    CompletedAt: Time,
    Metadata: RequestMetadata,
    ...scopeField
  },
  scoped
)
/** Request of `request.complete`. */
export type RequestCompletion = TypeOf<typeof RequestCompletion>

/** Tells that an execution ended. */
export const requestComplete = contract("request.complete", { request: RequestCompletion, result: Empty })
