import { trimSpace } from "./trim-space.ts"
import { goStruct } from "./wire/go-struct.ts"
import { Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Result of every `*.identifier` method: the key that the plugin owns. */
export const IdentifierResponse = goStruct({
  /** Provider key; for `frontend_auth` a name, for `thinking` a format. Blank: the plugin owns nothing. */
  identifier: Str
})
/** Result of every `*.identifier` method. */
export type IdentifierResponse = TypeOf<typeof IdentifierResponse>

/**
 * The form in which provider keys and format names are compared: without white space at the ends, in lower case.
 * Names of `frontend_auth.identifier` are trimmed only. Empty: the plugin owns nothing.
 */
export const normalizeIdentifier = (identifier: string): string => trimSpace(identifier).toLowerCase()
