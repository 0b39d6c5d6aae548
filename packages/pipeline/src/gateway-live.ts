import type { ModelInfo } from "@cliproxy/abi"
import { NativeBridge } from "@cliproxy/ffi"
import { Clock, Effect, Layer } from "effect"

import { makeChooseCredential } from "./credentials/choose-credential.ts"
import { makeClientAuth } from "./client-auth/client-auth.ts"
import { watchClockSteps } from "./credentials/clock-steps.ts"
import { makeCommandLine } from "./command-line/command-line.ts"
import type { CredentialStore } from "./credential-files/credential-store.ts"
import { makeCredentialFiles } from "./credential-files/credential-files.ts"
import { openGatewayCredentials } from "./credential-files/gateway-credentials.ts"
import { credentialsOf } from "./credentials/credentials.ts"
import { credentialRest } from "./credential-files/credential-rest.ts"
import { hostAuthMethods } from "./credential-files/host-auth.ts"
import { type CredentialPools, makeCredentialPools } from "./credentials/credential-pools.ts"
import { makeAttemptCounts } from "./decision-trace/attempt-counts.ts"
import { type GatewayInsight, makeInsight } from "./decision-trace/gateway-insight.ts"
import { makeRequestTraces } from "./decision-trace/request-traces.ts"
import { makeRequestTracing } from "./decision-trace/request-tracing.ts"
import { Gateway } from "./gateway.ts"
import { makeHostHttp } from "./host-http/host-http.ts"
import { hostRoutingMethods } from "./host-routing/host-routing.ts"
import { makeHttpUpstream } from "./provider/http-upstream.ts"
import { openOutbound } from "./host-http/outbound.ts"
import type { StandingKeeper } from "./kept-state/keep-standings.ts"
import { openKeeper } from "./kept-state/open-keeper.ts"
import { makeManagementRoutes } from "./management-routes/management-routes.ts"
import { makeRequestMetrics } from "./metrics/request-metrics.ts"
import { makeHostModel } from "./nested-model/host-model.ts"
import type { RunNested } from "./nested-model/nested-execution.ts"
import { makeCompletions } from "./request-life/completions.ts"
import { makePluginControl } from "./plugin-control/plugin-control.ts"
import { makeSendWithCredential } from "./plugin-executor/credential-requests.ts"
import { makeDecideRoute } from "./plugin-executor/decide-route.ts"
import { EXECUTOR_DEADLINES } from "./plugin-executor/executor-deadlines.ts"
import { makeExecutorStreams } from "./plugin-executor/executor-streams.ts"
import { makePluginModelRounds, type PluginModels } from "./plugin-executor/plugin-models.ts"
import { makePluginUpstream } from "./plugin-executor/plugin-upstream.ts"
import { makeCallbackScopes } from "./plugin-host/callback-scopes.ts"
import { PLUGIN_DEADLINES } from "./plugin-host/deadlines.ts"
import { makeHostCalls } from "./plugin-host/host-calls.ts"
import { makePluginHost } from "./plugin-host/plugin-host.ts"
import { nativePlugins, type PluginSource } from "./plugin-host/plugin-source.ts"
import { makeBackground } from "./request-life/background.ts"
import { makeCallHook } from "./request-life/hook-calls.ts"
import { HOOK_DEADLINES } from "./request-life/hook-deadlines.ts"
import { activeRequestHooks, type RequestHooks } from "./request-life/request-hooks.ts"
import { makeServeRequest } from "./request-life/serve-request.ts"
import { makeThinkingAppliers } from "./request-life/think.ts"
import { hookedTranslation } from "./request-life/translation-hooks.ts"
import { makeUsageQueue } from "./request-life/usage-queue.ts"
import { rememberingResponses, resolvedRequest } from "./response-memory/remembering.ts"
import { DEFAULT_MEMORY, makeResponseMemory } from "./response-memory/response-memory.ts"
import { makeSchedule } from "./credentials/schedule.ts"
import { makeSessions } from "./session-affinity/sessions.ts"
import type { GatewayOptions } from "./gateway-options.ts"
import { makeServingState } from "./serving-state.ts"
import type { GatewaySettings } from "./settings.ts"
import { splitThinkingSuffix } from "./models/thinking-suffix.ts"
import { openUpstreamConnections, UPSTREAM_DEADLINES } from "./provider/upstream-connections.ts"

/**
 * The gateway with plugins from `plugins`. Its scope holds the connections to providers and the plugins. It serves no
 * model until it is configured.
 */
