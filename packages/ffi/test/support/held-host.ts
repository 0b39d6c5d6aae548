import { Deferred, Effect } from "effect"

import type { HostCallHandler } from "../../src/plugin-connection.ts"
import { echoHost } from "./conversation.ts"

/** A host that answers when the test says so: until then the plugin's call does not return. */
export interface HeldHost {
  readonly onHostCall: HostCallHandler
  /** Ends when the plugin has called. */
  readonly called: Effect.Effect<void>
  /** Answers all calls, those to come too, with what they ask. */
  readonly answer: Effect.Effect<void>
}

/** Makes a host that holds its answers back. */
export const heldHost: Effect.Effect<HeldHost> = Effect.gen(function* () {
  const called = yield* Deferred.make<void>()
  const released = yield* Deferred.make<void>()
  return {
    onHostCall: (method, request) =>
      Deferred.succeed(called, undefined).pipe(
        Effect.andThen(Deferred.await(released)),
        Effect.andThen(echoHost(method, request))
      ),
    called: Deferred.await(called),
    answer: Effect.asVoid(Deferred.succeed(released, undefined))
  }
})
