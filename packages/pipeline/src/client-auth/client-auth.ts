import { frontendAuthAuthenticate, frontendAuthGetsBody, frontendAuthIdentifier, trimSpace } from "@cliproxy/abi"
import { Effect } from "effect"

import { callCapability, currentPlugin } from "../plugin-executor/call-capability.ts"
import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"
import type { GatewaySettings } from "../settings.ts"

/** A client's request before it is known whose it is, as plugins see it. */
export interface ClientAuthRequest {
  readonly method: string
  /** Path of the URL. */
  readonly path: string
  /** Canonical header names to values, with whatever the client presents to be known by. */
  readonly headers: Readonly<Record<string, ReadonlyArray<string>>>
  /** The URL's query, percent-decoded. */
  readonly query: Readonly<Record<string, ReadonlyArray<string>>>
  /** The whole body as it was sent. May be left out when no provider reads it. */
  readonly body: Uint8Array
}

/** Who a client is, as a plugin says. */
export interface ClientIdentity {
  /** `plugin:<plugin ID>:<name that the plugin gives its way to authenticate>`. */
  readonly provider: string
  /** Stands for the client from here on. */
  readonly principal: string
  /** What else the plugin knows of the client. */
  readonly metadata: Readonly<Record<string, string>>
}

/** What the door has to know before it asks. */
export interface ClientAuthMode {
  /** Whether any plugin authenticates clients. Without one and without keys, everybody may come in. */
  readonly asked: boolean
  /** Whether one plugin decides alone, so that the configured keys do not count. */
  readonly exclusive: boolean
  /** Whether a plugin that will be asked wants the body. */
  readonly readsBody: boolean
  /** IDs of plugins that guard the doors by the operator's word and do not serve: nobody may come in, with a key or without. */
  readonly missing: ReadonlyArray<string>
  /**
   * IDs of plugins that are wanted and may guard the doors: the operator does not say, and they have never registered, or
   * failed to say their name. Without keys and other guards, a door to a network must stay closed.
   */
  readonly unknown: ReadonlyArray<string>
}

/** Plugins that authenticate clients. Source: plugin ABI, client authentication. */
export interface ClientAuth {
  /**
   * Asks the active plugins for the names of their ways to authenticate; to be run after each configuration pass. A
   * plugin that did authenticate and is still wanted, but is out of service, keeps its place and declines: the doors
   * must not open because a guard is ill.
   */
  readonly collect: (settings: GatewaySettings["plugins"]) => Effect.Effect<void>
  readonly mode: () => ClientAuthMode
  /** Asks in priority order until one knows the client; `undefined` when nobody does. An error counts as "not mine". */
  readonly authenticate: (request: ClientAuthRequest) => Effect.Effect<ClientIdentity | undefined>
}

/** How long a plugin may take, in milliseconds. A client waits meanwhile, but a plugin may ask a service of its own. */
const DEADLINE_MS = 5_000

/** Microseconds to wait in place for an answer: a plugin that only compares keys is faster than the event queue. */
const IN_PLACE_MICROS = 200

const ASK = { deadlineMs: DEADLINE_MS, inPlaceMicros: IN_PLACE_MICROS }

interface Provider {
  readonly plugin: ActivePlugin
  readonly name: string
}

