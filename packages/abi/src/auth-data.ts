import { trimSpace } from "./trim-space.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { JsonMap } from "./wire/json.ts"
import { StrMap } from "./wire/map.ts"
import { Bool, Str } from "./wire/scalar.ts"
import { Time } from "./wire/time.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** One credential as plugins describe it. */
export const AuthData = goStruct({
  /** Provider key; blank: the one that was asked for. */
  Provider: Str,
  /** Stable ID; blank: the file's path below the credential directory, with `/`. */
  ID: Str,
  /** File to store it in. */
  FileName: Str,
  /** Name for people. */
  Label: Str,
  /** Prefix of models that only this credential serves. */
  Prefix: Str,
  /** Its own proxy. */
  ProxyURL: Str,
  Disabled: Bool,
  /** JSON object that the provider wants stored, as text in UTF-8. Holds secrets. */
  StorageJSON: Bytes,
  /** State that changes; stored together with `StorageJSON` and wins over it. Holds secrets. */
  Metadata: JsonMap,
  /** Routing attributes, such as `priority`, `base_url` and `note`. Not stored by themselves. */
  Attributes: StrMap,
  /** Not refreshed before this time. */
  NextRefreshAfter: Time
})
/** One credential as plugins describe it. */
export type AuthData = TypeOf<typeof AuthData>

/** True when any field is set: only then is an `AuthUpdate` a new state of the credential. */
export const isAuthDataSet = (auth: AuthData): boolean =>
  [auth.Provider, auth.ID, auth.FileName, auth.Label, auth.Prefix, auth.ProxyURL].some((text) => text !== "") ||
  auth.Disabled ||
  auth.StorageJSON.length > 0 ||
  Object.keys(auth.Metadata).length > 0 ||
  Object.keys(auth.Attributes).length > 0 ||
  auth.NextRefreshAfter !== null

/**
 * The credentials of an answer that has both fields: `Auths` when it is not empty, else the one in `Auth`. Provider
 * keys are trimmed and in lower case; a blank one becomes `provider`. Blank after that: the record is not valid.
 */
export const authRecords = (
  answer: { readonly Auth: AuthData; readonly Auths: ReadonlyArray<AuthData> },
  provider: string
): ReadonlyArray<AuthData> =>
  (answer.Auths.length > 0 ? answer.Auths : [answer.Auth]).map((auth) => ({
    ...auth,
    Provider: (trimSpace(auth.Provider) || trimSpace(provider)).toLowerCase()
  }))
