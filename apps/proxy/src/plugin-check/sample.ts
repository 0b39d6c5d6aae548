import type { ContractMethod, FlagDeclaration, ManagementRouteKey, Metadata } from "@cliproxy/abi"

/** A request that a plugin may get, without the fields that are empty. */
export interface Sample {
  /** What is special about it, for people. */
  readonly what: string
  /** Some fields of the request, as JSON; the others are empty. */
  readonly fields: { readonly [field: string]: unknown }
  /** A right plugin may change or delete something when it gets it, so it is only sent when that is wanted. */
  readonly mayChange?: boolean
}

/** Something that identifies the plugin's own things, as far as it has said so. */
export interface Known {
  readonly metadata: Metadata
  readonly pluginId: string
  /** Answer of the identifier method of the same capability. */
  readonly identifier: string
  /** A format that the plugin's executor takes, and one that it gives. */
  readonly inputFormat: string
  readonly outputFormat: string
  /** A log-in that it began. */
  readonly login?: { readonly state: string; readonly metadata: { readonly [name: string]: unknown } }
  /** Flags that it declared. */
  readonly flags?: ReadonlyArray<FlagDeclaration>
  /** Full paths that it declared, with their HTTP methods. */
  readonly routes?: ReadonlyArray<ManagementRouteKey>
}

/** Samples of methods, made from what is known of the plugin. */
export type Samples = { readonly [M in ContractMethod]?: (known: Known) => ReadonlyArray<Sample> }

/** How a plugin is told its own metadata, where it is. */
export const ownMetadata = ({ metadata }: Known) => ({ Plugin: metadata })
