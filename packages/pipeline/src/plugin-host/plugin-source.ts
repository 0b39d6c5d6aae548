import type { PluginCallError } from "@cliproxy/abi"
import {
  discoverPlugins,
  type DiscoveredPlugin,
  type DiscoverOptions,
  type HostCallService,
  NativeBridge,
  openIsolatedPlugin,
  openPlugin,
  type PluginConnection,
  type PluginDiscoveryFailed,
  type PluginLoadError
} from "@cliproxy/ffi"
import { Effect, Schema, type Scope } from "effect"

import type { PluginIsolation } from "../settings.ts"

/** Plugins of this kind cannot be opened here at all, for instance because there is no native bridge for the platform. */
export class PluginsUnavailable extends Schema.TaggedError<PluginsUnavailable>()("PluginsUnavailable", {
  message: Schema.String
}) {}

/** Why a plugin could not be opened. */
export type PluginLoadFailure = PluginLoadError | PluginsUnavailable

/** How a plugin is to be opened. */
export interface OpenPlugin {
  readonly plugin: DiscoveredPlugin
  readonly isolation: PluginIsolation
  /**
   * Makes what answers the plugin's calls to the host; asked once for each process that holds the plugin. Its `end` is
   * to be called when that process, or the plugin in this one, has ended.
   */
  readonly connectHost: () => HostCallService
  /**
   * Brings a process that takes another's place to the state of that one, before it gets calls. `predecessor` calls the
   * other one, while it still serves.
   */
  readonly prepare: (
    call: PluginConnection["call"],
    predecessor: PluginConnection["call"] | undefined
  ) => Effect.Effect<void, PluginCallError>
}

/**
 * One way to open a plugin: a shared library in a process of its own or in this one, or a double in a test. The
 * connection lives in the scope; closing it shuts the plugin down.
 */
export type PluginOpener = (request: OpenPlugin) => Effect.Effect<PluginConnection, PluginLoadFailure, Scope.Scope>

/** Where plugins come from and how they are opened. */
export interface PluginSource {
  readonly discover: (options: DiscoverOptions) => Effect.Effect<ReadonlyArray<DiscoveredPlugin>, PluginDiscoveryFailed>
  readonly open: PluginOpener
}

/** Host calls of a plugin in this process end with the scope that holds the plugin. */
const connected = (connectHost: () => HostCallService): Effect.Effect<HostCallService, never, Scope.Scope> =>
  Effect.acquireRelease(Effect.sync(connectHost), ({ end }) => Effect.sync(end))

/**
 * Shared libraries in a folder. `loadMs` is the deadline for loading one, in milliseconds. `withheldVariables` are those
 * of the environment that the processes of plugins do not get.
 */
export const nativePlugins = (
  loadMs: number,
  withheldVariables: ReadonlyArray<string> = []
): Effect.Effect<PluginSource, never, NativeBridge> =>
  Effect.map(NativeBridge, (bridge) => ({
    discover: discoverPlugins,
    open: ({ connectHost, isolation, plugin: { id, path }, prepare }) => {
      const options = { id, path, loadDeadlineMs: loadMs }
      return isolation === "in-process"
        ? Effect.flatMap(connected(connectHost), ({ handler }) =>
            Effect.provideService(openPlugin({ ...options, onHostCall: handler }), NativeBridge, bridge)
          )
        : openIsolatedPlugin({ ...options, connectHost, prepare, withheldVariables }).pipe(
            Effect.catchTag("BridgeUnavailable", ({ message }) => Effect.fail(new PluginsUnavailable({ message })))
          )
    }
  }))

/** Finds plugins as usual but opens none, each with `reason`: for machines where there is no native bridge. */
export const unavailablePlugins = (reason: string): PluginSource => ({
  discover: discoverPlugins,
  open: () => Effect.fail(new PluginsUnavailable({ message: reason }))
})
