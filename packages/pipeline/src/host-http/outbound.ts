import { Effect, Result, type Scope } from "effect"
import type { Agent, Dispatcher } from "undici"

import { openProxyAgents } from "../provider/proxy-agents.ts"
import { KEEP_ALIVE_MS, MAX_CONNECTIONS_PER_ORIGIN } from "../provider/upstream-connections.ts"
import { readProxyChoice } from "./proxy-choice.ts"

/** Milliseconds for a connection: DNS, TCP and TLS. */
const CONNECT_MS = 30_000

/** Connections for the requests of plugins: pooled, and through the right proxy. */
export interface Outbound {
  /**
   * What sends a request. The proxy for everything counts first, then `proxyUrl`, then the environment. Fails with a
   * sentence when the proxy setting cannot be used.
   */
  readonly dispatcherFor: (proxyUrl?: string) => Result.Result<Dispatcher, string>
  /** Sets the proxy for everything, or none. Requests under way go on as they began. */
  readonly setProxyUrl: (proxyUrl: string | undefined) => void
}

// Plugins wait for models that think for minutes: the ABI sets no time limit.
const OPTIONS = {
  connections: MAX_CONNECTIONS_PER_ORIGIN,
  pipelining: 1,
  connect: { timeout: CONNECT_MS },
  headersTimeout: 0,
  bodyTimeout: 0,
  keepAliveTimeout: KEEP_ALIVE_MS,
  allowH2: false
} satisfies Agent.Options

/** Opens the connections. When the scope closes, all of them are closed at once and requests under way fail. */
export const openOutbound: Effect.Effect<Outbound, never, Scope.Scope> = Effect.gen(function* () {
  const agents = yield* openProxyAgents(OPTIONS, "plugins' requests")
  let everything: string | undefined
  return {
    dispatcherFor: (proxyUrl) => Result.map(readProxyChoice(everything ?? proxyUrl), agents.dispatcherOf),
    setProxyUrl: (proxyUrl) => {
      everything = proxyUrl?.trim() || undefined
    }
  }
})
