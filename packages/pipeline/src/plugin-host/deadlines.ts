/** How long the host waits for a plugin, in milliseconds. The plugin ABI itself sets no limit. */
export interface PluginDeadlines {
  /** Loading the library and its `cliproxy_plugin_init`. */
  readonly loadMs: number
  /** `plugin.register` and `plugin.reconfigure`. */
  readonly lifecycleMs: number
  /** `scheduler.pick`. */
  readonly schedulerPickMs: number
}

/**
 * Defaults. A plugin that hangs while it starts must not keep the gateway from starting, yet may open a database
 * first: 10 s for both. A pick stands in the way of a waiting client, but a plugin may ask a service of its own: 5 s,
 * far above what any pick should take and far below what clients wait.
 */
export const PLUGIN_DEADLINES: PluginDeadlines = { loadMs: 10_000, lifecycleMs: 10_000, schedulerPickMs: 5_000 }

/**
 * Microseconds for which the JavaScript thread may wait in place for a pick. A plugin in memory answers in well under
 * 100; the way through the event queue costs about as much again. Waiting longer would hold up all other requests.
 */
export const PICK_IN_PLACE_MICROS = 200
