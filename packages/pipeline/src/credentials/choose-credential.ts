import type { Decision, NoCandidateAvailable, PickRequest, PickSession, Pool, Strategy } from "@cliproxy/scheduler"
import { type Clock, Effect } from "effect"

import type { CredentialPools } from "./credential-pools.ts"
import type { CredentialUse } from "./credential-use.ts"
import { endWait, type TimeSpent, waitFor } from "../decision-trace/time-spent.ts"
import type { NoCredential, SchedulerRefused } from "../gateway-error.ts"
import type { Route } from "../models/model-registry.ts"
import { noCredential } from "./no-credential.ts"
import type { Schedule } from "./schedule.ts"

/** Whom one request chooses from, and what is known of it. */
export interface ChoiceRequest {
  readonly route: Route
  readonly pool: Pool
  readonly strategy: Strategy
  /** What a scheduler plugin is told. */
  readonly request: PickRequest
  /** The session that the request belongs to, when sessions keep their credential. */
  readonly session: PickSession | undefined
  /** Who the client is. */
  readonly principal: string | undefined
  /** Gets the time in line. */
  readonly spent: TimeSpent
}

/**
 * Chooses a credential that is not in `tried` and begins to use it: `took` gets the use as soon as there is one. Fails
 * with `NoCredential` when nobody can take the request, and with `SchedulerRefused` when a plugin says so.
 */
export type ChooseCredential = (
  choice: ChoiceRequest,
  tried: ReadonlySet<string>,
  took: (use: CredentialUse) => void
) => Effect.Effect<Decision, NoCredential | SchedulerRefused>

/**
 * Makes the stage that chooses a credential for each attempt, out of a pick and the beginning of its use. When all who
 * could serve are only busy, or one of them is being probed, it waits for its turn.
 */
export const makeChooseCredential =
  (pools: Pick<CredentialPools, "acquire" | "inTurn">, schedule: Schedule): ChooseCredential =>
  (choice, tried, took) =>
    Effect.clockWith((clock) => {
      const { spent } = choice
      const attempt = Effect.suspend(() => {
        endWait(spent)
        const choosing = { pools, schedule, choice, took, clock }
        return Effect.mapErrorEager(pickAndAcquire(choosing, tried, undefined), (error) => {
          waitFor(spent, "queue")
          return error
        })
      })
      waitFor(spent, "queue")
      return Effect.mapError(pools.inTurn(choice.pool, attempt), (error) =>
        error._tag === "SchedulerRefused" ? error : noCredential(error, choice.request, clock.currentTimeMillisUnsafe())
      )
    })

/** What the picks of one choice share. */
interface Choosing {
  readonly pools: Pick<CredentialPools, "acquire">
  readonly schedule: Schedule
  readonly choice: ChoiceRequest
  readonly took: (use: CredentialUse) => void
  readonly clock: Clock.Clock
}

/** Picks until the use of somebody could begin. Who was `missed` twice is left out, so that this ends. */
const pickAndAcquire = (
  choosing: Choosing,
  tried: ReadonlySet<string>,
  missed: string | undefined
): Effect.Effect<Decision, NoCandidateAvailable | SchedulerRefused> => {
  const { choice, clock, pools, schedule, took } = choosing
  const now = clock.currentTimeMillisUnsafe()
  return Effect.flatMapEager(schedule({ ...choice, tried, now }), (decision) => {
    const { id } = decision.candidate
    // A plugin may have taken its time.
    const use = pools.acquire(choice.route, choice.pool, id, clock.currentTimeMillisUnsafe())
    if (use === undefined) return pickAndAcquire(choosing, id === missed ? new Set([...tried, id]) : tried, id)
    took(use)
    return Effect.succeed(decision)
  })
}
