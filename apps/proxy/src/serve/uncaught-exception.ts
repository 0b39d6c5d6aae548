import { Cause, Deferred, Effect, Schema, type Scope } from "effect"

/** Something was thrown where nobody catches: the proxy has a defect, and ended because of it. */
export class UncaughtException extends Schema.TaggedError<UncaughtException>()("UncaughtException", {
  message: Schema.String
}) {}

/**
 * Catches what nobody else does while the scope is open, rejected promises too, and logs it. What it gives waits for the
 * first one. Nobody knows what state that has left behind, so the process should end soon; but not before the requests
 * that have nothing to do with it.
 */
export const watchUncaughtExceptions: Effect.Effect<Effect.Effect<UncaughtException>, never, Scope.Scope> = Effect.gen(
  function* () {
    const first = yield* Deferred.make<UncaughtException>()
    const fork = Effect.runForkWith(yield* Effect.context())
    const onException = (thrown: unknown) => {
      fork(Effect.logFatal("an uncaught exception", Cause.die(thrown)))
      const what = thrown instanceof Error ? thrown.message : String(thrown)
      Deferred.doneUnsafe(
        first,
        Effect.succeed(new UncaughtException({ message: `ended by an uncaught exception: ${what}` }))
      )
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => process.on("uncaughtException", onException)),
      () => Effect.sync(() => process.off("uncaughtException", onException))
    )
    return Deferred.await(first)
  }
)
