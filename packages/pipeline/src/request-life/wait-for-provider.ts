import { Effect } from "effect"

import type { AttemptSink } from "../provider/attempt-sink.ts"
import { endWait, type TimeSpent, waitFor } from "../decision-trace/time-spent.ts"

/** Runs what asks a provider: until its answer begins, or it fails, the time is the provider's. */
export const waitForProvider = <E>(
  spent: TimeSpent,
  sink: AttemptSink,
  ask: (sink: AttemptSink) => Effect.Effect<void, E>
): Effect.Effect<void, E> =>
  Effect.suspend(() => {
    waitFor(spent, "provider")
    return ask({
      ...sink,
      start: (status, headers, upstream) => {
        endWait(spent)
        sink.start(status, headers, upstream)
      }
    })
  })
