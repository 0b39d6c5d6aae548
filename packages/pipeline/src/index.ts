export type { ClientAuth, ClientAuthMode, ClientAuthRequest, ClientIdentity } from "./client-auth/client-auth.ts"
export type { CommandLine, PluginCommand, PluginCommandOutcome, PluginFlag } from "./command-line/command-line.ts"
export {
  LoginNotStarted,
  type LoginSessions,
  type LoginState,
  type StartedLogin
} from "./credential-files/login-sessions.ts"
export { credentialIds } from "./credentials.ts"
export { type ClientRequest, Gateway, type GatewayPlugins, type ModelListing, type PluginProblem } from "./gateway.ts"
export {
  type GatewayError,
  InvalidRequest,
  NoCredential,
  SchedulerRefused,
  UpstreamFailed,
  UpstreamUnreachable
} from "./gateway-error.ts"
export { type GatewayOptions, layerGateway, layerGatewayWith } from "./gateway-live.ts"
export { type ProxyChoice, readProxyChoice } from "./host-http/proxy-choice.ts"
export {
  type ManagementAnswer,
  type ManagementCall,
  ManagementHandlerFailed,
  type ManagementRoute,
  type ManagementRouteKind,
  type ManagementRouteListing,
  type ManagementRoutes
} from "./management-routes/management-routes.ts"
export {
  type PluginControl,
  PluginNotConfigured,
  PluginNotReloaded,
  type PluginState,
  type PluginStatus
} from "./plugin-control/plugin-control.ts"
export { type ActivePlugin } from "./plugin-host/active-plugin.ts"
export { callPlugin } from "./plugin-host/call-plugin.ts"
export { PLUGIN_DEADLINES, type PluginDeadlines } from "./plugin-host/deadlines.ts"
export { hostCallHandler } from "./plugin-host/host-calls.ts"
export { makePluginHost, type PluginHost } from "./plugin-host/plugin-host.ts"
export {
  nativePlugins,
  type PluginLoadFailure,
  type PluginOpener,
  type PluginSource,
  PluginsUnavailable,
  unavailablePlugins
} from "./plugin-host/plugin-source.ts"
export { EXECUTOR_DEADLINES, type ExecutorDeadlines } from "./plugin-executor/executor-deadlines.ts"
export { HOOK_DEADLINES, type HookDeadlines } from "./request-life/hook-deadlines.ts"
export type { ResponseSink } from "./response-sink.ts"
export type {
  GatewaySettings,
  KeySettings,
  ModelSettings,
  PluginIsolation,
  PluginSettings,
  ProviderKind,
  ProviderSettings
} from "./settings.ts"
export { UPSTREAM_DEADLINES, type UpstreamDeadlines } from "./upstream-connections.ts"
