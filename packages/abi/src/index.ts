export { capabilityFlags, type CapabilityFlag } from "./capability.ts"
export { contract, type Contract } from "./contract.ts"
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
export { hostLog, HostLogRequest } from "./host-log.ts"
export {
  Capabilities,
  ConfigField,
  LifecycleRequest,
  Metadata,
  pluginReconfigure,
  pluginRegister,
  Registration
} from "./lifecycle.ts"
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
export { schemaVersionOf, validateRegistration } from "./registration.ts"
export {
  SchedulerAuthCandidate,
  SchedulerOptions,
  schedulerPick,
  SchedulerPickRequest,
  SchedulerPickResponse
} from "./scheduler-pick.ts"
export { isSecretKey, withoutSecretKeys } from "./secret-keys.ts"
export { ABI_VERSION, HOST_SCHEMA_VERSION, INIT_SYMBOL, MIN_SCHEMA_VERSION } from "./version.ts"
export { WireError } from "./wire-error.ts"
export { Bytes, BytesList } from "./wire/bytes.ts"
export { DurationNanos } from "./wire/duration.ts"
export { goStruct, type StructFields, type StructOptions, type StructType } from "./wire/go-struct.ts"
export { canonicalHeaderName, canonicalHeaders } from "./wire/header-name.ts"
export { Json, JsonMap, RequestMetadata } from "./wire/json.ts"
export { listOf, StringList } from "./wire/list.ts"
export { Headers, mapOf, StrMap } from "./wire/map.ts"
export { Bool, Int, Null, Str, Uint32 } from "./wire/scalar.ts"
export { Time } from "./wire/time.ts"
export type { TypeOf, WireKind } from "./wire/wire-kind.ts"
export { zeroValue } from "./wire/zero-value.ts"
