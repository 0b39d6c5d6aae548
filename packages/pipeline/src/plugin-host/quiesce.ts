import { pluginQuiesce, type Registration, schemaVersionOf, UNKNOWN_METHOD } from "@cliproxy/abi"
import type { PluginConnection } from "@cliproxy/ffi"
import { Effect } from "effect"

import { callPlugin } from "./call-plugin.ts"

/** Message schema from which on plugins know `plugin.quiesce`. */
const QUIESCE_SCHEMA = 4

/**
 * Asks a plugin to let go of ports, locks and the like, since another version of it is about to be registered. Does
 * nothing for plugins that cannot know the method. Never fails: a plugin that does not answer well is replaced all the
 * same. Source: plugin ABI, life cycle.
 */
export const quiesce = (
  connection: PluginConnection,
  registration: Registration,
  deadlineMs: number
): Effect.Effect<void> =>
  schemaVersionOf(registration) < QUIESCE_SCHEMA
    ? Effect.void
    : callPlugin(connection, pluginQuiesce, {}, { deadlineMs }).pipe(
        Effect.catch((error) =>
          error._tag === "PluginRefused" && error.code === UNKNOWN_METHOD
            ? Effect.void
            : Effect.logWarning(`plugin ${connection.id} did not make way for its next version: ${error.message}`)
        )
      )
