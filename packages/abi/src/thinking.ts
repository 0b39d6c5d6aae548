import { contract } from "./contract.ts"
import { Empty } from "./empty.ts"
import { IdentifierResponse } from "./identifier.ts"
import { ModelInfo } from "./model-info.ts"
import { PayloadResponse } from "./payload-response.ts"
import { scoped, scopeField } from "./scoped.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { Int, Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** A thinking setting that was read from the request and checked. */
export const ThinkingConfig = goStruct({
  /** `budget`, `level`, `none` or `auto`. */
  Mode: Str,
  /** Tokens. */
  Budget: Int,
  Level: Str
})
/** A thinking setting that was read from the request and checked. */
export type ThinkingConfig = TypeOf<typeof ThinkingConfig>

/** Request of `thinking.apply`. */
export const ThinkingApplyRequest = goStruct(
  {
    /** The plugin's identifier. */
    Provider: Str,
    /** All fields empty when the model is unknown. */
    Model: ModelInfo,
    Config: ThinkingConfig,
    /** Request body in the target format. */
    Body: Bytes,
    ...scopeField
  },
  scoped
)
/** Request of `thinking.apply`. */
export type ThinkingApplyRequest = TypeOf<typeof ThinkingApplyRequest>

/** Asks for the target format whose thinking settings the plugin writes; see `normalizeIdentifier`. */
export const thinkingIdentifier = contract("thinking.identifier", { request: Empty, result: IdentifierResponse })

/** Writes a thinking setting into a request body. */
export const thinkingApply = contract("thinking.apply", { request: ThinkingApplyRequest, result: PayloadResponse })
