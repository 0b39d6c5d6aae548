import { decodeEnvelope, PluginClosed, type PluginCallError, PluginRefused } from "@cliproxy/abi"
import type { DiscoveredPlugin, HostCallHandler, PluginConnection } from "@cliproxy/ffi"
import { Effect } from "effect"

import { type OpenPlugin, PluginsUnavailable, type PluginSource } from "../src/plugin-host/plugin-source.ts"

/** One call that a double got. */
export interface SeenCall {
  readonly path: string
  readonly method: string
  readonly request: Record<string, unknown>
  readonly inPlaceMicros: number
}

/** Plugins that exist only as scripts: by path, what they answer to which method. */
export interface PluginDoubles extends PluginSource {
  readonly calls: Array<SeenCall>
  /** `open <path>` and `shutdown <path>`, in order. */
  readonly events: Array<string>
  /** By path. Effects are run; other values are results. Unknown methods are refused. */
  readonly answers: Map<string, Record<string, (request: Record<string, unknown>) => unknown>>
  /** What discovery finds, when asked for. */
  files: ReadonlyArray<DiscoveredPlugin>
  /** Paths that cannot be opened. */
  readonly broken: Set<string>
  /** Paths of plugins that can be replaced, as those in a process of their own can. */
  readonly replaceable: Set<string>
  /** Starts the plugin of a path in a new process, as after a crash. */
  readonly restart: (path: string) => Effect.Effect<void, PluginCallError>
  /** How each opened plugin calls the host. */
  readonly hostCalls: Map<string, HostCallHandler>
}

export const registration = (
  name: string,
  capabilities: Record<string, boolean> = { scheduler: true },
  schema = 1
) => ({
  schema_version: schema,
  metadata: { Name: name, Version: "1", Author: "a", GitHubRepository: "r" },
  capabilities
})

export const refused = (code: string, message: string, httpStatus?: number): Effect.Effect<never, PluginCallError> =>
  Effect.fail(
    new PluginRefused({
      plugin: "double",
      method: "m",
      code,
      message,
      retryable: false,
      ...(httpStatus === undefined ? {} : { httpStatus })
    })
  )

export const file = (
  id: string,
  version = "",
  path = `/plugins/${id}${version === "" ? "" : `-v${version}`}.so`
): DiscoveredPlugin => ({
  id,
  version,
  path
})

export const pluginDoubles = (...files: ReadonlyArray<DiscoveredPlugin>): PluginDoubles => {
  const calls: Array<SeenCall> = []
  const events: Array<string> = []
  const answers: PluginDoubles["answers"] = new Map()
  const broken = new Set<string>()
  const hostCalls = new Map<string, HostCallHandler>()
  const replaceable = new Set<string>()
  const restarts = new Map<string, Effect.Effect<void, PluginCallError>>()
  const doubles: PluginDoubles = {
    calls,
    events,
    answers,
    broken,
    hostCalls,
    replaceable,
    restart: (path) => restarts.get(path) ?? Effect.die(`${path} is not open`),
    files,
    discover: ({ configured }) => Effect.sync(() => doubles.files.filter(({ id }) => configured.has(id))),
    open: ({ connectHost, isolation, plugin: { id, path }, prepare }: OpenPlugin) =>
      Effect.acquireRelease(
        Effect.suspend(() => {
          events.push(isolation === "process" ? `open ${path}` : `open ${path} ${isolation}`)
          if (broken.has(path)) return Effect.fail(new PluginsUnavailable({ message: `cannot open ${path}` }))
          const host = connectHost()
          hostCalls.set(id, host.handler)
          let inFlight = 0
          let closed = false
          const connection: PluginConnection & { close: () => void } = {
            id,
            path,
            close: () => {
              closed = true
              host.end()
            },
            stats: Effect.sync(() => ({ inFlight, abandoned: 0 })),
            call: (method, bytes, options) =>
              Effect.suspend(() => {
                if (closed) return Effect.fail(new PluginClosed({ plugin: id, method }))
                const request = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>
                calls.push({ path, method, request, inPlaceMicros: options?.inPlaceMicros ?? 0 })
                const answer = answers.get(path)?.[method] ?? defaults[method]
                if (answer === undefined) return refused("unknown_method", `no ${method}`)
                const result = answer(request)
                inFlight++
                return (
                  Effect.isEffect(result) ? (result as Effect.Effect<unknown, PluginCallError>) : Effect.succeed(result)
                ).pipe(Effect.onExit(() => Effect.sync(() => inFlight--)))
              })
          }
          const restart = Effect.suspend(() => {
            events.push(`restart ${path}`)
            return prepare(connection.call, undefined)
          })
          const replace = Effect.suspend(() => {
            events.push(`restart ${path}`)
            return prepare(connection.call, connection.call)
          })
          restarts.set(path, restart)
          return Effect.succeed(replaceable.has(path) ? { ...connection, replace } : connection)
        }),
        (connection) =>
          Effect.sync(() => {
            connection.close()
            events.push(`shutdown ${path}`)
          })
      )
  }
  const defaults: Record<string, (request: Record<string, unknown>) => unknown> = {
    "plugin.register": () => registration("double"),
    "plugin.reconfigure": () => registration("double"),
    "scheduler.pick": () => ({ Handled: false })
  }
  return doubles
}

/** An envelope as a plugin reads it. */
export const envelope = (bytes: Uint8Array) => decodeEnvelope(bytes)
