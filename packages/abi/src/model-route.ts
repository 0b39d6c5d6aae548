import { contract } from "./contract.ts"
import { Metadata } from "./lifecycle.ts"
import { scoped, scopeField } from "./scoped.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { RequestMetadata } from "./wire/json.ts"
import { StringList } from "./wire/list.ts"
import { Headers, Query } from "./wire/map.ts"
import { Bool, Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Request of `model.route`. */
export const ModelRouteRequest = goStruct(
  {
    /** The called plugin's own metadata. */
    Plugin: Metadata,
    /** The called plugin's ID in this host. */
    PluginID: Str,
    /** The client's protocol. */
    SourceFormat: Str,
    RequestedModel: Str,
    Stream: Bool,
    Headers,
    Query,
    /** The body as the client sent it. */
    Body: Bytes,
    Metadata: RequestMetadata,
    /** Sorted keys of the providers with a credential that is not disabled. */
    AvailableProviders: StringList,
    ...scopeField
  },
  scoped
)
/** Request of `model.route`. */
export type ModelRouteRequest = TypeOf<typeof ModelRouteRequest>

/** Result of `model.route`. */
export const ModelRouteResponse = goStruct({
  /** False: the next router is asked. */
  Handled: Bool,
  /** `self`, `executor` or `provider`, exactly so. */
  TargetKind: Str,
  /** Plugin ID for `executor`, provider key in any case for `provider`; not read for `self`. */
  Target: Str,
  /** For `provider` only: model to use; blank: the requested one. */
  TargetModel: Str,
  /** For people. */
  Reason: Str
})
/** Result of `model.route`. */
export type ModelRouteResponse = TypeOf<typeof ModelRouteResponse>

/** Decides who serves a request, before every other hook. */
export const modelRoute = contract("model.route", { request: ModelRouteRequest, result: ModelRouteResponse })
