import type { CapabilityFlag } from "./capability.ts"

/** Who calls: `plugin` for methods that the host calls in a plugin, `host` for methods that a plugin calls in the host. */
export type MethodDirection = "plugin" | "host"

/**
 * What the host does when several plugins have the capability of a method.
 *
 * - `per-plugin`: each plugin is asked for itself; `per-plugin-collected`: and all answers are kept.
 * - `single-owner`: one plugin owns the thing (a provider, a route) and only it is called.
 * - `highest-priority-only`: the first plugin in priority order is asked, nobody after it.
 * - `first-...-wins`: plugins are asked in priority order until one gives such an answer.
 * - `chained...`: each plugin gets what the one before it made of the data.
 * - `broadcast-...`: all are told; `every-triggered-plugin`: all whose flags were given.
 * - `never-sent`: the name is reserved.
 */
export type Combination =
  | "per-plugin"
  | "never-sent"
  | "per-plugin-collected"
  | "first-matching-handled-wins"
  | "first-handled-or-error-wins"
  | "single-owner"
  | "first-authenticated-wins"
  | "highest-priority-only"
  | "first-valid-handled-wins"
  | "first-non-empty-wins"
  | "chained"
  | "chained-until-terminate"
  | "broadcast-async"
  | "chained-until-drop"
  | "broadcast-sequential"
  | "every-triggered-plugin"

/** One row of the method table. */
export interface MethodInfo {
  readonly name: string
  readonly direction: MethodDirection
  /** The flag that makes the host call the method; null for methods that need none. */
  readonly capability: CapabilityFlag | null
  /** Message schema in force when the method appeared. Calls are gated by capability, never by this number. */
  readonly schema: number
  /** Release of CLIProxyAPI, where the ABI comes from, that published the method, or the first that is known to have it. */
  readonly release: string
  /** The request carries `host_callback_id`, which ties host calls made during it to the client's request. */
  readonly scoped: boolean
  /** Null for methods that a plugin calls. */
  readonly combination: Combination | null
}

/**
 * Every method of the plugin ABI, in both directions: 43 that a host calls and 19 that a plugin calls.
 * Source: plugin ABI, method index (`docs/plugin-abi.md`).
 */
