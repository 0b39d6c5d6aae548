import { contract } from "./contract.ts"
import { PayloadResponse } from "./payload-response.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { Bool, Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Request of `response.translate`, `response.normalize_before` and `response.normalize_after`. */
export const ResponseTransformRequest = goStruct({
  /** The upstream's protocol. */
  FromFormat: Str,
  /** The client's protocol. */
  ToFormat: Str,
  /** Upstream model. */
  Model: Str,
  /** The body is one frame of a stream. */
  Stream: Bool,
  /** The client's request body. */
  OriginalRequest: Bytes,
  /** The request body as it was sent upstream. */
  TranslatedRequest: Bytes,
  Body: Bytes
})
/** Request of `response.translate`, `response.normalize_before` and `response.normalize_after`. */
export type ResponseTransformRequest = TypeOf<typeof ResponseTransformRequest>

/** Turns a response or one frame of a stream into another protocol, where the host cannot. */
export const responseTranslate = contract("response.translate", {
  request: ResponseTransformRequest,
  result: PayloadResponse
})

/** Rewrites the upstream's body before translation. */
export const responseNormalizeBefore = contract("response.normalize_before", {
  request: ResponseTransformRequest,
  result: PayloadResponse
})

/** Rewrites the client's body after translation. */
export const responseNormalizeAfter = contract("response.normalize_after", {
  request: ResponseTransformRequest,
  result: PayloadResponse
})
