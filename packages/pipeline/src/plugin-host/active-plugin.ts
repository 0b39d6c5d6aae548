import type { Registration } from "@cliproxy/abi"
import type { PluginConnection } from "@cliproxy/ffi"
import { compareByteOrder } from "@cliproxy/scheduler"

import type { PluginIsolation } from "../settings.ts"

/** A plugin that is registered and takes part in requests. */
export interface ActivePlugin {
  /** Host-local ID, from the library's file name. */
  readonly id: string
  /** Absolute path of the library. */
  readonly path: string
  /** Version in the file name; empty when it has none. Not what the plugin says of itself. */
  readonly version: string
  /** Larger runs first. */
  readonly priority: number
  readonly isolation: PluginIsolation
  /** What it answered last to `plugin.register` or `plugin.reconfigure`. */
  readonly registration: Registration
  readonly connection: PluginConnection
}

/** Priority order: higher priority first, then ID in byte order. Source: plugin ABI, order. */
export const byPriority = (a: ActivePlugin, b: ActivePlugin): number =>
  b.priority - a.priority || compareByteOrder(a.id, b.id)