/** Makes the part of the gateway that asks plugins who a client is. It knows no plugin until `collect` has run. */
export const makeClientAuth = (plugins: Pick<PluginHost, "active" | "fuse">): ClientAuth => {
  let providers: ReadonlyArray<Provider> = []
  let mode: ClientAuthMode = { asked: false, exclusive: false, readsBody: false, missing: [], unknown: [] }
  /** IDs of plugins of which it was known once whether they authenticate clients, and how. */
  const understood = new Set<string>()
  /** IDs of plugins that guard the doors by the operator's word, and of those that could at the last pass. */
  let guards: ReadonlyArray<string> = []
  let able: ReadonlySet<string> = new Set()

  const missing = (): ReadonlyArray<string> =>
    guards.filter((id) => !able.has(id) || !plugins.active().some((plugin) => plugin.id === id))

  const identify = (plugin: ActivePlugin): Effect.Effect<Provider | undefined> =>
    callCapability(plugins, plugin, frontendAuthIdentifier, {}, { deadlineMs: DEADLINE_MS }).pipe(
      Effect.map(({ identifier }) => {
        understood.add(plugin.id)
        const name = trimSpace(identifier)
        return name === "" ? undefined : { plugin, name: `plugin:${plugin.id}:${name}` }
      }),
      Effect.catch((error) => {
        const known = providers.find((provider) => provider.plugin.id === plugin.id)
        return Effect.as(
          Effect.logWarning(`plugin ${plugin.id} did not say how it authenticates clients: ${error.message}`),
          known === undefined ? undefined : { plugin, name: known.name }
        )
      })
    )

  const collect: ClientAuth["collect"] = Effect.fnUntraced(function* (settings) {
    const active = plugins.active().filter(({ registration }) => registration.capabilities.frontend_auth_provider)
    const here = new Set(plugins.active().map(({ id }) => id))
    const out = providers.filter(
      ({ plugin: { id } }) => settings.enabled && settings.configs.get(id)?.enabled === true && !here.has(id)
    )
    const found = yield* Effect.forEach(active, identify, { concurrency: "unbounded" })
    for (const { id, registration } of plugins.active()) {
      if (!registration.capabilities.frontend_auth_provider) understood.add(id)
    }
    const wanted = [...settings.configs].filter(([, { enabled }]) => settings.enabled && enabled)
    guards = wanted.flatMap(([id, config]) => (config.guards === true ? [id] : []))
    able = new Set(found.flatMap((provider) => (provider === undefined ? [] : [provider.plugin.id])))
    const all = [...found.filter((provider) => provider !== undefined), ...out]
    const alone = all.find(({ plugin }) => plugin.registration.capabilities.frontend_auth_provider_exclusive)
    providers = alone === undefined ? all : [alone]
    mode = {
      asked: providers.length > 0,
      exclusive: alone !== undefined,
      readsBody: providers.some(({ plugin }) => frontendAuthGetsBody(plugin.registration)),
      missing: [],
      unknown: wanted.flatMap(([id, config]) => (config.guards === undefined && !understood.has(id) ? [id] : []))
    }
    for (const id of missing()) {
      yield* Effect.logError(`plugin ${id} guards the doors and does not serve: nobody is let in until it does`)
    }
  })

  const ask = (provider: Provider, request: ClientAuthRequest): Effect.Effect<ClientIdentity | undefined> => {
    const plugin = currentPlugin(plugins, provider.plugin)
    if (plugin === undefined) return Effect.succeed(undefined)
    const { body, headers, method, path, query } = request
    const sent = {
      Method: method,
      Path: path,
      Headers: headers,
      Query: query,
      Body: frontendAuthGetsBody(plugin.registration) ? body : NOTHING
    }
    return callCapability(plugins, plugin, frontendAuthAuthenticate, sent, ASK).pipe(
      Effect.map(({ Authenticated, Metadata, Principal }) =>
        Authenticated ? { provider: provider.name, principal: Principal, metadata: Metadata } : undefined
      ),
      Effect.catch((error) =>
        Effect.as(Effect.logWarning(`plugin ${plugin.id} could not authenticate a client: ${error.message}`), undefined)
      )
    )
  }

  const authenticate: ClientAuth["authenticate"] = Effect.fnUntraced(function* (request) {
    for (const provider of providers) {
      const identity = yield* ask(provider, request)
      if (identity !== undefined) return identity
    }
    return undefined
  })

  return { collect, mode: () => (guards.length === 0 ? mode : { ...mode, missing: missing() }), authenticate }
}

const NOTHING = new Uint8Array()
