import { Effect, type Scope } from "effect"
import { Agent, type Dispatcher, EnvHttpProxyAgent, Pool, ProxyAgent } from "undici"

import type { ProxyChoice } from "../host-http/proxy-choice.ts"

/** Proxies that are kept at hand. Beyond that the one that was longest unused is closed. */
const MAX_PROXIES = 64

/** Connections, pooled per origin, each through the proxy that was chosen for it. */
export interface ProxyAgents {
  readonly dispatcherOf: (choice: ProxyChoice) => Dispatcher
}

/**
 * Opens connections with these options, whichever way they go. When the scope closes, all of them are closed at once and
 * requests under way fail. `whose` says in a log line whose requests leave without a proxy when the one that the
 * environment names cannot be used.
 */
export const openProxyAgents = Effect.fnUntraced(function* (
  options: Agent.Options,
  whose: string
): Effect.fn.Return<ProxyAgents, never, Scope.Scope> {
  const proxyOptions = withOwnPools(options)
  const direct = new Agent(options)
  const environment = yield* Effect.try(() => new EnvHttpProxyAgent(proxyOptions)).pipe(
    Effect.catch(() =>
      Effect.as(
        Effect.logWarning(`HTTP_PROXY or HTTPS_PROXY is no URL of a proxy: ${whose} leave without one`),
        undefined
      )
    )
  )
  const fromEnvironment = environment === undefined || !namesProxy() ? direct : sparingLoopback(environment, direct)
  /** By URL, the longest unused first. */
  const proxies = new Map<string, ProxyAgent>()

  const proxyAgent = (url: string): ProxyAgent => {
    const agent = proxies.get(url) ?? new ProxyAgent({ ...proxyOptions, uri: url })
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

  yield* Effect.addFinalizer(() =>
    Effect.promise(() =>
      Promise.all([direct, ...(environment ? [environment] : []), ...proxies.values()].map((agent) => agent.destroy()))
    )
  )
  return {
    dispatcherOf: (choice) => {
      switch (choice._tag) {
        case "Proxy":
          return proxyAgent(choice.url)
        case "Direct":
          return direct
        case "Environment":
          return fromEnvironment
      }
    }
  }
})

/** Without a factory the pool to a proxy would have limits of its own. */
const withOwnPools = (options: Agent.Options) => {
  const { connect: _, ...others } = options
  return {
    ...options,
    // The connector that a proxy agent hands over knows the proxy; everything else is ours.
    factory: (origin: string | URL, given: object) =>
      new Pool(origin, { ...given, ...("connect" in given ? others : options) })
  }
}

/** Whether the environment names a proxy at all: most do not, and then nothing need be asked for each request. */
const namesProxy = (): boolean =>
  ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"].some((name) => (process.env[name] ?? "") !== "")

/** What is on this machine is not asked for through a proxy that the environment names, as in Go programs. */
const sparingLoopback = (proxied: Dispatcher, direct: Dispatcher): Dispatcher =>
  proxied.compose(
    (dispatch) => (options, handler) =>
      isLoopback(hostnameOf(options.origin)) ? direct.dispatch(options, handler) : dispatch(options, handler)
  )

const hostnameOf = (origin: string | URL | undefined): string =>
  typeof origin === "object" ? origin.hostname : (URL.parse(origin ?? "")?.hostname ?? "")

const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" ||
  hostname.endsWith(".localhost") ||
  hostname === "[::1]" ||
  /^127(\.\d+){3}$/.test(hostname)