// One line for each method, which the formatter would break up.
// oxfmt-ignore
export const methods = [
  { name: "plugin.register", direction: "plugin", capability: null, schema: 1, release: "7.1.48", scoped: false, combination: "per-plugin" },
  { name: "plugin.reconfigure", direction: "plugin", capability: null, schema: 1, release: "7.1.48", scoped: false, combination: "per-plugin" },
  { name: "plugin.quiesce", direction: "plugin", capability: null, schema: 4, release: "7.2.145", scoped: false, combination: "per-plugin" },
  { name: "plugin.shutdown", direction: "plugin", capability: null, schema: 1, release: "7.1.48", scoped: false, combination: "never-sent" },
  { name: "model.register", direction: "plugin", capability: "model_registrar", schema: 1, release: "7.1.48", scoped: false, combination: "per-plugin-collected" },
  { name: "model.static", direction: "plugin", capability: "model_provider", schema: 1, release: "7.1.48", scoped: false, combination: "per-plugin-collected" },
  { name: "model.for_auth", direction: "plugin", capability: "model_provider", schema: 1, release: "7.1.48", scoped: true, combination: "first-matching-handled-wins" },
  { name: "auth.identifier", direction: "plugin", capability: "auth_provider", schema: 1, release: "7.1.48", scoped: false, combination: "per-plugin" },
  { name: "auth.parse", direction: "plugin", capability: "auth_provider", schema: 1, release: "7.1.48", scoped: false, combination: "first-handled-or-error-wins" },
  { name: "auth.login.start", direction: "plugin", capability: "auth_provider", schema: 1, release: "7.1.48", scoped: true, combination: "single-owner" },
  { name: "auth.login.poll", direction: "plugin", capability: "auth_provider", schema: 1, release: "7.1.48", scoped: true, combination: "single-owner" },
  { name: "auth.refresh", direction: "plugin", capability: "auth_provider", schema: 1, release: "7.1.48", scoped: true, combination: "single-owner" },
  { name: "frontend_auth.identifier", direction: "plugin", capability: "frontend_auth_provider", schema: 1, release: "7.1.48", scoped: false, combination: "per-plugin" },
  { name: "frontend_auth.authenticate", direction: "plugin", capability: "frontend_auth_provider", schema: 1, release: "7.1.48", scoped: false, combination: "first-authenticated-wins" },
  { name: "scheduler.pick", direction: "plugin", capability: "scheduler", schema: 1, release: "7.1.57", scoped: false, combination: "highest-priority-only" },
  { name: "model.route", direction: "plugin", capability: "model_router", schema: 1, release: "7.2.8", scoped: true, combination: "first-valid-handled-wins" },
  { name: "executor.identifier", direction: "plugin", capability: "executor", schema: 1, release: "7.1.48", scoped: false, combination: "per-plugin" },
  { name: "executor.execute", direction: "plugin", capability: "executor", schema: 1, release: "7.1.48", scoped: true, combination: "single-owner" },
  { name: "executor.execute_stream", direction: "plugin", capability: "executor", schema: 1, release: "7.1.48", scoped: true, combination: "single-owner" },
  { name: "executor.count_tokens", direction: "plugin", capability: "executor", schema: 1, release: "7.1.48", scoped: true, combination: "single-owner" },
  { name: "executor.http_request", direction: "plugin", capability: "executor", schema: 1, release: "7.1.48", scoped: true, combination: "single-owner" },
  { name: "request.translate", direction: "plugin", capability: "request_translator", schema: 1, release: "7.1.48", scoped: false, combination: "first-non-empty-wins" },
  { name: "request.normalize", direction: "plugin", capability: "request_normalizer", schema: 1, release: "7.1.48", scoped: false, combination: "chained" },
  { name: "request.intercept_before", direction: "plugin", capability: "request_interceptor", schema: 1, release: "7.1.55", scoped: true, combination: "chained-until-terminate" },
  { name: "request.intercept_after", direction: "plugin", capability: "request_interceptor", schema: 1, release: "7.1.62", scoped: true, combination: "chained-until-terminate" },
  { name: "request.complete", direction: "plugin", capability: "request_lifecycle_plugin", schema: 2, release: "7.2.103", scoped: true, combination: "broadcast-async" },
  { name: "response.translate", direction: "plugin", capability: "response_translator", schema: 1, release: "7.1.48", scoped: false, combination: "first-non-empty-wins" },
  { name: "response.normalize_before", direction: "plugin", capability: "response_before_translator", schema: 1, release: "7.1.48", scoped: false, combination: "chained" },
  { name: "response.normalize_after", direction: "plugin", capability: "response_after_translator", schema: 1, release: "7.1.48", scoped: false, combination: "chained" },
  { name: "response.intercept_after", direction: "plugin", capability: "response_interceptor", schema: 1, release: "7.1.55", scoped: true, combination: "chained" },
  { name: "response.intercept_stream_chunk", direction: "plugin", capability: "response_stream_interceptor", schema: 1, release: "7.1.55", scoped: true, combination: "chained-until-drop" },
  { name: "websocket.response_event", direction: "plugin", capability: "websocket_response_observer", schema: 4, release: "7.2.145", scoped: true, combination: "broadcast-sequential" },
  { name: "thinking.identifier", direction: "plugin", capability: "thinking_applier", schema: 1, release: "7.1.48", scoped: false, combination: "per-plugin" },
  { name: "thinking.apply", direction: "plugin", capability: "thinking_applier", schema: 1, release: "7.1.48", scoped: true, combination: "single-owner" },
  { name: "usage.handle", direction: "plugin", capability: "usage_plugin", schema: 1, release: "7.1.48", scoped: false, combination: "broadcast-sequential" },
  { name: "command_line.register", direction: "plugin", capability: "command_line_plugin", schema: 1, release: "7.1.48", scoped: false, combination: "per-plugin-collected" },
  { name: "command_line.execute", direction: "plugin", capability: "command_line_plugin", schema: 1, release: "7.1.48", scoped: false, combination: "every-triggered-plugin" },
  { name: "management.register", direction: "plugin", capability: "management_api", schema: 1, release: "7.1.48", scoped: false, combination: "per-plugin-collected" },
  { name: "management.handle", direction: "plugin", capability: "management_api", schema: 1, release: "7.1.48", scoped: true, combination: "single-owner" },
  { name: "quota.identifier", direction: "plugin", capability: "quota_provider", schema: 6, release: "7.3.17", scoped: false, combination: "per-plugin" },
  { name: "quota.describe", direction: "plugin", capability: "quota_provider", schema: 6, release: "7.3.17", scoped: false, combination: "per-plugin-collected" },
  { name: "quota.fetch", direction: "plugin", capability: "quota_provider", schema: 6, release: "7.3.17", scoped: true, combination: "single-owner" },
  { name: "quota.reset", direction: "plugin", capability: "quota_provider", schema: 6, release: "7.3.17", scoped: true, combination: "single-owner" },
  { name: "host.http.do", direction: "host", capability: null, schema: 1, release: "7.1.48", scoped: true, combination: null },
  { name: "host.http.do_stream", direction: "host", capability: null, schema: 1, release: "7.1.48", scoped: true, combination: null },
  { name: "host.http.operation_open", direction: "host", capability: null, schema: 6, release: "7.3.17", scoped: true, combination: null },
  { name: "host.http.cancel", direction: "host", capability: null, schema: 6, release: "7.3.17", scoped: true, combination: null },
  { name: "host.http.stream_read", direction: "host", capability: null, schema: 1, release: "7.1.48", scoped: false, combination: null },
  { name: "host.http.stream_close", direction: "host", capability: null, schema: 1, release: "7.1.48", scoped: false, combination: null },
  { name: "host.stream.emit", direction: "host", capability: null, schema: 1, release: "7.1.48", scoped: false, combination: null },
  { name: "host.stream.close", direction: "host", capability: null, schema: 1, release: "7.1.48", scoped: false, combination: null },
  { name: "host.log", direction: "host", capability: null, schema: 1, release: "7.1.48", scoped: true, combination: null },
  { name: "host.model.execute", direction: "host", capability: null, schema: 1, release: "7.1.67", scoped: true, combination: null },
  { name: "host.model.execute_stream", direction: "host", capability: null, schema: 1, release: "7.1.67", scoped: true, combination: null },
  { name: "host.model.stream_read", direction: "host", capability: null, schema: 1, release: "7.1.67", scoped: false, combination: null },
  { name: "host.model.stream_close", direction: "host", capability: null, schema: 1, release: "7.1.67", scoped: false, combination: null },
  { name: "host.auth.list", direction: "host", capability: null, schema: 1, release: "7.2.1", scoped: false, combination: null },
  { name: "host.auth.get", direction: "host", capability: null, schema: 1, release: "7.2.1", scoped: false, combination: null },
  { name: "host.auth.get_runtime", direction: "host", capability: null, schema: 1, release: "7.2.1", scoped: false, combination: null },
  { name: "host.auth.save", direction: "host", capability: null, schema: 1, release: "7.2.1", scoped: false, combination: null },
  { name: "host.affinity.lookup", direction: "host", capability: null, schema: 6, release: "7.2.156", scoped: false, combination: null },
  { name: "host.routing.reset_cooldown", direction: "host", capability: null, schema: 6, release: "8.0.12", scoped: false, combination: null }
] as const satisfies ReadonlyArray<MethodInfo>

type MethodRow = (typeof methods)[number]

/** Name of a method that the host calls in a plugin, such as `scheduler.pick`. */
export type PluginMethod = Extract<MethodRow, { readonly direction: "plugin" }>["name"]

/** Name of a method that a plugin calls in the host, such as `host.log`. */
export type HostMethod = Extract<MethodRow, { readonly direction: "host" }>["name"]

const byName: ReadonlyMap<string, MethodInfo> = new Map(methods.map((row) => [row.name, row]))

/** The row of a method, or `undefined` when no method has that name. */
export const methodInfo = (name: string): MethodInfo | undefined => byName.get(name)

/** True for the names of methods that the host calls in a plugin. */
export const isPluginMethod = (name: string): name is PluginMethod => byName.get(name)?.direction === "plugin"

/** True for the names of methods that a plugin calls in the host. */
export const isHostMethod = (name: string): name is HostMethod => byName.get(name)?.direction === "host"

/** Methods that a plugin gets when it sets `flag` at registration, in table order. */
export const methodsOfCapability = (flag: CapabilityFlag): ReadonlyArray<PluginMethod> =>
  methods.flatMap((row) => (row.direction === "plugin" && row.capability === flag ? [row.name] : []))
