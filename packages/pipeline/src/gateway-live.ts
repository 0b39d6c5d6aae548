import { NativeBridge } from "@cliproxy/ffi"
import { makeCooldownLedger, makePool, type PickRequest, type Pool, type Strategy } from "@cliproxy/scheduler"
import { Clock, Effect, Layer, Result } from "effect"

import { ProviderBroke } from "./attempt-failure.ts"
import { readChatRequest } from "./chat-request.ts"
import { makeClientAuth } from "./client-auth/client-auth.ts"
import { makeCommandLine } from "./command-line/command-line.ts"
import { type FailOver, makeFailOver } from "./failover.ts"
import { type ClientRequest, Gateway } from "./gateway.ts"
import type { GatewayError } from "./gateway-error.ts"
import { makeManagementRoutes } from "./management-routes/management-routes.ts"
import { makeModelRegistry, type ModelRegistry, type Target } from "./model-registry.ts"
import { makeOpenAIUpstream } from "./openai-upstream.ts"
import { patchModel } from "./patch-model.ts"
import { makePluginControl } from "./plugin-control/plugin-control.ts"
import { makeCallbackScopes } from "./plugin-host/callback-scopes.ts"
import { PLUGIN_DEADLINES, type PluginDeadlines } from "./plugin-host/deadlines.ts"
import { makePluginHost } from "./plugin-host/plugin-host.ts"
import { nativePlugins, type PluginSource } from "./plugin-host/plugin-source.ts"
import type { ResponseSink } from "./response-sink.ts"
import { makeSchedule } from "./schedule.ts"
import type { GatewaySettings } from "./settings.ts"
import { openUpstreamConnections, UPSTREAM_DEADLINES, type UpstreamDeadlines } from "./upstream-connections.ts"

/** Deadlines that the gateway keeps when it is told no others. */
export interface GatewayOptions {
  readonly upstream?: UpstreamDeadlines
  readonly plugin?: PluginDeadlines
}

/** One set of settings, made ready. Replaced as a whole; a request keeps the one it began with. */
interface Configured {
  readonly registry: ModelRegistry
  readonly strategy: Strategy
  readonly failOver: FailOver
}

/**
 * The gateway with plugins from `plugins`. Its scope holds the connections to providers and the plugins. It serves no
 * model until it is configured.
 */
export const layerGatewayWith = (plugins: PluginSource, options: GatewayOptions = {}): Layer.Layer<Gateway> =>
  Layer.effect(Gateway, makeGateway(plugins, options))

/** The gateway with plugins from shared libraries, opened in this process. */
export const layerGateway = (options: GatewayOptions = {}): Layer.Layer<Gateway, never, NativeBridge> =>
  Layer.effect(
    Gateway,
    Effect.flatMap(nativePlugins((options.plugin ?? PLUGIN_DEADLINES).loadMs), (plugins) =>
      makeGateway(plugins, options)
    )
  )

