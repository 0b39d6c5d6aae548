import type { Strategy } from "./candidate.ts"

/** Who chose. */
export type ChosenBy =
  /** The configured strategy; with `affinity`, it was not asked because the session's own credential was ready. */
  | { readonly _tag: "Builtin"; readonly strategy: Strategy; readonly affinity?: true }
  /** A scheduler plugin named the credential. */
  | { readonly _tag: "Plugin"; readonly plugin: string }
  /** A scheduler plugin asked for a built-in strategy. */
  | { readonly _tag: "Delegated"; readonly plugin: string; readonly strategy: Strategy }

/** Why the configured strategy chose although a plugin was asked. `plugin` is the plugin's ID. */
export type UnusedAnswer =
  /** The plugin left the pick to the host. */
  | { readonly _tag: "Unhandled"; readonly plugin: string }
  /** It said that it handled the pick, but named neither a credential nor a strategy. */
  | { readonly _tag: "Blank"; readonly plugin: string }
  /** It named a credential that was not offered. */
  | { readonly _tag: "UnknownCandidate"; readonly plugin: string; readonly id: string }
  /** It named a credential that was offered, but was removed or disabled while the plugin thought. */
  | { readonly _tag: "GoneCandidate"; readonly plugin: string; readonly id: string }
  /** It delegated to a strategy that cannot be delegated to. */
  | { readonly _tag: "InvalidDelegate"; readonly plugin: string; readonly delegate: string }
  /** The host's own code for calling the plugin broke. The plugin should not be asked again until a reload. */
  | { readonly _tag: "HostFault"; readonly plugin: string; readonly defect: unknown }
