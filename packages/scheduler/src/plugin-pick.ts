import { PluginRefused } from "@cliproxy/abi"
import type { Metadata, PluginCallError, SchedulerPickRequest, SchedulerPickResponse } from "@cliproxy/abi"
import { Effect } from "effect"
import type { Strategy } from "./candidate.ts"
import { decide, decideAfter, makeDecision, noCandidateIn } from "./decision.ts"
import type { UnusedAnswer } from "./chosen-by.ts"
import type { Decision, PickSession } from "./decision.ts"
import type { NoCandidateAvailable } from "./no-candidate.ts"
import { readPluginAnswer } from "./plugin-answer.ts"
import { makePluginView } from "./plugin-view.ts"
import type { PickRequest } from "./plugin-view.ts"
import type { Pool } from "./pool.ts"

/** The one scheduler plugin that is asked: the first by priority. If it declines, no other plugin is asked. */
export interface SchedulerPlugin {
  /** Host-local plugin ID. */
  readonly id: string
  /** What it registered as; it is sent back to it. */
  readonly metadata: Metadata
  /** Whether it is shown all tiers, and not only the highest that is available. Default false. */
  readonly acrossPriorities?: boolean
  /** Calls `scheduler.pick`. Answers that cannot be read must fail with `PluginAnswerMalformed`. */
  readonly pick: (request: SchedulerPickRequest) => Effect.Effect<SchedulerPickResponse, PluginCallError>
}

/** One pick that a plugin may take part in. */
export interface PluginPick {
  readonly pool: Pool
  /** The configured strategy: picks without a plugin, and when its answer is not used. */
  readonly strategy: Strategy
  /** `undefined` when no plugin schedules. */
  readonly plugin: SchedulerPlugin | undefined
  readonly request: PickRequest
  /** IDs tried for this request already. */
  readonly tried?: ReadonlySet<string> | undefined
  /** The session that the request belongs to, when sessions keep their credential. */
  readonly session?: PickSession | undefined
  /** The present, in milliseconds since the epoch. */
  readonly now: number
}

/**
 * Picks a credential, with the plugin's help when there is one. Call it for every attempt.
 *
 * The plugin is not called when nobody is left. Of a ranking the first that can still serve is taken. An answer that it did not handle, or that is invalid, falls back to
 * the configured strategy. A delegated strategy picks over the whole pool with a rotation of its own, and fails with
 * `NoCandidateAvailable` without a fallback. A failed call ends the pick with the plugin's error, unchanged; a rejection
 * ends it with `PluginRefused`, status 503. A defect in the host's own calling code falls back, and the decision carries it so that the caller can stop asking.
 */
export const pickWithPlugin = (pick: PluginPick): Effect.Effect<Decision, NoCandidateAvailable | PluginCallError> => {
  const { plugin } = pick
  return plugin === undefined
    ? Effect.suspend(() => Effect.fromResult(decide(pick.pool, pick.strategy, pick, pick.session)))
    : pickAskingPlugin(pick, plugin)
}

const pickAskingPlugin = Effect.fnUntraced(function* (pick: PluginPick, plugin: SchedulerPlugin) {
  const { now, pool, request, session, strategy, tried } = pick
  const options = { now, tried }
  const candidates = pool.available(now, tried, plugin.acrossPriorities)
  if (candidates.length === 0) return yield* noCandidateIn(pool, options)

  const fallBack = (unusedAnswer: UnusedAnswer) =>
    Effect.fromResult(decideAfter(pool, strategy, options, session, unusedAnswer))

  const excluded = plugin.acrossPriorities === true
  const view = makePluginView(plugin.metadata, request, { candidates, pool, excluded, tried, now })
  const answer = yield* Effect.suspend(() => plugin.pick(view)).pipe(
    Effect.map((response) => readPluginAnswer(response, candidates)),
    Effect.catchDefect((defect) => Effect.succeed({ _tag: "HostFault" as const, defect }))
  )
  switch (answer._tag) {
    case "Chosen": {
      const [best] = answer.candidates
      const usable = answer.candidates.find(({ id }) => canServe(pool, id))
      if (usable === undefined) {
        return yield* fallBack({ _tag: "GoneCandidate", plugin: plugin.id, id: best?.id ?? "" })
      }
      session?.affinity.picked(session, pool, options, usable.id)
      return makeDecision(pool, options, pool.get(usable.id)?.candidate ?? usable, {
        _tag: "Plugin",
        plugin: plugin.id
      })
    }
    case "Delegated": {
      const chosenBy = { _tag: "Delegated", plugin: plugin.id, strategy: answer.strategy } as const
      const candidate = pool.pick(answer.strategy, { ...options, rotation: "delegated" })
      if (candidate === undefined) return yield* noCandidateIn(pool, options)
      session?.affinity.picked(session, pool, options, candidate.id)
      return makeDecision(pool, options, candidate, chosenBy)
    }
    case "Rejected":
      return yield* new PluginRefused({
        plugin: plugin.id,
        method: "scheduler.pick",
        code: answer.code,
        message: answer.reason === "" ? "the scheduler plugin rejected the request" : answer.reason,
        retryable: false,
        httpStatus: 503
      })
    default:
      return yield* fallBack({ ...answer, plugin: plugin.id })
  }
})

/** Whether a candidate that was offered can still be used after the plugin thought about it. */
const canServe = (pool: Pool, id: string): boolean => {
  const state = pool.get(id)
  return state !== undefined && !state.disabled && state.state !== "full" && state.state !== "probing"
}
