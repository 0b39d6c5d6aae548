/**
 * Flags by which a plugin says at registration what it can do, in wire order.
 *
 * Most flags make the host call the methods that name them in the method table. The others only change how such a
 * method is used: `frontend_auth_provider_exclusive`, `scheduler_across_priorities` and those that end in `omit_body`,
 * `omit_body_before` or `omit_body_after`. Source: plugin ABI, capabilities (`docs/plugin-abi.md`).
 */
export const capabilityFlags = [
  "model_registrar",
  "model_provider",
  "auth_provider",
  "frontend_auth_provider",
  "frontend_auth_provider_exclusive",
  "frontend_auth_provider_omit_body",
  "frontend_auth_omit_body",
  "scheduler",
  "scheduler_across_priorities",
  "model_router",
  "executor",
  "request_translator",
  "request_normalizer",
  "request_interceptor",
  "request_interceptor_omit_body_before",
  "request_interceptor_omit_body_after",
  "request_lifecycle_plugin",
  "response_translator",
  "response_before_translator",
  "response_after_translator",
  "response_interceptor",
  "response_stream_interceptor",
  "websocket_response_observer",
  "thinking_applier",
  "usage_plugin",
  "command_line_plugin",
  "management_api",
  "quota_provider"
] as const

/** Name of one capability flag, such as `scheduler`. */
export type CapabilityFlag = (typeof capabilityFlags)[number]
