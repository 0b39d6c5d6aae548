import { contract } from "./contract.ts"
import { Empty } from "./empty.ts"
import { Bytes } from "./wire/bytes.ts"
import { goStruct } from "./wire/go-struct.ts"
import { listOf, StringList } from "./wire/list.ts"
import { Bool, Str, Uint32 } from "./wire/scalar.ts"
import type { TypeOf } from "./wire/wire-kind.ts"

/** One setting that a plugin offers to management pages. Shown only: nothing is checked against it. */
export const ConfigField = goStruct({
  /** Key under the plugin's configuration. */
  Name: Str,
  /** `string`, `number`, `integer`, `boolean`, `enum`, `array` or `object`. */
  Type: Str,
  /** Allowed values when `Type` is `enum`. */
  EnumValues: StringList,
  Description: Str
})
/** One setting that a plugin offers to management pages. */
export type ConfigField = TypeOf<typeof ConfigField>

/** Who a plugin is. The first four fields must not be blank. */
export const Metadata = goStruct({
  /** Name for people; the plugin's ID comes from its file name. */
  Name: Str,
  Version: Str,
  Author: Str,
  /** Address of sources or support. */
  GitHubRepository: Str,
  /** Picture for management pages. */
  Logo: Str,
  ConfigFields: listOf(ConfigField)
})
/** Who a plugin is. */
export type Metadata = TypeOf<typeof Metadata>

/** What a plugin can do. Each flag makes the host call the methods that name it in the method table. */
export const Capabilities = goStruct({
  model_registrar: Bool,
  model_provider: Bool,
  auth_provider: Bool,
  frontend_auth_provider: Bool,
  /** Only together with `frontend_auth_provider`: no other way to authenticate counts. */
  frontend_auth_provider_exclusive: Bool,
  /** From schema 7 on: `frontend_auth.authenticate` does without the body. */
  frontend_auth_provider_omit_body: Bool,
  /** Another spelling of the flag above. */
  frontend_auth_omit_body: Bool,
  scheduler: Bool,
  /** `scheduler.pick` gets the candidates of all tiers, not only those of the highest. */
  scheduler_across_priorities: Bool,
  model_router: Bool,
  executor: Bool,
  /** Models that the executor serves: `both` (default, also for unknown texts), `static` or `oauth`. */
  executor_model_scope: Str,
  /** Request formats that the executor accepts, such as `openai` or `claude`. */
  executor_input_formats: StringList,
  /** Response formats that the executor produces. */
  executor_output_formats: StringList,
  request_translator: Bool,
  request_normalizer: Bool,
  request_interceptor: Bool,
  /** From schema 7 on: `request.intercept_before` does without the body. */
  request_interceptor_omit_body_before: Bool,
  /** From schema 7 on: `request.intercept_after` does without the body. */
  request_interceptor_omit_body_after: Bool,
  request_lifecycle_plugin: Bool,
  response_translator: Bool,
  response_before_translator: Bool,
  response_after_translator: Bool,
  response_interceptor: Bool,
  response_stream_interceptor: Bool,
  websocket_response_observer: Bool,
  thinking_applier: Bool,
  usage_plugin: Bool,
  command_line_plugin: Bool,
  management_api: Bool,
  quota_provider: Bool
})
/** What a plugin can do. */
export type Capabilities = TypeOf<typeof Capabilities>

/** Request of `plugin.register` and `plugin.reconfigure`. */
export const LifecycleRequest = goStruct({
  /** The plugin's settings: its subtree of the configuration, as YAML text in UTF-8. */
  config_yaml: Bytes,
  /** The newest message schema that the host speaks. */
  schema_version: Uint32
})
/** Request of `plugin.register` and `plugin.reconfigure`. */
export type LifecycleRequest = TypeOf<typeof LifecycleRequest>

/** Result of `plugin.register` and `plugin.reconfigure`; the second replaces the first as a whole. */
export const Registration = goStruct({
  /** The message schema that the plugin was written for; 0 means 1. */
  schema_version: Uint32,
  metadata: Metadata,
  capabilities: Capabilities
})
/** Result of `plugin.register` and `plugin.reconfigure`. */
export type Registration = TypeOf<typeof Registration>

/** Called once after a library was loaded, before any other method. */
export const pluginRegister = contract("plugin.register", { request: LifecycleRequest, result: Registration })

/** Called for a loaded plugin whenever its configuration is applied again. */
export const pluginReconfigure = contract("plugin.reconfigure", { request: LifecycleRequest, result: Registration })

/**
 * Asks a plugin to come to rest because another version of it takes over: to end its own work and let go of ports and
 * locks. It may be brought back with `plugin.reconfigure`.
 */
export const pluginQuiesce = contract("plugin.quiesce", { request: Empty, result: Empty })
