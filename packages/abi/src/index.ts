export { AuthData, authRecords, isAuthDataSet } from "./auth-data.ts"
export { authFileName } from "./auth-file-name.ts"
export { authIndex, authIndexSeed, type AuthIdentity } from "./auth-index.ts"
export {
  authIdentifier,
  authLoginPoll,
  AuthLoginPollRequest,
  AuthLoginPollResponse,
  authLoginStart,
  AuthLoginStartRequest,
  AuthLoginStartResponse,
  authParse,
  AuthParseRequest,
  AuthParseResponse,
  authRefresh,
  AuthRefreshRequest,
  AuthRefreshResponse
} from "./auth.ts"
export { capabilityFlags, type CapabilityFlag } from "./capability.ts"
export {
  flagTypes,
  normalizeFlagValue,
  readCommandLineFlag,
  type FlagDeclaration,
  type FlagType
} from "./command-line-flag.ts"
export {
  commandLineExecute,
  CommandLineExecutionRequest,
  CommandLineExecutionResponse,
  CommandLineFlag,
  CommandLineFlagValue,
  commandLineRegister,
  CommandLineRegistrationRequest,
  CommandLineRegistrationResponse
} from "./command-line.ts"
export { contract, type Contract } from "./contract.ts"
export { contractOf, contracts, type AnyContract, type ContractMethod } from "./contracts.ts"
export { Empty } from "./empty.ts"
export {
  decodeEnvelope,
  encodeHostFailure,
  encodeSuccess,
  HOST_CALL_FAILED,
  UNKNOWN_METHOD,
  type Envelope,
  type EnvelopeError
} from "./envelope.ts"
export {
  executorModelScope,
  formatNames,
  normalizeExecutorFormats,
  type ExecutorModelScope
} from "./executor-format.ts"
export {
  executorCountTokens,
  executorExecute,
  executorExecuteStream,
  executorHttpRequest,
  ExecutorHTTPRequest,
  ExecutorHTTPResponse,
  executorIdentifier,
  ExecutorRequest,
  ExecutorResponse,
  ExecutorStreamChunk,
  ExecutorStreamRequest,
  ExecutorStreamResponse
} from "./executor.ts"
export {
  frontendAuthAuthenticate,
  frontendAuthIdentifier,
  FrontendAuthRequest,
  FrontendAuthResponse
} from "./frontend-auth.ts"
export { formatGoDuration, parseGoDuration } from "./go-duration.ts"
export { goFloat, goInteger } from "./go-number.ts"
export { applyHeaderChanges, type HeaderChanges } from "./header-changes.ts"
export { hostAffinityLookup, HostAffinityLookupRequest, HostAffinityLookupResponse } from "./host-affinity.ts"
export {
  HostAuthFileEntry,
  hostAuthGet,
  HostAuthGetRequest,
  HostAuthGetResponse,
  hostAuthGetRuntime,
  HostAuthGetRuntimeResponse,
  hostAuthList,
  HostAuthListResponse,
  hostAuthSave,
  HostAuthSaveRequest,
  HostAuthSaveResponse,
  HostRecentRequestEntry
} from "./host-auth.ts"
export { HostConfigSummary, ModelAlias } from "./host-config.ts"
export {
  hostHttpCancel,
  HostHTTPCancelRequest,
  hostHttpDo,
  hostHttpDoStream,
  HostHTTPNestedRequest,
  hostHttpOperationOpen,
  HostHTTPOperationOpenRequest,
  HostHTTPOperationOpenResponse,
  HostHTTPRequest,
  HostHTTPResponse,
  hostHttpStreamClose,
  HostHTTPStreamCloseRequest,
  hostHttpStreamRead,
  HostHTTPStreamReadRequest,
  HostHTTPStreamReadResponse,
  HostHTTPStreamResponse,
  httpRequestOf,
  HTTPStreamChunk
} from "./host-http.ts"
export { hostLog, HostLogRequest } from "./host-log.ts"
export {
  hostModelExecute,
  hostModelExecuteStream,
  HostModelExecutionRequest,
  HostModelExecutionResponse,
  hostModelStreamClose,
  HostModelStreamCloseRequest,
  hostModelStreamRead,
  HostModelStreamReadRequest,
  HostModelStreamReadResponse,
  HostModelStreamResponse
} from "./host-model.ts"
export {
  hostRoutingResetCooldown,
  HostRoutingResetCooldownRequest,
  HostRoutingResetCooldownResponse
} from "./host-routing.ts"
export { hostStreamClose, hostStreamEmit, StreamCloseRequest, StreamEmitRequest } from "./host-stream.ts"
export { statusOrOk, terminationStatus } from "./http-status.ts"
export { IdentifierResponse, normalizeIdentifier } from "./identifier.ts"
export {
  Capabilities,
  ConfigField,
  LifecycleRequest,
  Metadata,
  pluginQuiesce,
  pluginReconfigure,
  pluginRegister,
  Registration
} from "./lifecycle.ts"
export { isLoginState, loginStatus } from "./login.ts"
export {
  isResource,
  MANAGEMENT_BASE_PATH,
  readManagementRoute,
  resourceBasePath,
  resourcePath,
  type ManagementRouteKey
} from "./management-path.ts"
export {
  managementHandle,
  managementRegister,
  ManagementRegistrationRequest,
  ManagementRegistrationResponse,
  ManagementRequest,
  ManagementResponse,
  ManagementRoute,
  ResourceRoute
} from "./management.ts"
export {
  isHostMethod,
  isPluginMethod,
  methodInfo,
  methods,
  methodsOfCapability,
  type Combination,
  type HostMethod,
  type MethodDirection,
  type MethodInfo,
  type PluginMethod
} from "./methods.ts"
export { ModelInfo, ThinkingSupport, usableModels } from "./model-info.ts"
export { modelRoute, ModelRouteRequest, ModelRouteResponse } from "./model-route.ts"
export {
  AuthModelRequest,
  modelForAuth,
  modelRegister,
  ModelRegistrationRequest,
  ModelRegistrationResponse,
  ModelResponse,
  modelStatic,
  StaticModelRequest
} from "./model.ts"
export { PayloadResponse } from "./payload-response.ts"
export {
  PluginAnswerMalformed,
  PluginClosed,
  PluginCrashed,
  PluginDeadlineExceeded,
  PluginRefused,
  PluginTransportFailed,
  PluginUnavailable,
  type PluginCallError
} from "./plugin-error.ts"
export {
  QuotaBucket,
  quotaDescribe,
  QuotaDescribeRequest,
  QuotaDescribeResponse,
  quotaFetch,
  QuotaFetchResponse,
  QuotaGroup,
  quotaIdentifier,
  QuotaMetric,
  QuotaRequest,
  quotaReset,
  QuotaResetResponse,
  QuotaSubscription
} from "./quota.ts"
export { schemaVersionOf, validateRegistration, type RegistrationOptions } from "./registration.ts"
export { requestComplete, RequestCompletion, type RequestOutcome } from "./request-complete.ts"
export {
  requestInterceptAfter,
  requestInterceptBefore,
  RequestInterceptRequest,
  RequestInterceptResponse
} from "./request-interceptor.ts"
export { requestNormalize, RequestTransformRequest, requestTranslate } from "./request-translation.ts"
export {
  responseInterceptAfter,
  ResponseInterceptRequest,
  ResponseInterceptResponse,
  responseInterceptStreamChunk,
  STREAM_START_INDEX,
  StreamChunkInterceptRequest,
  StreamChunkInterceptResponse
} from "./response-interceptor.ts"
export {
  responseNormalizeAfter,
  responseNormalizeBefore,
  ResponseTransformRequest,
  responseTranslate
} from "./response-translation.ts"
export {
  SchedulerAuthCandidate,
  SchedulerExcludedAuth,
  SchedulerOptions,
  schedulerPick,
  SchedulerPickRequest,
  SchedulerPickResponse,
  SchedulerTriedAuth
} from "./scheduler-pick.ts"
export {
  frontendAuthGetsBody,
  interceptorGetsBody,
  managementBodyIsRaw,
  streamChunkBodiesFor,
  type StreamChunkBodies
} from "./schema-version.ts"
export { isSecretKey, withoutSecretKeys } from "./secret-keys.ts"
export { thinkingApply, ThinkingApplyRequest, ThinkingConfig, thinkingIdentifier } from "./thinking.ts"
export { trimSpace } from "./trim-space.ts"
export { UsageDetail, UsageFailure, usageHandle, UsageRecord } from "./usage.ts"
export { ABI_VERSION, HOST_SCHEMA_VERSION, INIT_SYMBOL, MIN_SCHEMA_VERSION } from "./version.ts"
export { WebSocketResponseEvent, websocketResponseEvent } from "./websocket-observer.ts"
export { WireError } from "./wire-error.ts"
export { Bytes, BytesList } from "./wire/bytes.ts"
export { DurationNanos } from "./wire/duration.ts"
export { goStruct, type StructFields, type StructOptions, type StructType } from "./wire/go-struct.ts"
export { canonicalHeaderName, canonicalHeaders } from "./wire/header-name.ts"
export { Json, JsonMap, RequestMetadata } from "./wire/json.ts"
export { listOf, StringList } from "./wire/list.ts"
export { Headers, mapOf, Query, StrMap } from "./wire/map.ts"
export { nullable } from "./wire/nullable.ts"
export { rawJsonField } from "./wire/raw-field.ts"
export { Bool, Float, Int, Null, Str, Uint32 } from "./wire/scalar.ts"
export { Time } from "./wire/time.ts"
export type { AnyKind, KindParts, TypeOf, WireKind } from "./wire/wire-kind.ts"
export { zeroValue } from "./wire/zero-value.ts"
