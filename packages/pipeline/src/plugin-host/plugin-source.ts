import {
  discoverPlugins,
  type DiscoveredPlugin,
  type DiscoverOptions,
  type HostCallHandler,
  NativeBridge,
  openPlugin,
  type PluginConnection,
  type PluginDiscoveryFailed,
  type PluginLoadError
} from "@cliproxy/ffi"
import { Effect, Schema, type Scope } from "effect"

/** Plugins of this kind cannot be opened here at all, for instance because there is no native bridge for the platform. */
export class PluginsUnavailable extends Schema.TaggedError<PluginsUnavailable>()("PluginsUnavailable", {
  message: Schema.String
}) {}

/** Why a plugin could not be opened. */
export type PluginLoadFailure = PluginLoadError | PluginsUnavailable

/**
 * One way to open a plugin: in this process, in a child process, or a double in a test. The connection lives in the
 * scope; closing it shuts the plugin down.
 */
export type PluginOpener = (
  plugin: DiscoveredPlugin,
  onHostCall: HostCallHandler
) => Effect.Effect<PluginConnection, PluginLoadFailure, Scope.Scope>

/** Where plugins come from and how they are opened. */
export interface PluginSource {
  readonly discover: (options: DiscoverOptions) => Effect.Effect<ReadonlyArray<DiscoveredPlugin>, PluginDiscoveryFailed>
  readonly open: PluginOpener
}

/** Shared libraries in a folder, opened in this process. `loadMs` is the deadline for loading one, in milliseconds. */
export const nativePlugins = (loadMs: number): Effect.Effect<PluginSource, never, NativeBridge> =>
  Effect.map(NativeBridge, (bridge) => ({
    discover: discoverPlugins,
    open: ({ id, path }, onHostCall) =>
      Effect.provideService(openPlugin({ id, path, onHostCall, loadDeadlineMs: loadMs }), NativeBridge, bridge)
  }))

/** Finds plugins as usual but opens none, each with `reason`: for machines where there is no native bridge. */
export const unavailablePlugins = (reason: string): PluginSource => ({
  discover: discoverPlugins,
  open: () => Effect.fail(new PluginsUnavailable({ message: reason }))
})
