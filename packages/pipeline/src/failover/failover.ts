import type { Decision } from "@cliproxy/scheduler"
import { Clock, Effect, Random, Schedule } from "effect"

import type { AttemptFailure } from "./attempt-failure.ts"
import { toGatewayError, type Verdict } from "./attempt-outcome.ts"
import type { CredentialUse } from "../credentials/credential-use.ts"
import type { GatewayError, NoCredential, SchedulerRefused } from "../gateway-error.ts"
import type { Terminated } from "../request-life/terminated.ts"

/** How long and how often a request is tried. */
export interface FailoverPolicy {
  /** Extra rounds over the pool after the first, for credentials that have no number of their own. */
  readonly requestRetry: number
  /** Credentials tried per round; 0 means all. */
  readonly maxRetryCredentials: number
  /** Longest wait between two rounds in milliseconds; 0 never waits. */
  readonly maxRetryIntervalMs: number
}

/** What failover does with credentials, as functions, so that it can be tested without any. */
export interface Attempts {
  /** The model's name, for error texts. */
  readonly model: string
  /**
   * Chooses among the credentials that are not in `tried`, and begins to use the chosen one: `took` gets the use before
   * anything else happens, so that it is given back whatever comes.
   */
  readonly choose: (
    tried: ReadonlySet<string>,
    took: (use: CredentialUse) => void
  ) => Effect.Effect<Decision, NoCredential | SchedulerRefused>
  /**
   * Sends the request with the chosen credential; `answered` is called when the answer begins. A plugin may end the
   * request instead; that says nothing of anybody.
   */
  readonly send: (decision: Decision, answered: () => void) => Effect.Effect<void, AttemptFailure | Terminated>
  /** What follows from the failure of an attempt with a credential. */
  readonly judge: (id: string, failure: AttemptFailure) => Verdict
  /**
   * When one of the credentials that are not in `spent` is available, in Unix milliseconds; `undefined` when none will
   * be.
   */
  readonly readyAt: (now: number, spent: ReadonlySet<string>) => number | undefined
  /**
   * Extra rounds by credential ID, of all credentials; `undefined` when none has a number of its own. `requestRetry` is
   * for those that have none.
   */
  readonly allowances?: (requestRetry: number) => ReadonlyMap<string, number> | undefined
}

/** Between rounds, wait up to this share longer than needed, so that waiting requests do not come back all at once. */
const JITTER = 0.25

/** Most milliseconds of jitter. */
const MAX_JITTER_MS = 2_000

/** A round that served nobody. */
interface RoundFailed {
  readonly _tag: "RoundFailed"
  /** For the client, if no other round follows. */
  readonly error: GatewayError | Terminated
  /** Milliseconds until another round can succeed; `undefined` when none is to follow. */
  readonly waitMs: number | undefined
}

/** The last failure of a provider, and what follows from it. */
interface LastFailure {
  readonly failure: AttemptFailure
  readonly verdict: Verdict
}

/** What one request has behind it, over all rounds. */
interface Progress {
  last: LastFailure | undefined
  /** Extra rounds so far. */
  round: number
}

/** Serves a request with one credential after another. */
export type FailOver = (attempts: Attempts) => Effect.Effect<void, GatewayError | Terminated>

/** Rounds follow each other for as long as they say themselves that another one may help. */
const rounds = Schedule.forever.pipe(
  Schedule.setInputType<RoundFailed>(),
  Schedule.while(({ input }) => Effect.succeed(input.waitMs !== undefined)),
  Schedule.modifyDelay(({ input }) => jittered(input.waitMs ?? 0))
)

/**
 * Makes the retry loop of a policy.
 *
 * A round tries each credential at most once, until one serves the request. Going on to the next is for failures that
 * another credential may not have: refused credentials (401, 402, 403), a missing model (404), 408, 429, 5xx, unknown
 * statuses, broken connections and answers. The request's own faults (400, 409, 413, 422) are returned at once, and so
 * is anything after the first byte has gone to the client. `Attempts.judge` may decide otherwise.
 *
 * Another round follows, up to `requestRetry` of them, when the last failure is a passing one and a credential is
 * available within `maxRetryIntervalMs`. When nobody is left, the client gets the last failure of a provider rather
 * than the news that nobody is left; a scheduler plugin that refuses after such a failure does not hide it either.
 * A plugin's refusal is not tried again.
 */
export const makeFailOver =
  (policy: FailoverPolicy): FailOver =>
  (attempts) =>
    Effect.suspend(() => {
      const progress: Progress = { last: undefined, round: 0 }
      const round = Effect.suspend(() => oneRound(policy, attempts, progress))
      return round.pipe(
        Effect.catch((failed) =>
          failed.waitMs === undefined
            ? Effect.fail(failed.error)
            : Effect.mapError(furtherRounds(failed, round), ({ error }) => error)
        )
      )
    })

