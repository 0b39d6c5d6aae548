import { Clock, Effect, Exit, Schema } from "effect"

import { NoCandidateAvailable } from "./no-candidate.ts"
import type { Pool } from "./pool.ts"

/**
 * What a request waits for: room under the cap of a `credential` or of its use for a `model`, or the answer of the
 * request that is probing one.
 */
const Bottleneck = Schema.Literals(["credential", "model", "probe"])

/** What a request waits for; see {@link bottleneckOf}. */
export type Bottleneck = typeof Bottleneck.Type

/** More requests wait than may. */
export class WaitQueueFull extends Schema.TaggedError<WaitQueueFull>()("WaitQueueFull", {
  bottleneck: Bottleneck,
  /** How many may wait. */
  limit: Schema.Int,
  /** Why it would have had to wait. */
  refusal: NoCandidateAvailable
}) {
  override get message() {
    return `${this.limit} requests wait for a credential already; ${this.refusal.message}`
  }
}

/** Nobody had room within the time that a request may wait. */
export class WaitTimedOut extends Schema.TaggedError<WaitTimedOut>()("WaitTimedOut", {
  bottleneck: Bottleneck,
  /** How long it waited, in milliseconds. */
  waitedMs: Schema.Finite,
  /** Why it had to wait, as of the last look. */
  refusal: NoCandidateAvailable
}) {
  override get message() {
    return `no credential had room within ${this.waitedMs} ms; ${this.refusal.message}`
  }
}

/** What waiting may help against, `undefined` when it is not another request that is in the way. */
export const bottleneckOf = ({ census, exclusions }: NoCandidateAvailable): Bottleneck | undefined => {
  if (census.atCapacity > 0) {
    const full = exclusions.find(({ _tag }) => _tag === "AtCapacity")
    return full?._tag === "AtCapacity" ? full.cap : "credential"
  }
  return census.probing > 0 ? "probe" : undefined
}

/** How many requests may wait, and how long. */
export interface WaitQueueOptions {
  /** Over all pools together. 0: none. */
  readonly maxWaiters: number
  /** In milliseconds. 0: not at all. */
  readonly waitMs: number
}

/** Requests that wait for a credential with room, in the order in which they came. */
export interface WaitQueue {
  /** How many wait. */
  readonly size: () => number
  /**
   * Runs `attempt`, which picks and acquires a credential of `pool`. While its failure is one that another request's end
   * can cure, it waits for its turn and runs it again. Who comes later is served later; an interruption gives up the
   * place. Fails as `attempt` does, with {@link WaitQueueFull}, or with {@link WaitTimedOut}.
   */
  readonly run: <A, E, R>(
    pool: Pool,
    attempt: Effect.Effect<A, E | NoCandidateAvailable, R>
  ) => Effect.Effect<A, E | NoCandidateAvailable | WaitQueueFull | WaitTimedOut, R>
  /** Wakes one request: of those that wait for any of `pools`, the one that came first. */
  readonly freed: (pools: Iterable<Pool>) => void
}

/** A request's place. It keeps it while it has another look. */
interface Ticket {
  readonly number: number
  /** Set while it sleeps. */
  wake: (() => void) | undefined
}

