import { AuthData } from "./auth-data.ts"
import { contract } from "./contract.ts"
import { HostConfigSummary } from "./host-config.ts"
import { Metadata } from "./lifecycle.ts"
import { ModelInfo } from "./model-info.ts"
import { scoped, scopeField } from "./scoped.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { JsonMap } from "./wire/json.ts"
import { listOf } from "./wire/list.ts"
import { StrMap } from "./wire/map.ts"
import { Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Request of `model.register`. */
export const ModelRegistrationRequest = goStruct({
  /** The called plugin's own metadata. */
  Plugin: Metadata
})
/** Request of `model.register`. */
export type ModelRegistrationRequest = TypeOf<typeof ModelRegistrationRequest>

/** Result of `model.register`. */
export const ModelRegistrationResponse = goStruct({
  /** Provider key of all models; blank: nothing is taken. */
  Provider: Str,
  /** The whole list; empty: nothing is taken. See `usableModels`. */
  Models: listOf(ModelInfo)
})
/** Result of `model.register`. */
export type ModelRegistrationResponse = TypeOf<typeof ModelRegistrationResponse>

/** Request of `model.static`. */
export const StaticModelRequest = goStruct({
  /** The called plugin's own metadata. */
  Plugin: Metadata,
  Host: HostConfigSummary
})
/** Request of `model.static`. */
export type StaticModelRequest = TypeOf<typeof StaticModelRequest>

/** Request of `model.for_auth`. */
export const AuthModelRequest = goStruct(
  {
    /** The called plugin's own metadata. */
    Plugin: Metadata,
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
/** Request of `model.for_auth`. */
export type AuthModelRequest = TypeOf<typeof AuthModelRequest>

/** Result of `model.static` and `model.for_auth`. */
export const ModelResponse = goStruct({
  /** As in `model.register`; in `model.for_auth` blank means the credential's own, and another one passes the plugin over. */
  Provider: Str,
  /** The whole list; in `model.for_auth` an empty one takes the credential's models away. See `usableModels`. */
  Models: listOf(ModelInfo),
  /** `model.for_auth` only: new state of the credential, when `isAuthDataSet`. */
  AuthUpdate: AuthData
})
/** Result of `model.static` and `model.for_auth`. */
export type ModelResponse = TypeOf<typeof ModelResponse>

/** Asks for the plugin's models. Not called for plugins that have `model.static`. */
export const modelRegister = contract("model.register", {
  request: ModelRegistrationRequest,
  result: ModelRegistrationResponse
})

/** Asks for the models that the plugin has without a credential. */
export const modelStatic = contract("model.static", { request: StaticModelRequest, result: ModelResponse })

/** Asks which models a credential can serve. */
export const modelForAuth = contract("model.for_auth", { request: AuthModelRequest, result: ModelResponse })
