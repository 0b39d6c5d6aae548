import { Effect, type Scope } from "effect"
import { Agent } from "undici"

/** Deadlines of one request to a provider, in milliseconds. */
export interface UpstreamDeadlines {
  /** From dispatch until a connection has taken the request: DNS, TCP, TLS and the wait for a free connection. */
  readonly startMs: number
  /** From the sent request until the response's headers. */
  readonly firstByteMs: number
  /** From the headers to the first piece of the body, and between two pieces. Does not run while the client is the slow one. */
  readonly idleMs: number
}

/**
 * Default deadlines. A dead host shows within seconds. Models that think before they speak were seen to be silent for
 * minutes, so the other two only end what would hang for ever.
 */
export const UPSTREAM_DEADLINES: UpstreamDeadlines = { startMs: 10_000, firstByteMs: 300_000, idleMs: 300_000 }

/** Open connections per origin. One stream holds one connection; what goes beyond waits until `startMs`. */
export const MAX_CONNECTIONS_PER_ORIGIN = 1024

/** How long an idle connection is kept for the next request, in milliseconds, unless the provider says less. */
export const KEEP_ALIVE_MS = 15_000

/**
 * Connections to providers, pooled per origin and kept alive between requests. When the scope closes, all of them are
 * closed at once and requests under way fail.
 */
export const openUpstreamConnections = (
  deadlines: UpstreamDeadlines = UPSTREAM_DEADLINES
): Effect.Effect<Agent, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(
      () =>
        new Agent({
          connections: MAX_CONNECTIONS_PER_ORIGIN,
          pipelining: 1,
          connect: { timeout: deadlines.startMs },
          headersTimeout: deadlines.firstByteMs,
          bodyTimeout: deadlines.idleMs,
          keepAliveTimeout: KEEP_ALIVE_MS,
          // One connection per stream: a slow client then holds back its own connection and nobody else's.
          allowH2: false
        })
    ),
    (agent) => Effect.promise(() => agent.destroy())
  )
