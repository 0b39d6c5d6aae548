import { resolve } from "node:path"

import { Gateway, type GatewaySettings, type ProviderSettings } from "@cliproxy/pipeline"
import { type ListenError, type ManagementAccess, serve } from "@cliproxy/server"
import { Console, Effect, type LogLevel, Scope, Stream } from "effect"

import { builtInConfiguration, configurationFile } from "../config-edit/configuration-file.ts"
import type { ProxyConfig } from "../config/proxy-config.ts"
import {
  checkConfigText,
  type ConfigInvalid,
  type ConfigUnreadable,
  type LoadedConfig,
  readConfigText
} from "../config/read-config.ts"
import { findSchedulerExample, starterConfig } from "../config/starter-config.ts"
import { startDemoProvider } from "../demo/demo-provider.ts"
import { makeLog } from "../log/log.ts"
import { takeManagementKey } from "../operator-secrets.ts"
import { version } from "../version.ts"
import { gatewayLayer } from "./gateway-layer.ts"
import { makeConfigReload } from "./reload-config.ts"
import { awaitShutdownSignal } from "./shutdown-signal.ts"
import { type ClientChecks, startReport } from "./start-report.ts"
import { type UncaughtException, watchUncaughtExceptions } from "./uncaught-exception.ts"
import { configChanges } from "./watch-config.ts"
import { pluginLibraryChanges } from "./watch-plugins.ts"

/** What the command line says about serving. */
export interface ServeFlags {
  /** Path of the configuration file; the built-in configuration when absent. */
  readonly configPath: string | undefined
  /** Wins over the file. */
  readonly host: string | undefined
  /** Wins over the file. */
  readonly port: number | undefined
  /** Wins over `debug` in the file. */
  readonly logLevel: LogLevel.LogLevel | undefined
}

/** Where the configuration comes from, and what it said at the start. */
interface Source {
  readonly path: string | undefined
  readonly text: string
  readonly loaded: LoadedConfig
  readonly note: string | undefined
}

const readSource = Effect.fnUntraced(function* (
  configPath: string | undefined
): Effect.fn.Return<Source, ConfigUnreadable | ConfigInvalid> {
  const cwd = process.cwd()
  if (configPath === undefined) {
    const example = yield* findSchedulerExample
    const text = starterConfig(example)
    const loaded = yield* checkConfigText("built-in configuration", text, cwd)
    return { path: undefined, text, loaded, note: example.found ? undefined : example.reason }
  }
  const path = resolve(cwd, configPath)
  const text = yield* readConfigText(path)
  return { path, text, loaded: yield* checkConfigText(configPath, text, cwd), note: undefined }
})

const withDemo = (settings: GatewaySettings, demo: ProviderSettings | undefined): GatewaySettings =>
  demo === undefined ? settings : { ...settings, providers: [demo, ...settings.providers] }

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.")

/** Whoever opens the proxy to a network without knowing its clients lets strangers spend the keys of its providers. */
const exposure = (host: string, clients: ClientChecks): ReadonlyArray<string> =>
  clients.keys > 0 || clients.byPlugins || isLoopback(host)
    ? []
    : [`everybody who reaches ${host} may come in, because no api-keys are configured`]

/** What a plugin that has not registered is for, nobody knows: it may be what knows the clients. */
const logUnknownPlugins = (host: string, { apiKeys }: ProxyConfig, { plugins }: Gateway["Service"]) => {
  const { asked = false, unknown = [] } = plugins?.clientAuth.mode() ?? {}
  if (asked || apiKeys.length > 0 || unknown.length === 0) return Effect.void
  const who = isLoopback(host)
    ? "everybody on this machine is let in meanwhile"
    : "nobody is let in meanwhile; guards: false or enabled: false among its settings, or api-keys, open the doors"
  return Effect.logError(
    `no api-keys are configured, and plugin ${unknown.join(", ")} may be what knows the clients, but has not registered: ${who}`
  )
}

/** Where what is learnt of credentials is kept; the built-in configuration has nothing worth it. */
const stateFileOf = ({ loaded: { config }, path }: Source): string | undefined => {
  if (path === undefined || !config.saveCooldownStatus) return undefined
  return config.stateFile ?? `${path.replace(/\.ya?ml$/i, "")}.state.sqlite`
}

