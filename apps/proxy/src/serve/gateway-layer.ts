import { discoverPlugins, NativeBridge } from "@cliproxy/ffi"
import {
  type Gateway,
  type GatewayOptions,
  layerGatewayWith,
  nativePlugins,
  PLUGIN_DEADLINES,
  type PluginSource,
  unavailablePlugins
} from "@cliproxy/pipeline"
import { Effect, Layer, type Scope } from "effect"

import { operatorSecrets } from "../operator-secrets.ts"

/**
 * Plugins from shared libraries. The native bridge is loaded for the first of them, so that a proxy without plugins does
 * without it; when there is none, each plugin fails with the reason.
 */
const pluginsOnDemand = (loadMs: number): Effect.Effect<PluginSource, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const source = yield* Effect.cached(
      Layer.buildWithScope(NativeBridge.layer(), scope).pipe(
        Effect.flatMap((bridge) => Effect.provide(nativePlugins(loadMs, operatorSecrets), bridge)),
        Effect.catchTag("BridgeUnavailable", ({ message }) => Effect.succeed(unavailablePlugins(message)))
      )
    )
    return { discover: discoverPlugins, open: (request) => Effect.flatMap(source, ({ open }) => open(request)) }
  })

/**
 * The gateway, with plugins when the native bridge can be had, and without them, saying why, when not. The bridge ends
 * after the gateway, and so after all plugins.
 */
export const gatewayLayer = (options: GatewayOptions = {}): Layer.Layer<Gateway> =>
  Layer.unwrap(
    Effect.map(pluginsOnDemand((options.plugin ?? PLUGIN_DEADLINES).loadMs), (plugins) =>
      layerGatewayWith(plugins, options)
    )
  )
