import { Clock, Duration, Effect, Latch, type Scope } from "effect"

import { directoryIdentity, watchDirectory } from "./credential-directory.ts"

/** Least milliseconds between two looks that nothing has asked for. */
const LOOK_EVERY_MS = 5_000

/** Such looks take at most one part in so many of the time, however large the directory is. */
const LOOK_SHARE = 100

const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)

/**
 * Looks at files of a directory whenever they have changed, and at all of it every few seconds besides: not every file
 * system tells (network, mounts of containers), and a link may lead to what lies elsewhere. A directory that was replaced
 * is watched in its new place. `look` gets the names of the files, or undefined for the whole directory. Runs until it is
 * interrupted.
 */
export const watchCredentials = (
  dir: string,
  look: (names: ReadonlySet<string> | undefined) => Effect.Effect<void>
): Effect.Effect<never, never, Scope.Scope> =>
  Effect.gen(function* () {
    const changed = Latch.makeUnsafe()
    let watched: { readonly identity: string; readonly stop: (() => void) | undefined } | undefined
    yield* Effect.addFinalizer(() => Effect.sync(() => watched?.stop?.()))
    /** Files that have changed since the last look; undefined for the whole directory. */
    let names: Set<string> | undefined = new Set()
    const note = (more: ReadonlySet<string> | undefined): void => {
      names = more === undefined ? undefined : names?.union(more)
      changed.openUnsafe()
    }
    let pauseMs = LOOK_EVERY_MS
    /** When all of it was looked at, on a clock that nobody sets, in milliseconds. */
    let lookedAt = yield* monotonicMillis
    for (;;) {
      const identity = yield* directoryIdentity(dir)
      if (identity !== watched?.identity) {
        watched?.stop?.()
        watched = identity === undefined ? undefined : { identity, stop: watchDirectory(dir, note) }
        // For what happened before the watch began.
        note(undefined)
      }
      const now = yield* monotonicMillis
      yield* Effect.race(changed.await, Effect.sleep(Math.max(0, lookedAt + pauseMs - now)))
      const which = changed.isOpen() ? names : undefined
      names = new Set()
      changed.closeUnsafe()
      const [took] = yield* Effect.timed(look(which))
      if (which !== undefined) continue
      lookedAt = yield* monotonicMillis
      pauseMs = Math.max(LOOK_EVERY_MS, Duration.toMillis(took) * LOOK_SHARE)
    }
  })
