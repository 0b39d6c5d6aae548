import { Effect, Schedule, Semaphore } from "effect"

import { checkConfigText, ConfigInvalid, type LoadedConfig, readConfigText } from "../config/read-config.ts"
import type { ConfigChange } from "./watch-config.ts"

/** A configuration file that is in use. */
export interface ReloadOptions {
  /** Absolute. */
  readonly path: string
  /** As the operator calls it. */
  readonly name: string
  /** What it said when it was taken over. */
  readonly text: string
  /** Takes a configuration over. */
  readonly apply: (loaded: LoadedConfig) => Effect.Effect<void>
}

/** Why the file is looked at: it may have changed by hand, or the management API has edited it. */
export type ReloadReason = ConfigChange | "edit"

/** Whether the text says nothing, as a file does that is about to be written. */
const saysNothing = (text: string): boolean => text.split("\n").every((line) => /^\s*(#|$)/.test(line))

/**
 * Makes what takes the file over when it has changed; after an edit also when it has not, because plugins may be waiting
 * to be asked again. A file that cannot be used is logged, and what was in use stays. Runs one at a time.
 */
export const makeConfigReload = ({ apply, name, path, text: initial }: ReloadOptions) => {
  let text: string | undefined = initial
  return Effect.fnUntraced(
    function* (reason: ReloadReason) {
      // Some editors move the old file away before they write the new one.
      const read = yield* Effect.retry(readConfigText(path), { times: 1, schedule: Schedule.spaced("1 second") })
      if (read === text && reason !== "edit") {
        if (reason === "SIGHUP") yield* Effect.logInfo(`SIGHUP: ${name} has not changed`)
        return
      }
      text = read
      if (saysNothing(read)) return yield* new ConfigInvalid({ message: `${name} is empty` })
      yield* apply(yield* checkConfigText(name, read, process.cwd()))
      yield* Effect.logInfo(`${name}: the new configuration is in use`)
    },
    Effect.catchTag(["ConfigInvalid", "ConfigUnreadable"], (error) => {
      const known = error._tag === "ConfigUnreadable" && text === undefined
      if (error._tag === "ConfigUnreadable") text = undefined
      return known ? Effect.void : Effect.logError(`the configuration stays as it was: ${error.message}`)
    }),
    Effect.catchDefect((defect) => Effect.logError("a change of the configuration could not be taken over", defect)),
    Semaphore.makeUnsafe(1).withPermits(1)
  )
}
