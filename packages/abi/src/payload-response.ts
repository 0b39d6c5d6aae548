import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Result of methods that rewrite a body: translators, normalizers and `thinking.apply`. */
export const PayloadResponse = goStruct({
  /** The new body. Empty: unchanged, or for translators "not mine". */
  Body: Bytes
})
/** Result of methods that rewrite a body. */
export type PayloadResponse = TypeOf<typeof PayloadResponse>
