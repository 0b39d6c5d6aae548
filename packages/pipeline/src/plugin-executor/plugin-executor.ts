import { executorModelScope, type ExecutorModelScope, normalizeExecutorFormats } from "@cliproxy/abi"

import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"

/** A plugin that sends requests to a provider, as the registration round found it. */
export interface PluginExecutor {
  readonly plugin: ActivePlugin
  /** Key of the provider that it serves, lower-case. */
  readonly provider: string
  /** Request formats that it reads, normalised. */
  readonly inputs: ReadonlyArray<string>
  /** Response formats that it writes, normalised. */
  readonly outputs: ReadonlyArray<string>
  /** Which models it serves: `static` ones, which need no credential, those of credentials (`oauth`), or `both`. */
  readonly scope: ExecutorModelScope
}

/** Describes the executor of a plugin that has one, for a provider key. */
export const pluginExecutor = (plugin: ActivePlugin, provider: string): PluginExecutor => {
  const { capabilities } = plugin.registration
  return {
    plugin,
    provider,
    inputs: normalizeExecutorFormats(capabilities.executor_input_formats),
    outputs: normalizeExecutorFormats(capabilities.executor_output_formats),
    scope: executorModelScope(capabilities)
  }
}

/**
 * The executor as it is now: the plugin may have been registered anew, or have got another library, since the round
 * that found it. `undefined` when the plugin is not active any more, or executes no longer.
 */
export const executorNow = (
  plugins: Pick<PluginHost, "active">,
  executor: PluginExecutor
): PluginExecutor | undefined => {
  const plugin = plugins.active().find(({ id }) => id === executor.plugin.id)
  if (plugin === executor.plugin) return executor
  return plugin?.registration.capabilities.executor === true ? pluginExecutor(plugin, executor.provider) : undefined
}
