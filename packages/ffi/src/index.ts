// Types of Node are part of the interface: TypeScript finds them by this line, whatever a project lists as `types`.
/// <reference types="node" preserve="true" />

export type { BridgeStats } from "./bridge.ts"
export type { BridgeOptions } from "./bridge-options.ts"
export { BridgeUnavailable } from "./native-artifact.ts"
export {
  type DiscoveredPlugin,
  type DiscoverOptions,
  discoverPlugins,
  PluginDiscoveryFailed
} from "./discover-plugins.ts"
export {
  defaultRestartPolicy,
  type IsolatedOptions,
  type IsolatedPlugin,
  type RestartPolicy
} from "./isolated-options.ts"
export { openIsolatedPlugin } from "./isolated-plugin.ts"
export {
  PluginAbiUnsupported,
  PluginAlreadyOpen,
  PluginFileMissing,
  PluginHostExhausted,
  PluginInitRefused,
  PluginLoadDeadlineExceeded,
  type PluginLoadError,
  PluginNotALibrary,
  PluginSymbolMissing,
  PluginTableIncomplete
} from "./load-error.ts"
export { NativeBridge } from "./native-bridge.ts"
export { openPlugin, type OpenOptions } from "./open-plugin.ts"
export { goArch, goOs, libraryExtension } from "./platform.ts"
export type {
  CallOptions,
  ConnectionStats,
  HostCallHandler,
  HostCallService,
  PluginConnection
} from "./plugin-connection.ts"
export { compareVersions, parsePin, type PluginFileName, parsePluginFileName } from "./plugin-file-name.ts"