const logWarnings = (warnings: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.forEach(warnings, (line) => Effect.logWarning(line), { discard: true })

/**
 * Runs the proxy until SIGINT or SIGTERM, then drains it: open requests finish within the grace period, plugins are shut
 * down. Fails when the configuration cannot be used or the address cannot be listened on; a plugin's trouble is logged
 * and stops nothing. After an uncaught exception it drains as at a signal, and fails.
 */
export const serveProxy = Effect.fnUntraced(function* (
  flags: ServeFlags
): Effect.fn.Return<void, ConfigUnreadable | ConfigInvalid | ListenError | UncaughtException> {
  const source = yield* readSource(flags.configPath)
  const log = makeLog(process.stderr)
  const run = runProxy(flags, source, (config) => log.setLevel(flags.logLevel ?? (config.debug ? "Debug" : "Info")))
  const gateway = gatewayLayer({ stateFile: stateFileOf(source) })
  yield* Effect.scoped(run).pipe(Effect.provide(gateway), Effect.provide(log.layer))
})

/** The configuration as operators may change it, and what takes it over when it has changed. */
const editableConfiguration = Effect.fnUntraced(function* (
  { configPath }: ServeFlags,
  { path, text }: Source,
  apply: (loaded: LoadedConfig) => Effect.Effect<void, never, Scope.Scope>
) {
  const scope = yield* Effect.scope
  if (path === undefined) return { configuration: builtInConfiguration(text), reload: () => Effect.void }
  const reload = makeConfigReload({
    path,
    name: configPath ?? path,
    text,
    apply: (loaded) => Effect.provideService(apply(loaded), Scope.Scope, scope)
  })
  return {
    configuration: yield* configurationFile({ path, cwd: process.cwd(), takeOver: reload("edit") }),
    reload
  }
})

const runProxy = Effect.fnUntraced(function* (
  flags: ServeFlags,
  source: Source,
  applyLogLevel: (config: ProxyConfig) => void
) {
  const gateway = yield* Gateway
  const uncaught = yield* watchUncaughtExceptions
  const managementKey = yield* takeManagementKey
  /** The environment wins over the file, so that the key need not stand in one. */
  const managementOf = ({ management }: ProxyConfig): ManagementAccess => ({
    ...management,
    secretKey: managementKey || management.secretKey
  })
  const host = flags.host ?? source.loaded.config.host
  const clientsOf = ({ apiKeys }: ProxyConfig): ClientChecks => ({
    keys: apiKeys.length,
    byPlugins: gateway.plugins?.clientAuth.mode().asked ?? false
  })
  let config = source.loaded.config
  let demo: ProviderSettings | undefined

  const apply = Effect.fnUntraced(function* (next: ProxyConfig) {
    // Once started it stays, so that a request that is under way when the setting is taken back can finish.
    if (next.demo) demo ??= yield* startDemoProvider
    applyLogLevel(next)
    const settings = withDemo(next.gateway, next.demo ? demo : undefined)
    // A key that was taken back is refused from now on, however long plugins take for their new settings.
    if (next.apiKeys.length > 0) config = { ...config, apiKeys: next.apiKeys, management: next.management }
    const pluginProblems = yield* gateway.configure(settings)
    const exposed = exposure(host, clientsOf(next))
    yield* logWarnings(exposed)
    yield* logUnknownPlugins(host, next, gateway)
    if (exposed.length > 0 && config.apiKeys.length > 0) {
      // Most likely a file that is being written. Whoever means it can say so by a restart.
      yield* Effect.logWarning("the api-keys that were removed stay in use until a restart")
      config = { ...next, apiKeys: config.apiKeys }
    } else config = next
    return { settings, pluginProblems }
  })

  const listening = { host: config.host, port: config.port }
  const takeOver = Effect.fnUntraced(function* ({ config: next, warnings }: LoadedConfig) {
    yield* logWarnings(warnings)
    if (next.host !== listening.host || next.port !== listening.port) {
      yield* Effect.logWarning("a change of host or port needs a restart; the proxy still listens where it did")
    }
    yield* apply(next)
  })
  const { configuration, reload } = yield* editableConfiguration(flags, source, takeOver)

  applyLogLevel(config)
  // What is in the folders now is what the first pass finds.
  const libraryChanges = yield* pluginLibraryChanges(() => config.gateway.plugins)
  yield* logWarnings(source.loaded.warnings)
  const applied = yield* apply(config)
  const server = yield* serve({
    host,
    port: flags.port ?? config.port,
    apiKeys: () => config.apiKeys,
    management: () => managementOf(config),
    configuration,
    keepAliveMs: () => config.keepAliveMs,
    limits: { writeTimeoutMs: config.writeTimeoutMs },
    traceHeader: () => config.traceHeader
  })
  const rescan = Effect.andThen(
    Effect.logInfo("the plugin libraries have changed"),
    gateway.plugins?.control.rescan ?? Effect.succeed([])
  ).pipe(Effect.catchDefect((defect) => Effect.logError("the plugins could not be looked at again", defect)))
  yield* Effect.forkScoped(Stream.runForEach(libraryChanges, () => rescan))

  if (source.path !== undefined) {
    yield* Effect.forkScoped(Stream.runForEach(yield* configChanges(source.path), reload))
  }

  yield* Console.log(
    startReport({
      version,
      url: server.url,
      configPath: flags.configPath,
      clients: clientsOf(config),
      plugins: yield* gateway.plugins?.control.status ?? Effect.succeed([]),
      credentials: yield* gateway.insight?.credentials ?? Effect.succeed([]),
      management: managementOf(config).secretKey !== "",
      note: source.note,
      ...applied
    })
  )

  const reason = yield* Effect.raceFirst(awaitShutdownSignal, uncaught)
  const open = yield* server.openRequests
  yield* Effect.logInfo(
    `${typeof reason === "string" ? reason : "an uncaught exception"}: draining, ${open} open requests have up to ${config.shutdownGraceMs / 1000} s; a second signal ends at once`
  )
  const { finished, aborted } = yield* server.drain(config.shutdownGraceMs)
  yield* Effect.logInfo(`drained: ${finished} requests finished, ${aborted} aborted`)
  if (typeof reason !== "string") return yield* reason
})
