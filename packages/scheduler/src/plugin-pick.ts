import { PluginRefused } from "@cliproxy/abi"
import type { Metadata, PluginCallError, SchedulerPickRequest, SchedulerPickResponse } from "@cliproxy/abi"
import { Effect } from "effect"
import type { Strategy } from "./candidate.ts"
import { decide, makeDecision, noCandidateIn } from "./decision.ts"
import type { ChosenBy, Decision, UnusedAnswer } from "./decision.ts"
import type { NoCandidateAvailable } from "./no-candidate.ts"
import { readPluginAnswer } from "./plugin-answer.ts"
import { makePluginView } from "./plugin-view.ts"
import type { PickRequest } from "./plugin-view.ts"
import type { Pool } from "./pool.ts"
import type { Rotation } from "./tier.ts"

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
  /** The present, in milliseconds since the epoch. */
  readonly now: number
}

/**
 * Picks a credential, with the plugin's help when there is one. Call it for every attempt.
 *
 * The plugin is not called when nobody is left. An answer that it did not handle, or that is invalid, falls back to
 * the configured strategy. A delegated strategy picks over the whole pool with a rotation of its own, and fails with
 * `NoCandidateAvailable` without a fallback. A failed call ends the pick with the plugin's error, unchanged; a rejection
 * ends it with `PluginRefused`, status 503. A defect in the host's own calling code falls back, and the decision carries it so that the caller can stop asking.
 */
export const pickWithPlugin = (pick: PluginPick): Effect.Effect<Decision, NoCandidateAvailable | PluginCallError> => {
  const { plugin } = pick
  return plugin === undefined
    ? Effect.suspend(() => Effect.fromResult(decide(pick.pool, pick.strategy, pick)))
    : pickAskingPlugin(pick, plugin)
}

const pickAskingPlugin = Effect.fnUntraced(function* (pick: PluginPick, plugin: SchedulerPlugin) {
  const { now, pool, request, strategy, tried } = pick
  const options = { now, tried }
  const offered = pool.available(now, tried, plugin.acrossPriorities)
  if (offered.length === 0) return yield* noCandidateIn(pool, options)

  const choose = (
    by: Strategy,
    rotation: Rotation,
    chosenBy: ChosenBy,
    unusedAnswer: UnusedAnswer | undefined
  ): Effect.Effect<Decision, NoCandidateAvailable> => {
    const candidate = pool.pick(by, { now, tried, rotation })
    return candidate === undefined
      ? Effect.fail(noCandidateIn(pool, options))
      : Effect.succeed(makeDecision(pool, options, candidate, chosenBy, unusedAnswer))
  }
  const fallBack = (unusedAnswer: UnusedAnswer) =>
    choose(strategy, "configured", { _tag: "Builtin", strategy }, unusedAnswer)

  const view = makePluginView(plugin.metadata, request, offered)
  const answer = yield* Effect.suspend(() => plugin.pick(view)).pipe(
    Effect.map((response) => readPluginAnswer(response, offered)),
    Effect.catchDefect((defect) => Effect.succeed({ _tag: "HostFault" as const, defect }))
  )
  switch (answer._tag) {
    case "Chosen": {
      const { id } = answer.candidate
      const state = pool.get(id)
      if (state === undefined || state.disabled)
        return yield* fallBack({ _tag: "GoneCandidate", plugin: plugin.id, id })
      return makeDecision(pool, options, state.candidate, { _tag: "Plugin", plugin: plugin.id }, undefined)
    }
    case "Delegated": {
      const chosenBy = { _tag: "Delegated", plugin: plugin.id, strategy: answer.strategy } as const
      return yield* choose(answer.strategy, "delegated", chosenBy, undefined)
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
