import { goStruct } from "./wire/go-struct.ts"
import { listOf, StringList } from "./wire/list.ts"
import { mapOf } from "./wire/map.ts"
import { Bool, Str } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** Another name for a model. */
export const ModelAlias = goStruct({
  /** The provider's name. */
  Name: Str,
  /** The name that clients use. */
  Alias: Str
})
/** Another name for a model. */
export type ModelAlias = TypeOf<typeof ModelAlias>

/** Settings of the host that plugins may know: `Host` in many requests. */
export const HostConfigSummary = goStruct({
  /** Directory of credential files. */
  AuthDir: Str,
  /** Proxy for requests to providers; empty: none. */
  ProxyURL: Str,
  /** Clients must write the prefix of a credential in front of the model. */
  ForceModelPrefix: Bool,
  /** Lower-case provider key to aliases; entries with a blank side are left out. */
  OAuthModelAlias: mapOf(listOf(ModelAlias)),
  /** Lower-case provider key to models that are hidden. */
  ExcludedModels: mapOf(StringList)
})
/** Settings of the host that plugins may know. */
export type HostConfigSummary = TypeOf<typeof HostConfigSummary>
