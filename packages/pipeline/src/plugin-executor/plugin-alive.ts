import type { PluginConnection } from "@cliproxy/ffi"
import { Effect } from "effect"

/** The process that is called now; `undefined` for a plugin in this process, and while there is none. */
export const processOf = ({ stats }: Pick<PluginConnection, "stats">): Effect.Effect<number | undefined> =>
  Effect.map(stats, ({ pid }) => pid)

/**
 * Whether a process of a plugin still is there. One that was replaced lives on until what it runs is done; one that
 * crashed is gone. No process at all means this one, which is there.
 */
export const isAlive = (connection: Pick<PluginConnection, "stats">, pid: number | undefined): Effect.Effect<boolean> =>
  pid === undefined
    ? Effect.succeed(true)
    : Effect.map(processOf(connection), (now) => now === pid || processExists(pid))

/** Signal 0 reaches nobody and only looks whether it could (POSIX, `kill`). */
const processExists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
