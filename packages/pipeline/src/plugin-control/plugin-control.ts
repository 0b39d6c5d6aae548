import type { Metadata } from "@cliproxy/abi"
import { capabilityFlags, schemaVersionOf } from "@cliproxy/abi"
import { Effect, Schema, Semaphore } from "effect"

import type { PluginProblem } from "../gateway.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"
import type { GatewaySettings, PluginIsolation } from "../settings.ts"

/**
 * How a configured plugin is. `active`: it takes part in requests. `disabled`: it is switched off, itself or with all
 * others. `failed`: it should be active and is not, see `problem`.
 */
export type PluginState = "active" | "disabled" | "failed"

/** What is known about a configured plugin. */
export interface PluginStatus {
  readonly id: string
  readonly state: PluginState
  /** Whether it is switched on itself. */
  readonly enabled: boolean
  /** What was wrong in the last configuration pass; may stand beside `active`, when an older library stays in use. */
  readonly problem?: string
  readonly priority: number
  readonly isolation: PluginIsolation
  /** From here on only when it is active. Absolute path of the library. */
  readonly path?: string
  /** Version in the file's name; empty when it has none. */
  readonly fileVersion?: string
  /** What the plugin says of itself. */
  readonly metadata?: Metadata
  readonly capabilities?: ReadonlyArray<string>
  readonly schemaVersion?: number
  /** The process that holds it; absent in process, and while it is being started. */
  readonly pid?: number
  /** Calls whose caller waits. */
  readonly inFlight?: number
  /** Calls that were given up and still run inside the plugin. */
  readonly abandoned?: number
}

/** The configuration has no plugin of this ID. */
export class PluginNotConfigured extends Schema.TaggedError<PluginNotConfigured>()("PluginNotConfigured", {
  plugin: Schema.String
}) {
  override get message() {
    return `the configuration has no plugin ${this.plugin}`
  }
}

/** A plugin was not loaded anew; what was in use stays in use. */
export class PluginNotReloaded extends Schema.TaggedError<PluginNotReloaded>()("PluginNotReloaded", {
  message: Schema.String
}) {}

/** What an operator can ask of plugins while the gateway runs. */
export interface PluginControl {
  /** Configured plugins, in the order of the configuration. */
  readonly status: Effect.Effect<ReadonlyArray<PluginStatus>>
  /** Whether plugins are used at all, and where they lie; undefined before the first configuration. */
  readonly settings: () => Pick<GatewaySettings["plugins"], "enabled" | "dir"> | undefined
  /** Switches a plugin on or off until the next configuration is taken over. */
  readonly setEnabled: (id: string, enabled: boolean) => Effect.Effect<PluginStatus, PluginNotConfigured>
  /**
   * Starts a plugin anew from its file as it is now: its calls finish on the old process. Brings back a plugin that
   * stays off after crashes.
   */
  readonly reload: (id: string) => Effect.Effect<PluginStatus, PluginNotConfigured | PluginNotReloaded>
  /** Looks into the plugin folders again, with the settings as they are. */
  readonly rescan: Effect.Effect<ReadonlyArray<PluginProblem>>
}

type Configure = (settings: GatewaySettings) => Effect.Effect<ReadonlyArray<PluginProblem>>

/**
 * Puts what operators switch at run time on top of the settings: gives the gateway's `configure`, which forgets what was
 * switched, and the controls. All of them run one after another.
 */
export const makePluginControl = (
  plugins: Pick<PluginHost, "active" | "connection">,
  apply: Configure
): { readonly configure: Configure; readonly control: PluginControl } => {
  const turns = Semaphore.makeUnsafe(1)
  /** Plugin ID to what was switched at run time. */
  let switched: ReadonlyMap<string, boolean> = new Map()
  let settings: GatewaySettings | undefined
  let problems: ReadonlyArray<PluginProblem> = []

  const pluginSettings = (): GatewaySettings["plugins"] | undefined => {
    if (settings === undefined || switched.size === 0) return settings?.plugins
    const configs = new Map(
      [...settings.plugins.configs].map(([id, config]) => [
        id,
        { ...config, enabled: switched.get(id) ?? config.enabled }
      ])
    )
    return { ...settings.plugins, configs }
  }

  const pass = Effect.suspend(() => {
    const current = pluginSettings()
    if (settings === undefined || current === undefined) return Effect.succeed(problems)
    return Effect.tap(apply({ ...settings, plugins: current }), (found) =>
      Effect.sync(() => {
        problems = found
      })
    )
  })

  const statusOf = Effect.fnUntraced(function* (
    id: string,
    { enabled, configs }: GatewaySettings["plugins"]
  ): Effect.fn.Return<PluginStatus, PluginNotConfigured> {
    const config = configs.get(id)
    if (config === undefined) return yield* new PluginNotConfigured({ plugin: id })
    const problem = problems.find(({ plugin }) => plugin === id || plugin === "*")?.message
    const active = plugins.active().find((plugin) => plugin.id === id)
    const wanted = enabled && config.enabled
    const known = {
      id,
      state: active !== undefined ? "active" : wanted ? "failed" : "disabled",
      enabled: config.enabled,
      ...(problem === undefined || !wanted ? {} : { problem }),
      priority: config.priority,
      isolation: active?.isolation ?? config.isolation
    } as const
    if (active === undefined) return known
    const { connection, path, registration, version } = active
    return {
      ...known,
      path,
      fileVersion: version,
      metadata: registration.metadata,
      capabilities: capabilityFlags.filter((flag) => registration.capabilities[flag]),
      schemaVersion: schemaVersionOf(registration),
      ...(yield* connection.stats)
    }
  })

  const configured = (id: string): Effect.Effect<void, PluginNotConfigured> =>
    settings?.plugins.configs.has(id) === true ? Effect.void : Effect.fail(new PluginNotConfigured({ plugin: id }))

  const statusNow = (id: string): Effect.Effect<PluginStatus, PluginNotConfigured> =>
    Effect.suspend(() => {
      const current = pluginSettings()
      return current === undefined ? Effect.fail(new PluginNotConfigured({ plugin: id })) : statusOf(id, current)
    })

  const inTurn = turns.withPermits(1)
  return {
    configure: (next) =>
      inTurn(
        Effect.suspend(() => {
          settings = next
          switched = new Map()
          return pass
        })
      ),
    control: {
      status: Effect.suspend(() =>
        Effect.forEach([...(pluginSettings()?.configs.keys() ?? [])], (id) => Effect.orDie(statusNow(id)))
      ),
      settings: () => settings?.plugins,
      setEnabled: Effect.fnUntraced(function* (id, enabled) {
        yield* configured(id)
        switched = new Map([...switched, [id, enabled]])
        yield* pass
        yield* Effect.logInfo(`plugin ${id} was switched ${enabled ? "on" : "off"}, until the next configuration`)
        return yield* statusNow(id)
      }, inTurn),
      reload: Effect.fnUntraced(function* (id) {
        yield* configured(id)
        const replace = plugins.connection(id)?.replace
        if (replace === undefined) {
          return yield* new PluginNotReloaded({
            message: `plugin ${id} has no process of its own that could be replaced`
          })
        }
        yield* Effect.mapError(replace, (error) => new PluginNotReloaded({ message: error.message }))
        yield* pass
        yield* Effect.logInfo(`plugin ${id} was started anew`)
        return yield* statusNow(id)
      }, inTurn),
      rescan: inTurn(pass)
    }
  }
}
