import { Clock, Effect, Fiber } from "effect"

import type { CredentialUse } from "../credentials/credential-use.ts"

/** Runs an attempt; when it finds out about its credential and nothing comes for long, others need not wait any more. */
export const withPatience = <A, E, R>(
  use: CredentialUse | undefined,
  attempt: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  if (use?.patienceMs === undefined) return attempt
  const { patienceMs } = use
  const lostPatience = Effect.andThen(
    Effect.sleep(patienceMs),
    Effect.map(Clock.currentTimeMillis, (now) => use.answered(now))
  )
  return Effect.acquireUseRelease(Effect.forkChild(lostPatience), () => attempt, Fiber.interrupt)
}
