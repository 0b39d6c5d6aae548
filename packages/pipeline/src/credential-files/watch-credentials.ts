import { Duration, Effect, Latch, type Scope } from "effect"

import { directoryIdentity, watchDirectory } from "./credential-directory.ts"

/** Least milliseconds between two looks that nothing has asked for. */
const LOOK_EVERY_MS = 5_000

/** Such looks take at most one part in so many of the time, however large the directory is. */
const LOOK_SHARE = 100

/**
 * Looks at a directory whenever something in it has changed, and every few seconds besides: not every file system tells
 * (network, mounts of containers), and a link may lead to what lies elsewhere. A directory that was replaced is watched
 * in its new place. Runs until it is interrupted.
 */
export const watchCredentials = (dir: string, look: Effect.Effect<void>): Effect.Effect<never, never, Scope.Scope> =>
  Effect.gen(function* () {
    const changed = Latch.makeUnsafe()
    let watched: { readonly identity: string; readonly stop: (() => void) | undefined } | undefined
    yield* Effect.addFinalizer(() => Effect.sync(() => watched?.stop?.()))
    let pauseMs = LOOK_EVERY_MS
    for (;;) {
      const identity = yield* directoryIdentity(dir)
      if (identity !== watched?.identity) {
        watched?.stop?.()
        watched =
          identity === undefined ? undefined : { identity, stop: watchDirectory(dir, () => void changed.openUnsafe()) }
        // For what happened before the watch began.
        changed.openUnsafe()
      }
      yield* Effect.race(changed.await, Effect.sleep(pauseMs))
      changed.closeUnsafe()
      const [took] = yield* Effect.timed(look)
      pauseMs = Math.max(LOOK_EVERY_MS, Duration.toMillis(took) * LOOK_SHARE)
    }
  })
