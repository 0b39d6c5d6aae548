import {
  HOST_SCHEMA_VERSION,
  type PluginCallError,
  pluginReconfigure,
  pluginRegister,
  type Registration,
  validateRegistration
} from "@cliproxy/abi"
import { type DiscoveredPlugin, parsePin, type PluginConnection } from "@cliproxy/ffi"
import { Cause, Effect, Exit, Scope, Semaphore } from "effect"
import { stat } from "node:fs/promises"

import type { PluginProblem } from "../gateway.ts"
import type { GatewaySettings, PluginIsolation, PluginSettings } from "../settings.ts"
import { type ActivePlugin, byPriority } from "./active-plugin.ts"
import { callPlugin } from "./call-plugin.ts"
import { PLUGIN_DEADLINES, type PluginDeadlines } from "./deadlines.ts"
import { makeCallbackScopes } from "./callback-scopes.ts"
import { type HostCalls, makeHostCalls } from "./host-calls.ts"
import type { OpenPlugin, PluginLoadFailure, PluginSource } from "./plugin-source.ts"
import { quiesce } from "./quiesce.ts"

/** Opens, registers and reconfigures plugins, and knows which are active. */
export interface PluginHost {
  /**
   * One configuration pass: makes what is active agree with the settings. Loads what is new, calls `plugin.register`
   * on it and `plugin.reconfigure` on what was loaded before, and then replaces the active set as a whole. Gives what
   * went wrong, per plugin; one plugin's trouble never stops another. Passes run one after another.
   */
  readonly pass: (settings: GatewaySettings["plugins"]) => Effect.Effect<ReadonlyArray<PluginProblem>>
  /** The active plugins in priority order. Replaced as a whole, never changed in place: read it anew for each use. */
  readonly active: () => ReadonlyArray<ActivePlugin>
  /** The open library of a plugin that was selected last, whether it is active or not. */
  readonly connection: (id: string) => PluginConnection | undefined
  /**
   * Takes a plugin out of service because the host's own code broke while calling it. It stays out until another file
   * is selected for its ID, or the process ends.
   */
  readonly fuse: (plugin: ActivePlugin, defect: unknown) => Effect.Effect<void>
}

/** A library that was opened. It stays open until the host's scope closes, active or not. */
interface Library {
  readonly file: DiscoveredPlugin
  readonly isolation: PluginIsolation
  readonly connection: PluginConnection
  /** What the file was when it was last loaded. */
  fingerprint: string
  /** What the plugin was told last; what a process that takes its place is told first. */
  settings: PluginSettings
  /** Whether a register or reconfigure call has completed, well or not: from then on it is only reconfigured. */
  registered: boolean
}

/** All libraries of one plugin ID. */
interface Loaded {
  /** The one in use. */
  current: Library
  /** By path and isolation: those that were replaced. They get no calls, but one of them may be selected again. */
  readonly retired: Map<string, Library>
}

/**
 * Makes a plugin host. When the scope closes, every library is shut down, active or not, all at the same time.
 * Source: plugin ABI, life cycle.
 */
