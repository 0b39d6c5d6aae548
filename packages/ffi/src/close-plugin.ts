import { Effect } from "effect"

import type { Bridge } from "./bridge.ts"
import type { Handle } from "./bridge-functions.ts"

/** Milliseconds that closing a plugin waits for its running calls, unless told otherwise. */
export const closeDeadlineMs = 5000

/**
 * Closes a plugin and waits for its shutdown function, for up to `deadlineMs`. `false`: calls still run inside it,
 * and its shutdown is left to them.
 */
export const closePlugin = (bridge: Bridge, plugin: Handle, deadlineMs: number): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const giveUp = setTimeout(() => resume(Effect.succeed(false)), deadlineMs)
    bridge.close(plugin, () => {
      clearTimeout(giveUp)
      resume(Effect.succeed(true))
    })
  })