export const layerGatewayWith = (plugins: PluginSource, options: GatewayOptions = {}): Layer.Layer<Gateway> =>
  Layer.effect(Gateway, makeGateway(plugins, options))

/** The gateway with plugins from shared libraries, each isolated as its settings say. */
export const layerGateway = (options: GatewayOptions = {}): Layer.Layer<Gateway, never, NativeBridge> =>
  Layer.effect(
    Gateway,
    Effect.flatMap(nativePlugins((options.plugin ?? PLUGIN_DEADLINES).loadMs), (plugins) =>
      makeGateway(plugins, options)
    )
  )

const makeGateway = Effect.fnUntraced(function* (source: PluginSource, options: GatewayOptions) {
  const { upstream = UPSTREAM_DEADLINES, plugin = PLUGIN_DEADLINES } = options
  const { hook = HOOK_DEADLINES, executor = EXECUTOR_DEADLINES } = options
  const scope = yield* Effect.scope
  const connections = yield* openUpstreamConnections(upstream)
  const created = Math.floor((yield* Clock.currentTimeMillis) / 1000)

  // What plugins may ask of the host.
  const scopes = makeCallbackScopes()
  const streams = makeExecutorStreams()
  let runNested: RunNested | undefined
  const hostModel = makeHostModel(() => runNested, scope)
  const outbound = yield* openOutbound
  const hostHttp = makeHostHttp(outbound)
  let store: CredentialStore | undefined
  const routes = () => state.serving().registry.routes.values()
  const restsUntil = credentialRest(routes, (route) => pools.poolOf(route))
  const hostAuth = hostAuthMethods(
    () => store,
    (index) => state.serving().registry.configuredIndices.has(index),
    restsUntil
  )
  let insight: GatewayInsight | undefined
  const hostRouting = hostRoutingMethods(() => insight)
  const hostCalls = makeHostCalls(scopes, [hostHttp.methods, hostModel.methods, streams.methods, hostAuth, hostRouting])

  // What the host asks of plugins.
  const plugins = yield* makePluginHost(source, plugin, hostCalls)
  const clientAuth = makeClientAuth(plugins)
  const management = makeManagementRoutes(plugins, scopes)
  const credentials = yield* openGatewayCredentials(plugins, scopes)
  store = credentials.store
  const models = makePluginModelRounds({
    plugins,
    scopes,
    deadlineMs: executor.registrationMs,
    onUpdate: credentials.takeUpdate
  })
  const callHook = makeCallHook(plugins, scopes)
  const hooks = activeRequestHooks(plugins)
  const thinking = makeThinkingAppliers(callHook, hook)
  const background = yield* makeBackground

  let keeper: StandingKeeper | undefined
  const pools = countingPools(makeCredentialPools({ onChange: (id) => keeper?.changed(id) }), credentials.store)
  keeper = yield* openKeeper(options.stateFile, pools.ledger)
  yield* watchClockSteps(pools.ledger)
  const clock = yield* Effect.clockWith(Effect.succeed)
  const counts = makeAttemptCounts()
  const sessions = makeSessions()
  const traces = makeRequestTraces()
  const metrics = makeRequestMetrics()
  const state = makeServingState({
    models,
    credentials,
    created,
    onServing: ({ registry }, settings) => {
      pools.apply(registry, settings)
      sessions.configure(settings.sessionAffinity, registry.candidateIds, clock.currentTimeMillisUnsafe())
      counts.retain(new Set(registry.fingerprints.keys()))
      keeper?.setFingerprints(registry.fingerprints, clock.currentTimeMillisUnsafe())
    }
  })

  const translation = perHooks((hooks) =>
    hookedTranslation({
      callHook,
      deadlines: hook,
      hooks,
      thinking,
      modelInfo: (model) => modelInfo(state.pluginModels(), model)
    })
  )
  const serve = makeServeRequest({
    serving: state.serving,
    hooks,
    translation,
    callHook,
    deadlines: hook,
    pools,
    sessions,
    tracing: makeRequestTracing({ traces, counts, metrics, ledger: pools.ledger, clock }),
    decideRoute: makeDecideRoute({ plugins, callHook, deadlineMs: executor.routeMs }),
    chooseCredential: makeChooseCredential(pools, makeSchedule(plugins, plugin.schedulerPickMs, traces.running)),
    callUpstream: makeHttpUpstream({
      dispatcherOf: ({ proxyUrl }) => connections.dispatcherFor(proxyUrl),
      deadlines: upstream,
      onQuota: ({ candidate }, quota) => pools.ledger.noteQuota(candidate.id, quota)
    }),
    callPluginUpstream: credentials.renewing(
      makePluginUpstream({
        plugins,
        scopes,
        streams,
        ranNested: hostModel.ranWithin,
        translation: () => translation(hooks()),
        deadlines: executor
      })
    ),
    usage: makeUsageQueue(callHook, background, hook.reportMs),
    background
  })
  runNested = serve

  const memory = makeResponseMemory(() => clock.currentTimeMillisUnsafe())
  const apply = Effect.fnUntraced(function* (settings: GatewaySettings) {
    memory.setLimits(settings.responseMemory ?? DEFAULT_MEMORY)
    outbound.setProxyUrl(settings.proxyUrl)
    connections.setProxyUrl(settings.proxyUrl)
    // Providers are served at once, with the plugins' models of before: plugins may take long to register.
    state.configure(settings)
    const problems = yield* plugins.pass(settings.plugins)
    yield* Effect.all(
      [
        clientAuth.collect(settings.plugins),
        management.collect,
        thinking.learn(hooks().thinkingAppliers),
        Effect.andThen(credentials.load(settings), state.collectModels(settings))
      ],
      { concurrency: "unbounded" }
    )
    return problems
  })

  const fork = Effect.runForkWith(yield* Effect.context())
  credentials.store.onChange(() => {
    const round = state.credentialsChanged()
    if (round !== undefined) fork(Effect.forkIn(round, scope))
  })
  const { configure, control } = makePluginControl(plugins, apply)
  insight = makeInsight({
    traces,
    counts,
    metrics,
    ledger: pools.ledger,
    poolOf: pools.poolOf,
    registry: () => state.serving().registry,
    strategy: () => state.serving().strategy,
    fallbacks: () => state.settings()?.fallbacks,
    schedulerPlugin: () => plugins.active().find(({ registration }) => registration.capabilities.scheduler)?.id,
    sessionOf: (route, headers) => sessions.of({ headers, json: {} }, route.model),
    affinity: sessions.counts,
    known: () => [...credentialsOf(state.settings()?.providers ?? []).flatMap(([, own]) => own), ...credentials.known()]
  })

  return Gateway.of({
    generate: rememberingResponses(memory, (request, sink) => serve(request, sink)),
    countTokens: (request, sink) =>
      Effect.flatMap(Effect.fromResult(resolvedRequest(memory, request)), (whole) =>
        serve(whole, sink, undefined, "count_tokens")
      ),
    completions: makeCompletions(serve),
    embeddings: (request, sink) => serve(request, sink, undefined, "embeddings"),
    models: Effect.sync(() => state.serving().registry.listings),
    model: (id) => Effect.sync(() => state.serving().registry.listing(id)),
    ready: Effect.sync(() => state.serving().registry.serves),
    configure,
    insight,
    plugins: {
      clientAuth,
      management,
      commandLine: makeCommandLine(plugins, credentials.store),
      control,
      logins: credentials.logins,
      credentialFiles: makeCredentialFiles(credentials.store, restsUntil, routes),
      sendWithCredential: makeSendWithCredential({
        plugins,
        scopes,
        models: state.pluginModels,
        deadlineMs: executor.executeMs
      })
    }
  })
})

