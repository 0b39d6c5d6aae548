import { Effect, Redacted, Result, type Scope } from "effect"
import type { Dispatcher } from "undici"

import { readProxyChoice } from "../host-http/proxy-choice.ts"
import { openProxyAgents } from "./proxy-agents.ts"

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

/**
 * Longest that a credential's own deadline may give a connection, in milliseconds. The deadline ends the request; the
 * connection that it waited for is given up after this time.
 */
export const MAX_START_MS = 60_000

/** Open connections per origin. One stream holds one connection; what goes beyond waits until `startMs`. */
export const MAX_CONNECTIONS_PER_ORIGIN = 1024

/** How long an idle connection is kept for the next request, in milliseconds, unless the provider says less. */
export const KEEP_ALIVE_MS = 15_000

/** Connections to providers, pooled per origin and kept alive between requests, each through the right proxy. */
export interface UpstreamConnections {
  /**
   * What sends a request, through `proxyUrl` if there is one (`direct` for none), else through the proxy for everything,
   * else as the environment says, which is never asked for what is on this machine. Throws for a setting that
   * `readProxyChoice` refuses; no configuration lets one in.
   */
  readonly dispatcherFor: (proxyUrl?: Redacted.Redacted) => Dispatcher
  /** Sets the proxy for everything, or none. Requests under way go on as they began. */
  readonly setProxyUrl: (proxyUrl: string | undefined) => void
}

/** Opens the connections. When the scope closes, all of them are closed at once and requests under way fail. */
export const openUpstreamConnections = Effect.fnUntraced(function* (
  deadlines: UpstreamDeadlines = UPSTREAM_DEADLINES
): Effect.fn.Return<UpstreamConnections, never, Scope.Scope> {
  const agents = yield* openProxyAgents(
    {
      connections: MAX_CONNECTIONS_PER_ORIGIN,
      pipelining: 1,
      connect: { timeout: Math.max(deadlines.startMs, MAX_START_MS) },
      headersTimeout: deadlines.firstByteMs,
      bodyTimeout: deadlines.idleMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // One connection per stream: a slow client then holds back its own connection and nobody else's.
      allowH2: false
    },
    "requests to providers"
  )
  let everything: string | undefined
  return {
    dispatcherFor: (proxyUrl) =>
      agents.dispatcherOf(
        Result.getOrThrowWith(
          readProxyChoice(proxyUrl === undefined ? everything : Redacted.value(proxyUrl)),
          (problem) => new RangeError(problem)
        )
      ),
    setProxyUrl: (proxyUrl) => {
      everything = proxyUrl
    }
  }
})
