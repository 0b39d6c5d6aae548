import { Effect, Fiber, type Scope } from "effect"

/** Work for which no client waits. It outlives requests, and ends with the gateway. */
export interface Background {
  /** Starts work that cannot fail. */
  readonly run: (work: Effect.Effect<void>) => void
}

/** Milliseconds that work gets to finish when the gateway closes. */
const GRACE_MS = 2_000

/** Makes a place for background work. When the scope closes, what still runs gets two seconds and is then interrupted. */
export const makeBackground: Effect.Effect<Background, never, Scope.Scope> = Effect.gen(function* () {
  const fork = Effect.runForkWith(yield* Effect.context())
  const running = new Set<Fiber.Fiber<void>>()
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => Fiber.awaitAll(running)).pipe(
      Effect.timeoutOption(GRACE_MS),
      Effect.andThen(Effect.suspend(() => Fiber.interruptAll(running)))
    )
  )
  return {
    run: (work) => {
      const fiber = fork(work)
      running.add(fiber)
      fiber.addObserver(() => running.delete(fiber))
    }
  }
})
