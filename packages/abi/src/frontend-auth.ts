import { contract } from "./contract.ts"
import { Empty } from "./empty.ts"
import { IdentifierResponse } from "./identifier.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { Headers, Query, StrMap } from "./wire/map.ts"
import { Bool, Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Request of `frontend_auth.authenticate`. */
export const FrontendAuthRequest = goStruct({
  Method: Str,
  Path: Str,
  Headers,
  Query,
  /** The whole body; none for plugins that can do without, see `frontendAuthGetsBody`. */
  Body: Bytes
})
/** Request of `frontend_auth.authenticate`. */
export type FrontendAuthRequest = TypeOf<typeof FrontendAuthRequest>

/** Result of `frontend_auth.authenticate`. */
export const FrontendAuthResponse = goStruct({
  /** False: not the plugin's client, the next provider is asked. */
  Authenticated: Bool,
  /** Stands for the client from here on. */
  Principal: Str,
  /** Kept with the request. */
  Metadata: StrMap
})
/** Result of `frontend_auth.authenticate`. */
export type FrontendAuthResponse = TypeOf<typeof FrontendAuthResponse>

/** Asks for the name of the plugin's way to authenticate clients. It is trimmed, and blank means none. */
export const frontendAuthIdentifier = contract("frontend_auth.identifier", {
  request: Empty,
  result: IdentifierResponse
})

/** Tells whether a client may come in. */
export const frontendAuthAuthenticate = contract("frontend_auth.authenticate", {
  request: FrontendAuthRequest,
  result: FrontendAuthResponse
})
