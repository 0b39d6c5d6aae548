import { AuthData } from "./auth-data.ts"
import { contract } from "./contract.ts"
import { Empty } from "./empty.ts"
import { HostConfigSummary } from "./host-config.ts"
import { IdentifierResponse } from "./identifier.ts"
import { scoped, scopeField } from "./scoped.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { JsonMap } from "./wire/json.ts"
import { listOf } from "./wire/list.ts"
import { StrMap } from "./wire/map.ts"
import { Bool, Str } from "./wire/scalar.ts"
import { Time } from "./wire/time.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Request of `auth.parse`. */
export const AuthParseRequest = goStruct({
  /** The file's `type`, or the plugin's own identifier when the file has none. */
  Provider: Str,
  /** Full path of the file. */
  Path: Str,
  /** Name of the file, or its path below the credential directory. */
  FileName: Str,
  /** Content of the file. */
  RawJSON: Bytes,
  Host: HostConfigSummary
})
/** Request of `auth.parse`. */
export type AuthParseRequest = TypeOf<typeof AuthParseRequest>

/** Result of `auth.parse`. */
export const AuthParseResponse = goStruct({
  /** False: the host reads the file itself. */
  Handled: Bool,
  Auth: AuthData,
  /** Several credentials of one file; see `authRecords`. */
  Auths: listOf(AuthData)
})
/** Result of `auth.parse`. */
export type AuthParseResponse = TypeOf<typeof AuthParseResponse>

/** Request of `auth.login.start`. */
export const AuthLoginStartRequest = goStruct(
  {
    Provider: Str,
    /** Address on this machine that takes the callback of the log-in page. */
    BaseURL: Str,
    Host: HostConfigSummary,
    /** Empty today. */
    Metadata: JsonMap,
    ...scopeField
  },
  scoped
)
/** Request of `auth.login.start`. */
export type AuthLoginStartRequest = TypeOf<typeof AuthLoginStartRequest>

/** Result of `auth.login.start`. */
export const AuthLoginStartResponse = goStruct({
  /** Not read. */
  Provider: Str,
  /** Address for the person to open. */
  URL: Str,
  /** Names the log-in; see `isLoginState`. */
  State: Str,
  /** Not read: a log-in stays open for 30 minutes. */
  ExpiresAt: Time,
  /** Comes back in every `auth.login.poll` of this log-in. */
  Metadata: JsonMap
})
/** Result of `auth.login.start`. */
export type AuthLoginStartResponse = TypeOf<typeof AuthLoginStartResponse>

/** Request of `auth.login.poll`. */
export const AuthLoginPollRequest = goStruct(
  {
    Provider: Str,
    State: Str,
    Host: HostConfigSummary,
    /** What `auth.login.start` gave. */
    Metadata: JsonMap,
    ...scopeField
  },
  scoped
)
/** Request of `auth.login.poll`. */
export type AuthLoginPollRequest = TypeOf<typeof AuthLoginPollRequest>

/** Result of `auth.login.poll`. */
export const AuthLoginPollResponse = goStruct({
  /** See `loginStatus`. */
  Status: Str,
  /** Text for people when the log-in failed. */
  Message: Str,
  /** The credential on success. */
  Auth: AuthData,
  /** Several credentials; see `authRecords`. */
  Auths: listOf(AuthData)
})
/** Result of `auth.login.poll`. */
export type AuthLoginPollResponse = TypeOf<typeof AuthLoginPollResponse>

/** Request of `auth.refresh`. */
export const AuthRefreshRequest = goStruct(
  {
    AuthID: Str,
    AuthProvider: Str,
    /** The credential's stored JSON. */
    StorageJSON: Bytes,
    /** The credential's metadata, as stored. */
    Metadata: JsonMap,
    /** The credential's attributes, with those that look secret. */
    Attributes: StrMap,
    Host: HostConfigSummary,
    ...scopeField
  },
  scoped
)
/** Request of `auth.refresh`. */
export type AuthRefreshRequest = TypeOf<typeof AuthRefreshRequest>

/** Result of `auth.refresh`. */
export const AuthRefreshResponse = goStruct({
  /** New state. Blank fields keep what was; `Metadata` and `Attributes` replace it as a whole unless they are empty. */
  Auth: AuthData,
  /** Wins over the field of the same name in `Auth`. */
  NextRefreshAfter: Time
})
/** Result of `auth.refresh`. */
export type AuthRefreshResponse = TypeOf<typeof AuthRefreshResponse>

/** Asks for the provider key whose credentials the plugin owns; see `normalizeIdentifier`. */
export const authIdentifier = contract("auth.identifier", { request: Empty, result: IdentifierResponse })

/** Turns a credential file into credentials. */
export const authParse = contract("auth.parse", { request: AuthParseRequest, result: AuthParseResponse })

/** Begins a log-in of a person at the provider. */
export const authLoginStart = contract("auth.login.start", {
  request: AuthLoginStartRequest,
  result: AuthLoginStartResponse
})

/** Asks how a log-in stands. */
export const authLoginPoll = contract("auth.login.poll", {
  request: AuthLoginPollRequest,
  result: AuthLoginPollResponse
})

/** Renews a credential. */
export const authRefresh = contract("auth.refresh", { request: AuthRefreshRequest, result: AuthRefreshResponse })
