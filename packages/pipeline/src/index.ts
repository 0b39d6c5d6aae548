export { type ClientRequest, Gateway, type ModelListing, type PluginProblem } from "./gateway.ts"
export {
  type GatewayError,
  InvalidRequest,
  NoCredential,
  SchedulerRefused,
  UpstreamFailed,
  UpstreamUnreachable
} from "./gateway-error.ts"
export type { ResponseSink } from "./response-sink.ts"
export type {
  GatewaySettings,
  KeySettings,
  ModelSettings,
  OpenAICompatibleProvider,
  PluginSettings
} from "./settings.ts"
