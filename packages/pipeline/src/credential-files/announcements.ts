import { Duration, Effect, type Scope } from "effect"

/** Those who want to know of changes, and when they are told. */
export interface Announcements {
  /** Calls `listener` after changes. Gives a function that ends that. */
  readonly onChange: (listener: () => void) => () => void
  /** Tells the listeners of a change: at once, or together with other changes when they have just been told. */
  readonly announce: Effect.Effect<void>
}

/** Telling takes at most one part in so many of the time. */
const SHARE = 20

/** Milliseconds that telling may take without a pause after it. */
const UNNOTICED_MS = 5

/**
 * Makes what tells listeners of changes. Some look at every credential when one has changed: with thousands that are
 * renewed one after another they would do nothing else, so changes that come while there is a pause are told together.
 */
export const makeAnnouncements: Effect.Effect<Announcements, never, Scope.Scope> = Effect.gen(function* () {
  const scope = yield* Effect.scope
  const listeners = new Set<() => void>()
  const tell = Effect.sync(() => {
    for (const listener of listeners) listener()
  })
  let pausing = false
  let untold = false

  const announce: Effect.Effect<void> = Effect.gen(function* () {
    if (pausing) {
      untold = true
      return
    }
    const [took] = yield* Effect.timed(tell)
    const ms = Duration.toMillis(took)
    if (ms < UNNOTICED_MS) return
    pausing = true
    yield* Effect.sleep(ms * SHARE).pipe(
      Effect.andThen(
        Effect.suspend(() => {
          pausing = false
          if (!untold) return Effect.void
          untold = false
          return announce
        })
      ),
      Effect.forkIn(scope)
    )
  })

  return {
    onChange: (listener) => {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    announce
  }
})
