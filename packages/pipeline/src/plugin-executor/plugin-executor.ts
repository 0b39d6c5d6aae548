import { executorModelScope, type ExecutorModelScope, normalizeExecutorFormats } from "@cliproxy/abi"

import type { ActivePlugin } from "../plugin-host/active-plugin.ts"

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
