import { Clock, Effect, Exit, Schema } from "effect"

import { NoCandidateAvailable } from "./no-candidate.ts"
import type { Pool } from "./pool.ts"

/**
 * What a request waits for: room under the cap of a `credential`, of its use for a `model`, or of the model over all
 * credentials (`route`), or the answer of the request that is probing one.
 */
const Bottleneck = Schema.Literals(["credential", "model", "route", "probe"])

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
export interface WaitingRoom {
  /** Over all pools together. 0: none. */
  readonly maxWaiters: number
  /** In milliseconds. 0: not at all. */
  readonly waitMs: number
}

/** Who may wait. */
export interface WaitQueueOptions extends WaitingRoom {
  /**
   * Where requests wait that find no place in the queue, but only for the verdict of a probe: so that one probe of an
   * only credential is no outage where nobody may queue. Left out: nowhere.
   */
  readonly probeRoom?: WaitingRoom | undefined
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

/** A room, and how many wait in it. */
interface Room extends WaitingRoom {
  /** Whether it is only for those who wait for a probe. */
  readonly forProbes: boolean
  waiting: number
}

/** A request's place. It keeps it while it has another look. */
interface Ticket {
  readonly number: number
  readonly room: Room
  /** Set while it sleeps. */
  wake: (() => void) | undefined
}

/** Makes a {@link WaitQueue} in which nobody waits. */
export const makeWaitQueue = ({ maxWaiters, probeRoom = NO_ROOM, waitMs }: WaitQueueOptions): WaitQueue => {
  const queue: Room = { maxWaiters, waitMs, forProbes: false, waiting: 0 }
  const probes: Room = { ...probeRoom, forProbes: true, waiting: 0 }
  /** The requests that wait for a pool, in order. */
  const lines = new Map<Pool, Set<Ticket>>()
  let tickets = 0
  // Grows with every credential that is freed, so that nobody falls asleep over one.
  let releases = 0

  const size = (): number => queue.waiting + probes.waiting

  const join = (pool: Pool, room: Room): Ticket => {
    const ticket: Ticket = { number: ++tickets, room, wake: undefined }
    const line = lines.get(pool)
    if (line === undefined) lines.set(pool, new Set([ticket]))
    else line.add(ticket)
    room.waiting++
    return ticket
  }

  const leave = (pool: Pool, ticket: Ticket, now: number, served: boolean): void => {
    const line = lines.get(pool)
    if (line?.delete(ticket) !== true) return
    ticket.room.waiting--
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
    const { forProbes, waitMs: longest } = ticket.room
    let { refusal, seen } = before
    for (;;) {
      const now = clock.currentTimeMillisUnsafe()
      const left = startedAt + longest - now
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
      const bottleneck = failure instanceof NoCandidateAvailable ? bottleneckOf(failure) : undefined
      if (!(failure instanceof NoCandidateAvailable) || bottleneck === undefined) return yield* Effect.fail(failure)
      if (forProbes && bottleneck !== "probe") return yield* Effect.fail(failure)
      refusal = failure
      // Somebody is ready, only not for this request, which has tried them.
      if (isReady(pool, clock.currentTimeMillisUnsafe())) firstAsleep(lines.get(pool), ticket)?.wake?.()
    }
  })

  const waitInLine = <A, E, R>(
    pool: Pool,
    room: Room,
    attempt: Effect.Effect<A, E | NoCandidateAvailable, R>,
    before: { refusal: NoCandidateAvailable | undefined; seen: number }
  ): Effect.Effect<A, E | NoCandidateAvailable | WaitTimedOut, R> =>
    Effect.flatMap(Clock.Clock, (clock) => {
      // If all who wait have left somebody who is ready, it is not for them that nobody may pass.
      const left = isReady(pool, clock.currentTimeMillisUnsafe()) && allAsleep(lines.get(pool))
      const ticket = join(pool, room)
      return Effect.onExit(
        takeTurns(pool, attempt, ticket, clock, left ? { ...before, seen: NEVER } : before),
        (exit) => Effect.sync(() => leave(pool, ticket, clock.currentTimeMillisUnsafe(), Exit.isSuccess(exit)))
      )
    })

  return {
    size,
    run: <A, E, R>(pool: Pool, attempt: Effect.Effect<A, E | NoCandidateAvailable, R>) =>
      Effect.suspend((): Effect.Effect<A, E | NoCandidateAvailable | WaitTimedOut | WaitQueueFull, R> => {
        const seen = releases
        // Nobody is passed: who comes while others wait is behind them, even if there is room at this moment.
        if (lines.has(pool) && hasPlace(queue)) return waitInLine(pool, queue, attempt, { refusal: undefined, seen })
        const waitOrFail = (
          error: E | NoCandidateAvailable
        ): Effect.Effect<A, E | NoCandidateAvailable | WaitTimedOut | WaitQueueFull, R> => {
          const refusal = error instanceof NoCandidateAvailable ? error : undefined
          const bottleneck = refusal && bottleneckOf(refusal)
          if (refusal === undefined || bottleneck === undefined) return Effect.fail(error)
          if (hasPlace(queue)) return waitInLine(pool, queue, attempt, { refusal, seen })
          const room = bottleneck === "probe" && probes.waitMs > 0 ? probes : queue
          if (room.waitMs <= 0) return Effect.fail(error)
          if (!hasPlace(room)) return Effect.fail(new WaitQueueFull({ bottleneck, limit: room.maxWaiters, refusal }))
          // Once the probe is decided, what is in the way may be a cap, for which there may be a place in the queue.
          return Effect.catchIf(waitInLine(pool, room, attempt, { refusal, seen }), isRefusal, waitOrFail)
        }
        return attempt.pipe(Effect.catch(waitOrFail))
      }),
    freed: (pools) => {
      releases++
      if (size() === 0) return
      let next: Ticket | undefined
      for (const pool of pools) {
        const ticket = firstAsleep(lines.get(pool))
        if (ticket !== undefined && (next === undefined || ticket.number < next.number)) next = ticket
      }
      next?.wake?.()
    }
  }
}

const isRefusal = (error: unknown): error is NoCandidateAvailable => error instanceof NoCandidateAvailable

const NO_ROOM: WaitingRoom = { maxWaiters: 0, waitMs: 0 }

const hasPlace = ({ maxWaiters, waiting, waitMs }: Room): boolean => waitMs > 0 && waiting < maxWaiters

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