export const makePluginHost = Effect.fnUntraced(function* (
  source: PluginSource,
  deadlines: PluginDeadlines = PLUGIN_DEADLINES,
  hostCalls: HostCalls = makeHostCalls(makeCallbackScopes(), [])
) {
  const hostScope = yield* Effect.scope
  const librariesScope = yield* Scope.fork(hostScope, "parallel")
  const passes = yield* Semaphore.make(1)
  const loaded = new Map<string, Loaded>()
  /** Plugin ID to the path of the library that is fused. */
  const fused = new Map<string, string>()
  let active: ReadonlyArray<ActivePlugin> = []
  /** Whether plugins of a newer schema than the host's are let in, as of the last pass. */
  let allowNewerSchema = false

  const open = (file: DiscoveredPlugin, settings: PluginSettings): Effect.Effect<Library, PluginLoadFailure> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const scope = yield* Scope.fork(librariesScope)
        const { isolation } = settings
        const fingerprint = yield* fileFingerprint(file.path)
        const prepare: OpenPlugin["prepare"] = (call, predecessor) => prepareAnew(library, call, predecessor)
        const connectHost = () => hostCalls.connect(file.id)
        const request = { plugin: file, isolation, connectHost, prepare }
        const connection = yield* restore(Scope.provide(source.open(request), scope)).pipe(
          // What a failed or interrupted opening has left behind goes at once.
          Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
        )
        const library: Library = { file, isolation, connection, fingerprint, settings, registered: false }
        return library
      })
    )

  /**
   * A process that takes the place of another is registered first, and what it answers then is what counts. A plugin
   * that refuses its settings is as inactive as it would be after a pass; its process is well. A predecessor that makes
   * way for nothing, since the new process cannot be registered, is configured again.
   */
  const prepareAnew = Effect.fnUntraced(function* (
    library: Library,
    call: PluginConnection["call"],
    predecessor: PluginConnection["call"] | undefined
  ) {
    const connection = { ...library.connection, call }
    const before =
      predecessor === undefined ? undefined : { ...library, connection: { ...connection, call: predecessor } }
    if (before !== undefined) yield* makeWay(library, before.connection)
    const isThis = (plugin: ActivePlugin) => plugin.connection === library.connection
    yield* register({ ...library, connection, registered: false }, library.settings).pipe(
      Effect.map((registration) => {
        active = active.map((plugin) => (isThis(plugin) ? { ...plugin, registration } : plugin))
      }),
      Effect.catchTag("PluginRefused", (error) => {
        active = active.filter((plugin) => !isThis(plugin))
        return Effect.logWarning(`plugin ${library.file.id}, started anew, refuses its settings: ${error.message}`)
      }),
      Effect.onError(() =>
        before === undefined ? Effect.void : Effect.ignore(register({ ...before, registered: true }, library.settings))
      )
    )
  })

  /** Has a library that is in use let go of what its next version needs. `connection` is where it still serves. */
  const makeWay = (library: Library, connection: PluginConnection): Effect.Effect<void> => {
    const used = active.find((plugin) => plugin.connection === library.connection)
    return used === undefined ? Effect.void : quiesce(connection, used.registration, deadlines.lifecycleMs)
  }

  /**
   * The library of a selected file, opened unless it is open already. A library in this process stays what it was when
   * its file is overwritten; one in a process of its own is replaced, so that the new file takes over.
   */
  const libraryOf = Effect.fnUntraced(function* (file: DiscoveredPlugin, settings: PluginSettings) {
    const known = loaded.get(file.id)
    const place = placeOf(file, settings.isolation)
    if (known !== undefined && placeOf(known.current.file, known.current.isolation) === place) {
      known.current.settings = settings
      yield* replaceWhenChanged(known.current)
      return known.current
    }
    const library = known?.retired.get(place) ?? (yield* open(file, settings))
    library.settings = settings
    if (known === undefined) loaded.set(file.id, { current: library, retired: new Map() })
    else {
      yield* makeWay(known.current, known.current.connection)
      known.retired.set(placeOf(known.current.file, known.current.isolation), known.current)
      known.retired.delete(place)
      known.current = library
      yield* Effect.logInfo(`plugin ${file.id} now runs from ${file.path}, ${settings.isolation}`)
    }
    fused.delete(file.id)
    return library
  })

  const replaceWhenChanged = Effect.fnUntraced(function* (library: Library) {
    const { connection, file } = library
    if (connection.replace === undefined) return
    const fingerprint = yield* fileFingerprint(file.path)
    if (fingerprint === library.fingerprint) return
    yield* connection.replace
    library.fingerprint = fingerprint
    library.registered = true
    yield* Effect.logInfo(`plugin ${file.id}: ${file.path} has changed, and the new file is in use`)
  })

  /**
   * `plugin.register` and then `plugin.reconfigure` the first time, `plugin.reconfigure` alone from then on; the last
   * answer counts. The reference makes several passes while it starts, so that plugins are used to being configured
   * right after they were registered, and some read their settings only then. A registration that is not valid is not
   * asked for again before the next pass.
   */
  const register = Effect.fnUntraced(function* (library: Library, settings: PluginSettings) {
    const first = !library.registered
    const registration = yield* lifecycleCall(library, settings, first ? pluginRegister : pluginReconfigure)
    return first && validateRegistration(registration, { allowNewerSchema }).length === 0
      ? yield* lifecycleCall(library, settings, pluginReconfigure)
      : registration
  })

  const lifecycleCall = (
    library: Library,
    settings: PluginSettings,
    contract: typeof pluginRegister | typeof pluginReconfigure
  ): Effect.Effect<Registration, PluginCallError> => {
    const request = { config_yaml: Buffer.from(settings.yaml), schema_version: HOST_SCHEMA_VERSION }
    return callPlugin(library.connection, contract, request, { deadlineMs: deadlines.lifecycleMs }).pipe(
      Effect.onExit((exit) =>
        Effect.sync(() => {
          // A fault of the host or an interruption leaves it open whether the plugin saw the call: register again.
          const completed = Exit.isSuccess(exit) || !(Cause.hasDies(exit.cause) || Cause.hasInterrupts(exit.cause))
          if (completed) library.registered = true
        })
      )
    )
  }

  /** Brings one plugin up to date. Gives it as active, or what is wrong. */
  const apply = Effect.fnUntraced(
    function* (file: DiscoveredPlugin, settings: PluginSettings) {
      if (fused.get(file.id) === file.path)
        return "the host failed while calling it; it is off until another file takes its place"
      const before = loaded.get(file.id)?.current.settings.yaml
      const library = yield* libraryOf(file, settings)
      const registration = yield* register(library, settings).pipe(
        // New settings are a new chance for a plugin that stays off after crashes.
        Effect.catchTag("PluginUnavailable", (error) =>
          error.state === "fused" && before !== settings.yaml && library.connection.replace !== undefined
            ? Effect.andThen(library.connection.replace, register(library, settings))
            : Effect.fail(error)
        )
      )
      const problems = validateRegistration(registration, { allowNewerSchema })
      if (problems.length > 0) return `its registration is not valid: ${problems.join("; ")}`
      const { connection, isolation } = library
      const { path, version } = library.file
      return { id: file.id, path, version, priority: settings.priority, isolation, registration, connection }
    },
    (self, file) =>
      self.pipe(
        Effect.catch((error) => Effect.succeed(error.message)),
        Effect.catchDefect((defect) => {
          fused.set(file.id, file.path)
          return Effect.as(
            Effect.logError(`the host failed while registering plugin ${file.id}`, defect),
            "the host failed while calling it"
          )
        })
      )
  )

  const run = Effect.fnUntraced(function* (settings: GatewaySettings["plugins"]) {
    allowNewerSchema = settings.allowNewerSchema
    const wanted = new Map([...settings.configs].filter(([, config]) => settings.enabled && config.enabled))
    // What was disabled leaves at once, not when the slowest of the others has registered.
    active = active.filter((plugin) => wanted.has(plugin.id))
    // Without a wanted plugin the folder is not even read.
    if (wanted.size === 0) return []

    const problems: Array<PluginProblem> = []
    const discovered = yield* source.discover({ dir: settings.dir, configured: wanted }).pipe(
      Effect.catchTag("PluginDiscoveryFailed", (error) => {
        problems.push({ plugin: "*", message: error.message })
        return Effect.succeed(undefined)
      })
    )
    if (discovered === undefined) {
      active = []
      return problems
    }

    const next: Array<ActivePlugin> = []
    for (const [file, config] of select(discovered, wanted, settings.dir, problems)) {
      const result = yield* apply(file, config)
      if (typeof result === "string") problems.push({ plugin: file.id, message: result })
      else next.push(result)
    }
    active = next.toSorted(byPriority)
    return problems
  })

  /** The files to use, in the order in which they were found. What cannot be selected is a problem. */
  const select = (
    discovered: ReadonlyArray<DiscoveredPlugin>,
    wanted: ReadonlyMap<string, PluginSettings>,
    dir: string,
    problems: Array<PluginProblem>
  ): ReadonlyArray<readonly [DiscoveredPlugin, PluginSettings]> => {
    const files = new Map(discovered.map((file) => [file.id, file]))
    for (const [id, { version }] of wanted) {
      if (files.has(id)) continue
      const pin = parsePin(version)
      const current = loaded.get(id)?.current.file
      // A pin that no file fulfils leaves a loaded library in use.
      if (pin !== undefined && current !== undefined) files.set(id, current)
      const what = pin === undefined ? "no library" : `no library of version ${pin}`
      const then = files.has(id) ? `; ${current?.path} stays in use` : ""
      problems.push({ plugin: id, message: `${what} was found for it in ${dir}${then}` })
    }
    return [...files.values()].flatMap((file) => {
      const config = wanted.get(file.id)
      return config === undefined ? [] : [[file, config] as const]
    })
  }

  const report = (problems: ReadonlyArray<PluginProblem>): Effect.Effect<void> =>
    Effect.gen(function* () {
      for (const { plugin, message } of problems) yield* Effect.logWarning(`plugin ${plugin}: ${message}`)
      if (active.length > 0) yield* Effect.logInfo(`active plugins: ${active.map(nameOf).join(", ")}`)
    })

  const host: PluginHost = {
    pass: (settings) => passes.withPermits(1)(Effect.tap(run(settings), report)),
    active: () => active,
    connection: (id) => loaded.get(id)?.current.connection,
    fuse: ({ id, path }, defect) =>
      Effect.suspend(() => {
        // The file may have been replaced in the meantime; then it is not the new one's fault.
        if (loaded.get(id)?.current.file.path !== path) return Effect.void
        fused.set(id, path)
        active = active.filter((plugin) => plugin.id !== id)
        return Effect.logError(`the host failed while calling plugin ${id}; it is off now`, defect)
      })
  }
  return host
})

/** Two libraries of one path are two when one of them runs in a process of its own. */
const placeOf = (file: DiscoveredPlugin, isolation: PluginIsolation): string => `${isolation} ${file.path}`

/** What tells a changed file from an unchanged one; empty when there is no file. */
const fileFingerprint = (path: string): Effect.Effect<string> =>
  Effect.promise(() =>
    stat(path).then(
      ({ dev, ino, mtimeMs, size }) => [dev, ino, mtimeMs, size].join(" "),
      () => ""
    )
  )

const nameOf = ({ id, registration }: ActivePlugin): string =>
  `${id} (${registration.metadata.Name} ${registration.metadata.Version})`