/** Most requests need no schedule: it comes in after the first round, and sees its failure like all later ones. */
const furtherRounds = (
  first: RoundFailed,
  round: Effect.Effect<void, RoundFailed>
): Effect.Effect<void, RoundFailed> => {
  let next: Effect.Effect<void, RoundFailed> = Effect.fail(first)
  return Effect.retry(
    Effect.suspend(() => {
      const now = next
      next = round
      return now
    }),
    rounds
  )
}

const jittered = (waitMs: number): Effect.Effect<number> =>
  waitMs <= 0
    ? Effect.succeed(0)
    : Effect.map(Random.next, (random) => waitMs + random * Math.min(waitMs * JITTER, MAX_JITTER_MS))

const oneRound = Effect.fnUntraced(function* (policy: FailoverPolicy, attempts: Attempts, progress: Progress) {
  const clock = yield* Clock.Clock
  const tried = new Set(spentBy(progress.round, policy, attempts))
  const spent = tried.size
  const roundFailed = (error: GatewayError | Terminated, again: boolean): Effect.Effect<never, RoundFailed> => {
    const waitMs = again ? waitForNext(policy, attempts, progress, clock.currentTimeMillisUnsafe()) : undefined
    progress.round++
    return Effect.fail({ _tag: "RoundFailed", error, waitMs })
  }
  const gaveUp = ({ failure }: LastFailure, again: boolean): Effect.Effect<never, RoundFailed> =>
    roundFailed(toGatewayError(failure, attempts.model), again)

  for (;;) {
    const { last } = progress
    if (last !== undefined && tried.size > spent && tried.size - spent === policy.maxRetryCredentials) {
      return yield* gaveUp(last, last.verdict.later)
    }
    const result = yield* Effect.result(oneAttempt(attempts, tried, progress, clock))
    if (result._tag === "Success") {
      const end = result.success
      if (end._tag === "Served") return
      if (end._tag === "Terminated") return yield* roundFailed(end, false)
      if (!end.verdict.goOn) return yield* gaveUp(end, false)
    } else {
      const error = result.failure
      const refused = error._tag === "SchedulerRefused"
      if (last !== undefined) return yield* gaveUp(last, !refused && last.verdict.later)
      return yield* roundFailed(error, !refused && error.retryAfterMs !== undefined)
    }
  }
})

/** How an attempt ended that had a credential. */
type AttemptEnd = { readonly _tag: "Served" } | Terminated | ({ readonly _tag: "Failed" } & LastFailure)

/** One attempt: a credential is chosen, used, and given back, whichever way the attempt ends. */
const oneAttempt = (
  attempts: Attempts,
  tried: Set<string>,
  progress: Progress,
  clock: Clock.Clock
): Effect.Effect<AttemptEnd, NoCredential | SchedulerRefused> =>
  Effect.suspend(() => {
    let use: CredentialUse | undefined
    const took = (taken: CredentialUse): void => {
      use = taken
    }
    const answered = (): void => use?.answered(clock.currentTimeMillisUnsafe())

    const served = (): AttemptEnd => {
      use?.ended({ _tag: "Succeeded" }, clock.currentTimeMillisUnsafe())
      return SERVED
    }
    const failed = (id: string, failure: AttemptFailure | Terminated): AttemptEnd => {
      if (failure._tag === "Terminated") return failure
      const now = clock.currentTimeMillisUnsafe()
      const verdict = attempts.judge(id, failure)
      progress.last = { failure, verdict }
      use?.ended(verdict.outcome, now)
      return { _tag: "Failed", failure, verdict }
    }
    const ended = Effect.flatMap(attempts.choose(tried, took), (decision) => {
      const { id } = decision.candidate
      tried.add(id)
      return Effect.match(attempts.send(decision, answered), {
        onSuccess: served,
        onFailure: (failure) => failed(id, failure)
      })
    })
    return Effect.ensuring(
      ended,
      Effect.sync(() => use?.release(clock.currentTimeMillisUnsafe()))
    )
  })

const SERVED: AttemptEnd = { _tag: "Served" }

/** Credentials that may not be tried in an extra round, because their own number of rounds is used up. */
const spentBy = (round: number, { requestRetry }: FailoverPolicy, { allowances }: Attempts): ReadonlySet<string> => {
  const own = round === 0 ? undefined : allowances?.(requestRetry)
  return own === undefined ? NOBODY : new Set([...own].flatMap(([id, allowed]) => (allowed < round ? [id] : [])))
}

const NOBODY: ReadonlySet<string> = new Set()

/** Milliseconds until another round can succeed, if there is to be one and that is within the limit. */
const waitForNext = (
  policy: FailoverPolicy,
  attempts: Attempts,
  { round }: Progress,
  now: number
): number | undefined => {
  const { requestRetry } = policy
  const own = attempts.allowances?.(requestRetry)
  if (own === undefined ? round >= requestRetry : own.values().every((allowed) => round >= allowed)) return undefined
  const readyAt = attempts.readyAt(now, spentBy(round + 1, policy, attempts))
  if (readyAt === undefined) return undefined
  const waitMs = Math.max(0, readyAt - now)
  return waitMs <= policy.maxRetryIntervalMs ? waitMs : undefined
}
