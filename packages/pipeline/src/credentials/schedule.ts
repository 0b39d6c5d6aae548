import { hash } from "node:crypto"

import { type PluginCallError, schedulerPick } from "@cliproxy/abi"
import {
  decide,
  type Decision,
  type NoCandidateAvailable,
  type PickRequest,
  type PickSession,
  pickWithPlugin,
  type Pool,
  type SchedulerPlugin,
  type Strategy
} from "@cliproxy/scheduler"
import { Effect } from "effect"

import { isJsonText } from "../codecs/json-fields.ts"
import { SchedulerRefused } from "../gateway-error.ts"
import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import { callPlugin } from "../plugin-host/call-plugin.ts"
import { PICK_IN_PLACE_MICROS } from "../plugin-host/deadlines.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"

/** What one pick needs. */
export interface Pick {
  readonly pool: Pool
  readonly strategy: Strategy
  readonly request: PickRequest
  /** The session that the request belongs to, when sessions keep their credential. */
  readonly session?: PickSession | undefined
  /** Who the client is: never shown to a plugin, only its hash. */
  readonly principal?: string | undefined
  /** Credentials tried in this round already. */
  readonly tried: ReadonlySet<string>
  /** Unix milliseconds. */
  readonly now: number
}

/** Chooses the credential for one attempt, at the moment when it is called. */
export type Schedule = (pick: Pick) => Effect.Effect<Decision, NoCandidateAvailable | SchedulerRefused>

/**
 * Makes the stage that chooses a credential for each attempt. The first scheduler plugin in priority order is asked;
 * without one, or when it does not handle the pick, the configured strategy chooses. `pickMs` is the plugin's deadline,
 * `running` says how many requests run.
 *
 * The strategy also chooses when the plugin's process ends during the call or is not there. Fails with
 * `NoCandidateAvailable` when nobody is left (the plugin is not asked then), and with `SchedulerRefused` when the plugin failed or refused.
 */
export const makeSchedule = (plugins: PluginHost, pickMs: number, running: () => number): Schedule => {
  // The plugin as the scheduler sees it, made once per active set.
  let activeSet: ReadonlyArray<ActivePlugin> | undefined
  let plugin: ActivePlugin | undefined
  let scheduler: SchedulerPlugin | undefined
  const refresh = (): void => {
    const now = plugins.active()
    if (now === activeSet) return
    activeSet = now
    plugin = now.find(({ registration }) => registration.capabilities.scheduler)
    scheduler = plugin === undefined ? undefined : schedulerOf(plugin, pickMs, running)
  }

  const pickAsking = (pick: Pick, asked: ActivePlugin, scheduler: SchedulerPlugin): ReturnType<Schedule> => {
    const request = { ...pick.request, ...callerOf(pick) }
    const picked = pickWithPlugin({ ...pick, request, plugin: scheduler }).pipe(
      Effect.catchTag(["PluginCrashed", "PluginUnavailable"], (error) =>
        // A plugin that is not there is no reason to refuse anybody: a pick is harmless to make again.
        Effect.andThen(
          error._tag === "PluginCrashed" ? Effect.logWarning(error.message) : Effect.logDebug(error.message),
          Effect.suspend(() => pickByStrategy(pick))
        )
      ),
      Effect.mapError((error) => (error._tag === "NoCandidateAvailable" ? error : schedulerRefused(error)))
    )
    return Effect.tap(picked, (decision) => noteUnusedAnswer(plugins, asked, decision))
  }

  return (pick) => {
    refresh()
    return plugin === undefined || scheduler === undefined ? pickByStrategy(pick) : pickAsking(pick, plugin, scheduler)
  }
}

const pickByStrategy = (pick: Pick): Effect.Effect<Decision, NoCandidateAvailable> =>
  Effect.fromResult(decide(pick.pool, pick.strategy, pick, pick.session))

/** Tells clients apart without giving anything away. */
const callerOf = ({ principal }: Pick): { readonly callerId?: string } =>
  principal === undefined || principal === "" ? {} : { callerId: callerIdOf(principal) }

const callerIdOf = (principal: string): string => {
  let id = callerIds.get(principal)
  if (id === undefined) {
    if (callerIds.size >= MAX_CALLERS) callerIds.clear()
    callerIds.set(principal, (id = hash("sha256", principal, "hex").slice(0, 16)))
  }
  return id
}

/** By principal: the same few come again and again. */
const callerIds = new Map<string, string>()
const MAX_CALLERS = 10_000

const schedulerOf = (
  { id, connection, registration }: ActivePlugin,
  deadlineMs: number,
  running: () => number
): SchedulerPlugin => {
  const queued = { deadlineMs, inPlaceMicros: 0 }
  const inPlace = { deadlineMs, inPlaceMicros: PICK_IN_PLACE_MICROS }
  return {
    id,
    metadata: registration.metadata,
    acrossPriorities: registration.capabilities.scheduler_across_priorities,
    pick: (request) =>
      // Waiting in place is over sooner, and costs the thread that all requests need: only one that is alone is worth it.
      callPlugin(connection, schedulerPick, request, running() > 1 ? queued : inPlace)
  }
}

/** An answer that could not be used is worth a line in the log; a fault of the host takes the plugin out of service. */
const noteUnusedAnswer = (
  plugins: PluginHost,
  plugin: ActivePlugin,
  { unusedAnswer }: Decision
): Effect.Effect<void> => {
  switch (unusedAnswer?._tag) {
    case undefined:
    case "Unhandled":
    case "GoneCandidate":
      return Effect.void
    case "HostFault":
      return plugins.fuse(plugin, unusedAnswer.defect)
    case "Blank":
      return Effect.logWarning(
        `plugin ${plugin.id} said it handled a pick, but named neither a credential nor a strategy`
      )
    case "UnknownCandidate":
      return Effect.logWarning(`plugin ${plugin.id} picked ${JSON.stringify(unusedAnswer.id)}, which was not offered`)
    case "InvalidDelegate":
      return Effect.logWarning(
        `plugin ${plugin.id} delegated a pick to ${JSON.stringify(unusedAnswer.delegate)}; only round-robin and fill-first can be`
      )
  }
}

/** The plugin's error as the client gets it. A plugin's status counts when it is one of an error, 400 to 599. */
const schedulerRefused = (error: PluginCallError): SchedulerRefused => {
  switch (error._tag) {
    case "PluginRefused": {
      const { httpStatus = 500, message, code } = error
      const status = httpStatus >= 400 && httpStatus <= 599 ? httpStatus : 500
      return new SchedulerRefused({ message, status, code, ...(isJsonText(message) ? { body: message } : {}) })
    }
    case "PluginDeadlineExceeded":
      return new SchedulerRefused({ message: error.message, status: 504, code: "plugin_deadline_exceeded" })
    case "PluginClosed":
      return new SchedulerRefused({ message: error.message, status: 503, code: "plugin_closed" })
    default:
      return new SchedulerRefused({ message: error.message, status: 500, code: "plugin_failed" })
  }
}