/** Makes a {@link WaitQueue} in which nobody waits. */
export const makeWaitQueue = ({ maxWaiters, waitMs }: WaitQueueOptions): WaitQueue => {
  /** The requests that wait for a pool, in order. */
  const lines = new Map<Pool, Set<Ticket>>()
  let waiting = 0
  let tickets = 0
  // Grows with every credential that is freed, so that nobody falls asleep over one.
  let releases = 0

  const join = (pool: Pool): Ticket => {
    const ticket: Ticket = { number: ++tickets, wake: undefined }
    const line = lines.get(pool)
    if (line === undefined) lines.set(pool, new Set([ticket]))
    else line.add(ticket)
    waiting++
    return ticket
  }

  const leave = (pool: Pool, ticket: Ticket, now: number, served: boolean): void => {
    const line = lines.get(pool)
    if (line?.delete(ticket) !== true) return
    waiting--
    if (line.size === 0) lines.delete(pool)
    // What woke it may be enough for the next one, too. If it was not used, the next one has to see for itself: maybe
    // nobody is under way any more whose end it could wait for.
    else if (!served || isReady(pool, now)) firstAsleep(line)?.wake?.()
  }

  /** Waits and attempts in turns. `refusal` is the last failure and `seen` the count of releases before it. */
  const takeTurns = Effect.fnUntraced(function* <A, E, R>(
    pool: Pool,
    attempt: Effect.Effect<A, E | NoCandidateAvailable, R>,
    ticket: Ticket,
    clock: Clock.Clock,
    before: { refusal: NoCandidateAvailable | undefined; seen: number }
  ) {
    const startedAt = clock.currentTimeMillisUnsafe()
    let { refusal, seen } = before
    for (;;) {
      const now = clock.currentTimeMillisUnsafe()
      const left = startedAt + waitMs - now
      if (left <= 0 && refusal !== undefined) {
        const bottleneck = bottleneckOf(refusal) ?? "credential"
        return yield* new WaitTimedOut({ bottleneck, waitedMs: now - startedAt, refusal })
      }
      if (left > 0 && seen === releases) {
        // A rest may end before anybody is done.
        const retryIn = (pool.readyAt(now) ?? 0) - now
        yield* sleep(ticket, retryIn > 0 ? Math.min(left, retryIn) : left)
      }
      seen = releases
      const result = yield* Effect.result(attempt)
      if (result._tag === "Success") return result.success
      const { failure } = result
      if (!(failure instanceof NoCandidateAvailable) || bottleneckOf(failure) === undefined) {
        return yield* Effect.fail(failure)
      }
      refusal = failure
      // Somebody is ready, only not for this request, which has tried them.
      if (isReady(pool, clock.currentTimeMillisUnsafe())) firstAsleep(lines.get(pool), ticket)?.wake?.()
    }
  })

  const waitInLine = <A, E, R>(
    pool: Pool,
    attempt: Effect.Effect<A, E | NoCandidateAvailable, R>,
    before: { refusal: NoCandidateAvailable | undefined; seen: number }
  ): Effect.Effect<A, E | NoCandidateAvailable | WaitTimedOut, R> =>
    Effect.flatMap(Clock.Clock, (clock) => {
      // If all who wait have left somebody who is ready, it is not for them that nobody may pass.
      const left = isReady(pool, clock.currentTimeMillisUnsafe()) && allAsleep(lines.get(pool))
      const ticket = join(pool)
      return Effect.onExit(
        takeTurns(pool, attempt, ticket, clock, left ? { ...before, seen: NEVER } : before),
        (exit) => Effect.sync(() => leave(pool, ticket, clock.currentTimeMillisUnsafe(), Exit.isSuccess(exit)))
      )
    })

  return {
    size: () => waiting,
    run: <A, E, R>(pool: Pool, attempt: Effect.Effect<A, E | NoCandidateAvailable, R>) =>
      Effect.suspend((): Effect.Effect<A, E | NoCandidateAvailable | WaitTimedOut | WaitQueueFull, R> => {
        const seen = releases
        // Nobody is passed: who comes while others wait is behind them, even if there is room at this moment.
        if (lines.has(pool) && waiting < maxWaiters) return waitInLine(pool, attempt, { refusal: undefined, seen })
        const waitOrFail = (
          error: E | NoCandidateAvailable
        ): Effect.Effect<A, E | NoCandidateAvailable | WaitTimedOut | WaitQueueFull, R> => {
          const refusal = error instanceof NoCandidateAvailable ? error : undefined
          const bottleneck = refusal && bottleneckOf(refusal)
          if (refusal === undefined || bottleneck === undefined || waitMs <= 0) return Effect.fail(error)
          return waiting < maxWaiters
            ? waitInLine(pool, attempt, { refusal, seen })
            : Effect.fail(new WaitQueueFull({ bottleneck, limit: maxWaiters, refusal }))
        }
        return attempt.pipe(Effect.catch(waitOrFail))
      }),
    freed: (pools) => {
      releases++
      if (waiting === 0) return
      let next: Ticket | undefined
      for (const pool of pools) {
        const ticket = firstAsleep(lines.get(pool))
        if (ticket !== undefined && (next === undefined || ticket.number < next.number)) next = ticket
      }
      next?.wake?.()
    }
  }
}

/** A count of releases that never is. */
const NEVER = -1

const isReady = (pool: Pool, now: number): boolean => (pool.readyAt(now) ?? Infinity) <= now

/** Of a line, or of what comes after a ticket in it. */
const firstAsleep = (line: ReadonlySet<Ticket> | undefined, after?: Ticket): Ticket | undefined => {
  for (const ticket of line ?? []) {
    if (ticket.wake !== undefined && ticket.number > (after?.number ?? 0)) return ticket
  }
  return undefined
}

const allAsleep = (line: ReadonlySet<Ticket> | undefined): boolean => {
  for (const ticket of line ?? []) if (ticket.wake === undefined) return false
  return true
}

/** Sleeps until it is woken, at most for `ms`. */
const sleep = (ticket: Ticket, ms: number): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    ticket.wake = () => {
      ticket.wake = undefined
      resume(Effect.void)
    }
    return Effect.sync(() => {
      ticket.wake = undefined
    })
  }).pipe(Effect.timeoutOrElse({ duration: ms, orElse: () => Effect.void }))
