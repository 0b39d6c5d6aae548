/**
 * Flags by which a plugin says at registration what it can do, in wire order.
 *
 * Each flag makes the host call the methods that name it in the method table, except `frontend_auth_provider_exclusive`,
 * which only changes how `frontend_auth_provider` is used. Source: plugin ABI, capabilities (`docs/plugin-abi.md`).
 */
export const capabilityFlags = [
  "model_registrar",
  "model_provider",
  "auth_provider",
  "frontend_auth_provider",
  "frontend_auth_provider_exclusive",
  "scheduler",
  "model_router",
  "executor",
  "request_translator",
  "request_normalizer",
  "request_interceptor",
  "request_lifecycle_plugin",
  "response_translator",
  "response_before_translator",
  "response_after_translator",
  "response_interceptor",
  "response_stream_interceptor",
  "thinking_applier",
  "usage_plugin",
  "command_line_plugin",
  "management_api"
] as const

/** Name of one capability flag, such as `scheduler`. */
export type CapabilityFlag = (typeof capabilityFlags)[number]
