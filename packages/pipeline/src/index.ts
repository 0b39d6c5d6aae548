// Types of Node are part of the interface: TypeScript finds them by this line, whatever a project lists as `types`.
/// <reference types="node" preserve="true" />

export type { ClientAuth, ClientAuthMode, ClientAuthRequest, ClientIdentity } from "./client-auth/client-auth.ts"
export type { CommandLine, PluginCommand, PluginCommandOutcome, PluginFlag } from "./command-line/command-line.ts"
export {
  type CredentialFileFailure,
  CredentialFileNotFound,
  CredentialFileRefused,
  type CredentialFiles,
  NoCredentialDirectory,
  type ServedModel
} from "./credential-files/credential-files.ts"
export {
  LoginNotStarted,
  type LoginSessions,
  type LoginState,
  type StartedLogin
} from "./credential-files/login-sessions.ts"
export { credentialIds } from "./credentials/credentials.ts"
export { type AttemptCount, type LastError } from "./decision-trace/attempt-counts.ts"
export { type CredentialModelReport, type CredentialReport } from "./decision-trace/credential-reports.ts"
export { type Explanation, explainSettings } from "./decision-trace/explain-model.ts"
export { type GatewayInsight } from "./decision-trace/gateway-insight.ts"
export {
  type AttemptTrace,
  type PickTrace,
  type RequestOutcome,
  type RequestSummary,
  type RequestTrace
} from "./decision-trace/request-trace.ts"
export { type RequestFilter } from "./decision-trace/request-traces.ts"
export { type ClientRequest, Gateway, type GatewayPlugins, type ModelListing, type PluginProblem } from "./gateway.ts"
export {
  type GatewayError,
  InvalidRequest,
  NoCredential,
  SchedulerRefused,
  UpstreamFailed,
  UpstreamUnreachable
} from "./gateway-error.ts"
export { layerGateway, layerGatewayWith } from "./gateway-live.ts"
export type { GatewayOptions } from "./gateway-options.ts"
export { type MetricFamily, type MetricSample } from "./metrics/metric-family.ts"
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
export { errorPattern, errorRuleActions, type ErrorRuleSettings } from "./failover/error-rules.ts"
export type {
  GatewaySettings,
  KeySettings,
  ModelSettings,
  PluginIsolation,
  PluginSettings,
  ProviderKind,
  ProviderSettings,
  QueueSettings
} from "./settings.ts"
export { UPSTREAM_DEADLINES, type UpstreamDeadlines } from "./provider/upstream-connections.ts"
export { type ClientError } from "./canonical/client-error.ts"
export type { Extensions, ProtocolName } from "./canonical/extensions.ts"
export type { JsonObject } from "./canonical/json.ts"
export type { Message, SystemMessage, ToolMessage, TurnMessage } from "./canonical/message.ts"
export type {
  CacheMark,
  FilePart,
  ForeignPart,
  ImagePart,
  MediaSource,
  Part,
  ReasoningPart,
  RefusalPart,
  Signature,
  TextPart,
  ToolArguments,
  ToolCallPart,
  ToolResultPart
} from "./canonical/part.ts"
export type { Reasoning, ReasoningAmount, ReasoningLevel } from "./canonical/reasoning.ts"
export type { CanonicalRequest, ResponseFormat, Sampling } from "./canonical/request.ts"
export type { CanonicalResponse, Choice, StopReason } from "./canonical/response.ts"
export type { StartedPart, StreamError, StreamEvent } from "./canonical/stream-event.ts"
export type { ForeignTool, FunctionTool, Tool, ToolChoice } from "./canonical/tool.ts"
export type { Usage } from "./canonical/usage.ts"
export type {
  ClientCodec,
  EmitEvent,
  EmitFrame,
  ProviderCodec,
  ProviderErrorFields,
  RequestTarget,
  StreamDecoder,
  StreamEncoder,
  TokenCount,
  TranslationContext
} from "./codecs/codec.ts"
export type { ProviderProtocol } from "./provider/provider-protocol.ts"
export { clientCodecs, providerCodecs } from "./translate/codecs.ts"
export { nestsDeeper } from "./wire/json-depth.ts"
export { openTranslation, type OpenTranslation, type TranslationOrder } from "./translate/open-translation.ts"
export { type AnswerCost, type StreamFault, type StreamPassage, translatedPassage } from "./translate/stream-passage.ts"
export { EMPTY_REQUEST, makeTranslationContext } from "./translate/translation-context.ts"
