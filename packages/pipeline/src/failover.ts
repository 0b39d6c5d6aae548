import type { AttemptOutcome, Decision } from "@cliproxy/scheduler"
import { Clock, Effect, Random, Schedule } from "effect"

import type { AttemptFailure } from "./attempt-failure.ts"
import { canFailOver, canRetryLater, isRequestFault, outcomeOf, toGatewayError } from "./attempt-outcome.ts"
import type { GatewayError, NoCredential, SchedulerRefused } from "./gateway-error.ts"
import type { Terminated } from "./request-life/terminated.ts"

/** How long and how often a request is tried. */
export interface FailoverPolicy {
  /** Extra rounds over the pool after the first. */
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
  /** Chooses among the credentials that are not in `tried`. */
  readonly pick: (tried: ReadonlySet<string>, now: number) => Effect.Effect<Decision, NoCredential | SchedulerRefused>
  /** Sends the request with the chosen credential. A plugin may end the request instead; that says nothing of anybody. */
  readonly send: (decision: Decision) => Effect.Effect<void, AttemptFailure | Terminated>
  /** Feeds back how an attempt ended, for the cooldown. */
  readonly report: (id: string, outcome: AttemptOutcome, now: number) => void
  /** When some credential is available, tried or not, in Unix milliseconds; `undefined` when none will be. */
  readonly readyAt: (now: number) => number | undefined
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
  /** Milliseconds until another round can succeed; `undefined` when none should be tried. */
  readonly waitMs: number | undefined
}

/** One line of what was tried, for the log. Holds no secret. */
interface FailedAttempt {
  readonly credential: string
  /** The provider's status, or `broken` for a connection or answer that broke. */
  readonly status: number | "broken"
  readonly message: string
}

/** What one request has behind it, over all rounds. */
interface Progress {
  readonly failed: Array<FailedAttempt>
  /** The last failure of a provider. */
  last: AttemptFailure | undefined
}

/** Serves a request with one credential after another. */
export type FailOver = (attempts: Attempts) => Effect.Effect<void, GatewayError | Terminated>

/**
 * Makes the retry loop of a policy.
 *
 * A round tries each credential at most once, until one serves the request. Going on to the next is for failures that
 * another credential may not have: refused credentials (401, 402, 403), a missing model (404), 408, 429, 5xx, unknown
 * statuses, broken connections and answers. The request's own faults (400, 409, 413, 422) are returned at once, and so
 * is anything after the first byte has gone to the client.
 *
 * Another round follows, up to `requestRetry` of them, when the last failure is a passing one and a credential is
 * available within `maxRetryIntervalMs`. When nobody is left, the client gets the last failure of a provider rather
 * than the news that nobody is left; a scheduler plugin that refuses after such a failure does not hide it either.
 * A plugin's refusal is not tried again.
 */
export const makeFailOver = (policy: FailoverPolicy): FailOver => {
  const between = Schedule.recurs(policy.requestRetry).pipe(
    Schedule.setInputType<RoundFailed>(),
    Schedule.while(({ input }) => Effect.succeed(input.waitMs !== undefined)),
    Schedule.modifyDelay(({ input }) => jittered(input.waitMs ?? 0))
  )
  return (attempts) =>
    Effect.suspend(() => {
      const progress: Progress = { failed: [], last: undefined }
      const round = oneRound(policy, attempts, progress)
      return (policy.requestRetry > 0 ? Effect.retry(round, between) : round).pipe(
        Effect.catch(({ error }): Effect.Effect<never, GatewayError | Terminated> =>
          error._tag === "Terminated"
            ? Effect.fail(error)
            : Effect.andThen(logFailures(attempts.model, progress), Effect.fail(error))
        )
      )
    })
}

const jittered = (waitMs: number): Effect.Effect<number> =>
  waitMs <= 0
    ? Effect.succeed(0)
    : Effect.map(Random.next, (random) => waitMs + random * Math.min(waitMs * JITTER, MAX_JITTER_MS))

const oneRound = Effect.fnUntraced(function* (policy: FailoverPolicy, attempts: Attempts, progress: Progress) {
  const clock = yield* Clock.Clock
  const tried = new Set<string>()
  const roundFailed = (error: GatewayError | Terminated, again: boolean): Effect.Effect<never, RoundFailed> => {
    const waitMs = again ? waitFor(attempts, clock.currentTimeMillisUnsafe(), policy.maxRetryIntervalMs) : undefined
    return Effect.fail({ _tag: "RoundFailed", error, waitMs })
  }
  const gaveUp = (failure: AttemptFailure, again: boolean): Effect.Effect<never, RoundFailed> =>
    roundFailed(toGatewayError(failure, attempts.model), again)

  for (;;) {
    const { last } = progress
    if (last !== undefined && tried.size > 0 && tried.size === policy.maxRetryCredentials) {
      return yield* gaveUp(last, canRetryLater(last))
    }
    const picked = yield* Effect.result(attempts.pick(tried, clock.currentTimeMillisUnsafe()))
    if (picked._tag === "Failure") {
      const error = picked.failure
      const refused = error._tag === "SchedulerRefused"
      if (last !== undefined) return yield* gaveUp(last, !refused && canRetryLater(last))
      return yield* roundFailed(error, !refused && error.retryAfterMs !== undefined)
    }

    const decision = picked.success
    const { id } = decision.candidate
    tried.add(id)
    const startedAt = clock.currentTimeMillisUnsafe()
    const sent = yield* Effect.result(attempts.send(decision))
    const now = clock.currentTimeMillisUnsafe()
    if (sent._tag === "Success") {
      attempts.report(id, { _tag: "Succeeded", startedAt }, now)
      yield* Effect.logDebug("attempt succeeded", describeDecision(decision, now - startedAt))
      return
    }

    const failure = sent.failure
    if (failure._tag === "Terminated") return yield* roundFailed(failure, false)
    const { message } = failure
    const status = failure._tag === "ProviderBroke" ? "broken" : (failure.status ?? 500)
    progress.last = failure
    progress.failed.push({ credential: id, status, message })
    attempts.report(id, { ...outcomeOf(failure), startedAt }, now)
    yield* Effect.logDebug("attempt failed", { ...describeDecision(decision, now - startedAt), status, message })
    if (!canFailOver(failure)) return yield* gaveUp(failure, false)
  }
})

/** Milliseconds until some credential is available, if that is within the limit. */
const waitFor = (attempts: Attempts, now: number, limitMs: number): number | undefined => {
  const readyAt = attempts.readyAt(now)
  if (readyAt === undefined) return undefined
  const waitMs = Math.max(0, readyAt - now)
  return waitMs <= limitMs ? waitMs : undefined
}

const describeDecision = ({ candidate, chosenBy }: Decision, durationMs: number): Record<string, unknown> => ({
  credential: candidate.id,
  chosenBy:
    chosenBy._tag === "Builtin"
      ? chosenBy.strategy
      : chosenBy._tag === "Plugin"
        ? `plugin ${chosenBy.plugin}`
        : `${chosenBy.strategy}, for plugin ${chosenBy.plugin}`,
  durationMs
})

/** A request that was wrong in itself is the client's affair and no line in the log. */
const logFailures = (model: string, { failed, last }: Progress): Effect.Effect<void> =>
  last === undefined || isRequestFault(last)
    ? Effect.void
    : Effect.logWarning(`no credential could serve ${model}`, { attempts: failed })
