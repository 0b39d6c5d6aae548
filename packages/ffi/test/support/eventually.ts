import { Effect } from "effect"

/** Waits until something holds. What never comes to hold ends with the time of the test. */
export const eventually = <E = never>(holds: () => boolean | Effect.Effect<boolean, E>): Effect.Effect<void, E> =>
  Effect.gen(function* () {
    for (;;) {
      const answer = holds()
      if (typeof answer === "boolean" ? answer : yield* answer) return
      yield* Effect.sleep("5 millis")
    }
  })