/** Pools whose uses also count for the credentials from files. */
const countingPools = (pools: CredentialPools, store: CredentialStore): CredentialPools => ({
  ...pools,
  acquire: (route, pool, id, now) => {
    const use = pools.acquire(route, pool, id, now)
    if (use === undefined || store.find(id) === undefined) return use
    return {
      ...use,
      ended: (outcome, at) => {
        if (outcome !== undefined) store.requests.count(id, outcome._tag === "Succeeded", at)
        use.ended(outcome, at)
      }
    }
  }
})

/** What is made of hooks, made once for each set of them: they are the same from request to request. */
const perHooks = <A>(make: (hooks: RequestHooks) => A): ((hooks: RequestHooks) => A) => {
  const made = new WeakMap<RequestHooks, A>()
  return (hooks) => {
    let known = made.get(hooks)
    if (known === undefined) made.set(hooks, (known = make(hooks)))
    return known
  }
}

/** What plugins have said of a model, by the name that its executor knows. */
const modelInfo = ({ credentials, listed }: PluginModels, name: string): ModelInfo | undefined => {
  const { model } = splitThinkingSuffix(name)
  const infos = [
    ...listed.flatMap(({ models }) => models),
    ...credentials.flatMap(({ models = [] }) => models.map(({ info }) => info))
  ]
  return infos.find(({ ID }) => ID === name) ?? infos.find(({ ID }) => ID === model)
}
