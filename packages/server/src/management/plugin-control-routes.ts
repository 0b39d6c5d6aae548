import type { GatewayPlugins, PluginControl, PluginStatus } from "@cliproxy/pipeline"
import { Effect, Result } from "effect"

import type { Exchange } from "../exchange.ts"
import type { Rejected } from "../rejected.ts"
import { changeSettings, type ManagementHandler } from "./configuration-answers.ts"
import type { Configuration } from "./configuration.ts"
import { readObject, refused } from "./management-body.ts"
import { pluginObject } from "./plugin-status.ts"
import { withSetting } from "./setting-path.ts"

/** What the routes that show and switch plugins need. */
export interface PluginControlContext {
  readonly control: PluginControl
  readonly routes: Pick<GatewayPlugins["management"], "list">
  readonly configuration: Configuration | undefined
  readonly maxBodyBytes: number
}

const list =
  ({ control, routes }: PluginControlContext): ManagementHandler =>
  ({ answer }) =>
    Effect.map(control.status, (all) => {
      const settings = control.settings()
      const plugins = all.map((status) => pluginObject(status, routes.list()))
      const { dir = "", enabled = false } = settings ?? {}
      answer.json(200, JSON.stringify({ plugins_enabled: enabled, plugins_dir: dir, plugins }))
    })

const answerStatus = <E extends { readonly _tag: string; readonly message: string }>(
  { routes }: PluginControlContext,
  { answer }: Exchange,
  changed: Effect.Effect<PluginStatus, E>
): Effect.Effect<void, Rejected> =>
  changed.pipe(
    Effect.map((status) => answer.json(200, JSON.stringify(pluginObject(status, routes.list())))),
    Effect.mapError(({ _tag, message }) =>
      _tag === "PluginNotConfigured"
        ? refused(404, `${message}.`, "plugin_not_configured")
        : refused(409, `The plugin was not started anew: ${message}.`, "plugin_not_reloaded")
    )
  )

/** `{"value": ...}` switches for now, `{"enabled": ...}` in the configuration file, as panels of CLIProxyAPI do. */
const setEnabled =
  (context: PluginControlContext, id: string): ManagementHandler =>
  (exchange) =>
    Effect.flatMap(readObject(exchange, context.maxBodyBytes), ({ enabled, value }) => {
      const { configuration, control } = context
      if (typeof value === "boolean") return answerStatus(context, exchange, control.setEnabled(id, value))
      if (typeof enabled === "boolean" && configuration !== undefined) {
        return changeSettings(configuration, exchange, (settings) =>
          Result.succeed(withSetting(settings, ["plugins", "configs", id, "enabled"], enabled))
        )
      }
      return refused(400, `The body must be {"value": ...} or {"enabled": ...} with true or false.`, "invalid_value")
    })

/** The route of the management API that shows plugins or switches one; `undefined` for any other. */
export const pluginControlRoute = (
  context: PluginControlContext,
  { method, path }: Pick<Exchange, "method" | "path">
): ManagementHandler | undefined => {
  if (path === "/v0/management/plugins") return method === "GET" ? list(context) : undefined
  const [, id, action] = /^\/v0\/management\/plugins\/([^/]+)\/(enabled|reload)$/.exec(path) ?? []
  if (id === undefined) return undefined
  if (action === "enabled" && method === "PATCH") return setEnabled(context, id)
  if (action === "reload" && method === "POST") {
    return (exchange) => answerStatus(context, exchange, context.control.reload(id))
  }
  return undefined
}
