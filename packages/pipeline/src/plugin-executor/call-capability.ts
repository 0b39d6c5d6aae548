import { type Contract, type PluginCallError, type PluginMethod, PluginUnavailable } from "@cliproxy/abi"
import type { CallOptions } from "@cliproxy/ffi"
import { Effect } from "effect"

import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import { callPlugin } from "../plugin-host/call-plugin.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"

/**
 * Calls a method of a plugin. When the host's own code breaks meanwhile, the plugin is taken out of service and the
 * call fails with `PluginUnavailable`, which the caller may treat as any failure. Source: plugin ABI, fusing.
 */
export const callCapability = <Request, Answer>(
  plugins: Pick<PluginHost, "fuse">,
  plugin: ActivePlugin,
  contract: Contract<PluginMethod, Request, Answer>,
  request: Request,
  options: CallOptions
): Effect.Effect<Answer, PluginCallError> =>
  callPlugin(plugin.connection, contract, request, options).pipe(
    Effect.catchDefect((defect) =>
      Effect.andThen(
        plugins.fuse(plugin, defect),
        Effect.fail(
          new PluginUnavailable({
            plugin: plugin.id,
            method: contract.method,
            state: "fused",
            detail: "the host failed while calling it"
          })
        )
      )
    )
  )

/**
 * The plugin as it is now, when it still takes part in requests: same ID, same library. `undefined` when it was
 * switched off, replaced or fused since it was looked up.
 */
export const currentPlugin = (
  plugins: Pick<PluginHost, "active">,
  { id, path, version }: ActivePlugin
): ActivePlugin | undefined =>
  plugins.active().find((plugin) => plugin.id === id && plugin.path === path && plugin.version === version)
