import { Effect, Result, type Scope } from "effect"
import { Agent, type Dispatcher, EnvHttpProxyAgent, Pool, ProxyAgent } from "undici"

import { KEEP_ALIVE_MS, MAX_CONNECTIONS_PER_ORIGIN } from "../upstream-connections.ts"
import { type ProxyChoice, readProxyChoice } from "./proxy-choice.ts"

/** Milliseconds for a connection: DNS, TCP and TLS. */
const CONNECT_MS = 30_000

/** Proxies that are kept at hand. Beyond that the one that was longest unused is closed. */
const MAX_PROXIES = 64

/** Connections for the requests of plugins: pooled, and through the right proxy. */
export interface Outbound {
  /**
   * What sends a request to `url`. The proxy for everything counts first, then `proxyUrl`, then the environment. Fails
   * with a sentence when the proxy setting cannot be used.
   */
  readonly dispatcherFor: (url: URL, proxyUrl?: string) => Result.Result<Dispatcher, string>
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

// Without a factory the pool to a proxy would have limits of its own.
const PROXY_OPTIONS = {
  ...OPTIONS,
  factory: (origin: string | URL, options: object) => new Pool(origin, { ...options, ...poolOptions(options) })
}

/** The connector that a proxy agent hands over knows the proxy; everything else is ours. */
const poolOptions = (options: object): Pool.Options => {
  const { connect: _, ...others } = OPTIONS
  return "connect" in options ? others : OPTIONS
}

/** Opens the connections. When the scope closes, all of them are closed at once and requests under way fail. */
export const openOutbound: Effect.Effect<Outbound, never, Scope.Scope> = Effect.gen(function* () {
  const direct = new Agent(OPTIONS)
  const environment = yield* Effect.try(() => new EnvHttpProxyAgent(PROXY_OPTIONS)).pipe(
    Effect.catch(() =>
      Effect.as(
        Effect.logWarning("HTTP_PROXY or HTTPS_PROXY is no URL of a proxy: plugins' requests leave without one"),
        new Agent(OPTIONS)
      )
    )
  )
  /** By URL, the longest unused first. */
  const proxies = new Map<string, ProxyAgent>()
  let everything: string | undefined

  const proxyAgent = (url: string): ProxyAgent => {
    const agent = proxies.get(url) ?? new ProxyAgent({ ...PROXY_OPTIONS, uri: url })
    proxies.delete(url)
    proxies.set(url, agent)
    const [oldest] = proxies
    if (proxies.size > MAX_PROXIES && oldest !== undefined) {
      proxies.delete(oldest[0])
      // Gracefully: it ends when the last request through it has.
      void oldest[1].close()
    }
    return agent
  }

  const dispatcherOf = (url: URL, choice: ProxyChoice): Dispatcher => {
    switch (choice._tag) {
      case "Proxy":
        return proxyAgent(choice.url)
      case "Direct":
        return direct
      case "Environment":
        return isLoopback(url.hostname) ? direct : environment
    }
  }

  yield* Effect.addFinalizer(() =>
    Effect.promise(() => Promise.all([direct, environment, ...proxies.values()].map((agent) => agent.destroy())))
  )
  return {
    dispatcherFor: (url, proxyUrl) =>
      Result.map(readProxyChoice(everything ?? proxyUrl), (choice) => dispatcherOf(url, choice)),
    setProxyUrl: (proxyUrl) => {
      everything = proxyUrl?.trim() || undefined
    }
  }
})

/** What is on this machine is not asked for through a proxy that the environment names, as in Go programs. */
const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" ||
  hostname.endsWith(".localhost") ||
  hostname === "[::1]" ||
  /^127(\.\d+){3}$/.test(hostname)
