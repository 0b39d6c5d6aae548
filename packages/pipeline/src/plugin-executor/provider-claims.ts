import type { ModelInfo } from "@cliproxy/abi"

import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import { type PluginExecutor, pluginExecutor } from "./plugin-executor.ts"

/** What one plugin said in a registration round. */
export interface PluginOffer {
  readonly plugin: ActivePlugin
  /** Provider key that its executor serves; `undefined` when it has no executor, or one without a key. */
  readonly executes: string | undefined
  /** Provider key of its models, lower-case. */
  readonly provider: string
  /** Models that it lists without a credential; may be empty. */
  readonly models: ReadonlyArray<ModelInfo>
}

/** What the gateway serves by itself. Plugins never take it over. */
export interface BuiltinOffer {
  /** Provider keys. */
  readonly providers: ReadonlySet<string>
  /** Names of models. */
  readonly models: ReadonlySet<string>
}

/** Models of one plugin under one provider key. */
export interface ListedModels {
  readonly plugin: string
  readonly provider: string
  readonly models: ReadonlyArray<ModelInfo>
}

/** Who executes for which provider, and which models were listed for it. */
export interface Claims {
  /** By provider key. None of them is served by the gateway itself. */
  readonly executors: ReadonlyMap<string, PluginExecutor>
  /** By plugin ID: every executor with a provider key, also those that got no provider. A route may name them. */
  readonly executorsByPlugin: ReadonlyMap<string, PluginExecutor>
  /** In priority order. A provider may occur several times, and may be one that nobody executes for. */
  readonly listed: ReadonlyArray<ListedModels>
}

/**
 * Settles who serves what. `offers` are in priority order.
 *
 * Models of plugins without an executor, or with one for a provider that the gateway serves, are additions to that
 * provider. All others are claimed in two passes. First each model goes to the first executor plugin that lists it,
 * unless the gateway serves it, and a provider key for which a plugin has got a model is closed to the other plugins.
 * Then each provider key goes to the first plugin that executes for it, unless that one listed models and got none;
 * later plugins with the same key are passed over together with their models. Source: plugin ABI, `model.register`.
 */
export const claimProviders = (offers: ReadonlyArray<PluginOffer>, builtin: BuiltinOffer): Claims => {
  const own = (provider: string): boolean => builtin.providers.has(provider)
  const closedFor = new Map<string, string>()
  const claimed = new Set<string>()
  const won = new Map<string, ReadonlyArray<ModelInfo>>()
  for (const { executes, models, plugin } of offers) {
    if (executes === undefined || own(executes) || (closedFor.get(executes) ?? plugin.id) !== plugin.id) continue
    const free: Array<ModelInfo> = []
    for (const model of models) {
      if (claimed.has(model.ID) || builtin.models.has(model.ID)) continue
      claimed.add(model.ID)
      free.push(model)
    }
    if (free.length > 0) closedFor.set(executes, plugin.id)
    won.set(plugin.id, free)
  }

  const executors = new Map<string, PluginExecutor>()
  const listed: Array<ListedModels> = []
  for (const { executes, models, plugin, provider } of offers) {
    if (executes === undefined || own(executes)) {
      if (models.length > 0) listed.push({ plugin: plugin.id, provider, models })
      continue
    }
    const got = won.get(plugin.id) ?? []
    if (executors.has(executes) || (models.length > 0 && got.length === 0)) continue
    executors.set(executes, pluginExecutor(plugin, executes))
    if (got.length > 0) listed.push({ plugin: plugin.id, provider: executes, models: got })
  }
  const executorsByPlugin = new Map(
    offers.flatMap(({ executes, plugin }) =>
      executes === undefined ? [] : [[plugin.id, pluginExecutor(plugin, executes)] as const]
    )
  )
  return { executors, executorsByPlugin, listed }
}
