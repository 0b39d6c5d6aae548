import { contract } from "./contract.ts"
import { PayloadResponse } from "./payload-response.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { Bool, Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Request of `request.translate` and `request.normalize`. */
export const RequestTransformRequest = goStruct({
  /** The client's protocol. */
  FromFormat: Str,
  /** The upstream's protocol. */
  ToFormat: Str,
  /** Upstream model. */
  Model: Str,
  Stream: Bool,
  Body: Bytes
})
/** Request of `request.translate` and `request.normalize`. */
export type RequestTransformRequest = TypeOf<typeof RequestTransformRequest>

/** Turns a request into another protocol, where the host cannot. */
export const requestTranslate = contract("request.translate", {
  request: RequestTransformRequest,
  result: PayloadResponse
})

/** Rewrites a request: after the host's own translation, or before `request.translate` where there is none. */
export const requestNormalize = contract("request.normalize", {
  request: RequestTransformRequest,
  result: PayloadResponse
})