const makeGateway = Effect.fnUntraced(function* (source: PluginSource, options: GatewayOptions) {
  const { upstream = UPSTREAM_DEADLINES, plugin = PLUGIN_DEADLINES } = options
  const connections = yield* openUpstreamConnections(upstream)
  const callUpstream = makeOpenAIUpstream(connections, upstream.startMs)
  const plugins = yield* makePluginHost(source, plugin)
  const scopes = makeCallbackScopes()
  const clientAuth = makeClientAuth(plugins)
  const management = makeManagementRoutes(plugins, scopes)
  const schedule = makeSchedule(plugins, plugin.schedulerPickMs)
  const created = Math.floor((yield* Clock.currentTimeMillis) / 1000)

  const cooldowns = makeCooldownLedger()
  /** By model name. A pool outlives a reload, so that its rotation goes on. */
  const pools = new Map<string, Pool>()
  /** By credential ID. */
  let fingerprints: ReadonlyMap<string, string> = new Map()
  let configured: Configured = configuredFrom(
    { strategy: "round-robin", requestRetry: 0, maxRetryCredentials: 0, maxRetryIntervalMs: 0, providers: [] },
    created
  )

  const applyCredentials = (registry: ModelRegistry): void => {
    const current = new Map<string, string>()
    for (const { targets } of registry.routes.values()) {
      for (const [id, { fingerprint }] of targets) current.set(id, fingerprint)
    }
    // A named credential whose key was replaced begins anew.
    for (const [id, fingerprint] of current)
      if ((fingerprints.get(id) ?? fingerprint) !== fingerprint) cooldowns.clear(id)
    cooldowns.retain(new Set(current.keys()))
    fingerprints = current

    for (const [name, pool] of pools) {
      if (registry.routes.has(name)) continue
      cooldowns.detach(pool)
      pools.delete(name)
    }
    for (const [name, { cooldownModel, targets }] of registry.routes) {
      const candidates = [...targets.values()].map(({ candidate }) => candidate)
      let pool = pools.get(name)
      if (pool === undefined) pools.set(name, (pool = makePool(candidates)))
      else pool.replace(candidates)
      cooldowns.attach(pool, cooldownModel)
    }
  }

  const apply = Effect.fnUntraced(function* (settings: GatewaySettings) {
    const next = configuredFrom(settings, created)
    applyCredentials(next.registry)
    configured = next
    const problems = yield* plugins.pass(settings.plugins)
    yield* Effect.all([clientAuth.collect(settings.plugins), management.collect], { concurrency: "unbounded" })
    return problems
  })
  const { configure, control } = makePluginControl(plugins, apply)

  const chatCompletion = (request: ClientRequest, sink: ResponseSink): Effect.Effect<void, GatewayError> => {
    const { failOver, registry, strategy } = configured
    const chat = readChatRequest(request.json)
    if (Result.isFailure(chat)) return Effect.fail(chat.failure)
    const { model, stream } = chat.success
    const found = registry.find(model)
    if (Result.isFailure(found)) return Effect.fail(found.failure)
    const route = found.success
    const pool = pools.get(route.model) ?? makePool([...route.targets.values()].map(({ candidate }) => candidate))

    const pickRequest: PickRequest = {
      provider: "",
      providers: route.providers,
      model,
      stream,
      headers: request.headers,
      metadata: { request_path: request.path, requested_model: model, session_affinity_provider: "mixed" }
    }
    const body = Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength)
    /** A reload may have brought the credential, or have taken it away while it is still in use here. */
    const targetOf = (id: string): Target | undefined =>
      configured.registry.routes.get(route.model)?.targets.get(id) ?? route.targets.get(id)

    return failOver({
      model,
      pick: (tried, now) => schedule({ pool, strategy, request: pickRequest, tried, now }),
      send: (decision) => {
        const target = targetOf(decision.candidate.id)
        if (target?._tag !== "Configured") return Effect.fail(credentialRemoved(decision.candidate.id))
        const { credential, upstreamModel } = target
        return callUpstream({ credential, body: patchModel(body, request.json["model"], upstreamModel), stream, sink })
      },
      report: (id, outcome, now) => {
        cooldowns.report({ id, model: route.cooldownModel, outcome, now })
      },
      readyAt: pool.readyAt
    }).pipe(Effect.annotateLogs({ request: request.id }))
  }

  return Gateway.of({
    chatCompletion: (request, sink) => Effect.suspend(() => chatCompletion(request, sink)),
    models: Effect.sync(() => configured.registry.listings),
    configure,
    plugins: { clientAuth, management, commandLine: makeCommandLine(plugins), control }
  })
})

const configuredFrom = (settings: Omit<GatewaySettings, "plugins">, created: number): Configured => ({
  registry: makeModelRegistry(settings.providers, created),
  strategy: settings.strategy,
  failOver: makeFailOver(settings)
})

const credentialRemoved = (id: string): ProviderBroke =>
  new ProviderBroke({
    message: `Credential ${id} was removed while the request was under way.`,
    midStream: false,
    answered: true
  })
