import { type DecisionTrace, explain, makePool, type PickSession, type Pool, type Strategy } from "@cliproxy/scheduler"
import { Result } from "effect"

import type { InvalidRequest, NoCredential } from "../gateway-error.ts"
import { makeModelRegistry, type ModelRegistry, type Route } from "../models/model-registry.ts"
import { standIns } from "../request-life/stand-in.ts"
import type { GatewaySettings } from "../settings.ts"

/** Who would serve a model now, and why not the others. Plain data, nothing secret. */
export interface Explanation {
  /** The model that a request would be tried with first: the one that was asked for, when anybody serves it. */
  readonly model: string
  /** The model that was asked for and that nobody serves, when `model` stands in for it. */
  readonly inPlaceOf?: string
  /** Keys of the providers that serve it. */
  readonly providers: ReadonlyArray<string>
  readonly decision: DecisionTrace
  /**
   * ID of the scheduler plugin that a request would ask first. It was not asked: what it answers is not known before the
   * request is there.
   */
  readonly schedulerPlugin?: string
  /** The models that stand in, in order, when nobody can serve this one; none that nobody serves. */
  readonly fallbacks: ReadonlyArray<string>
}

/** What an explanation is made from. */
export interface ExplainSources {
  readonly registry: Pick<ModelRegistry, "find">
  readonly strategy: Strategy
  readonly poolOf: (route: Route) => Pool
  readonly schedulerPlugin?: string | undefined
  readonly fallbacks?: GatewaySettings["fallbacks"]
  /** The session that a request to a route would belong to. */
  readonly session?: ((route: Route) => PickSession | undefined) | undefined
}

/**
 * Explains a pick that nobody makes: no turn is taken and no plugin asked. Models stand in as they do for a request.
 * `now` is in milliseconds since the epoch.
 */
export const explainModel = (
  { fallbacks, poolOf, registry, schedulerPlugin, session, strategy }: ExplainSources,
  model: string,
  now: number
): Result.Result<Explanation, InvalidRequest | NoCredential> => {
  const others = standIns({ fallbacks, registry }, { requestedModel: model }, undefined)
  const [first, ...further] = others
  const asked = registry.find(model)
  const standsIn = Result.isFailure(asked) ? first : undefined
  return Result.map(standsIn === undefined ? asked : Result.succeed(standsIn.route), (route) => ({
    model: standsIn?.model ?? model,
    ...(standsIn === undefined ? {} : { inPlaceOf: model }),
    providers: route.providers,
    decision: explain(poolOf(route), strategy, { now }, session?.(route)),
    ...(schedulerPlugin === undefined ? {} : { schedulerPlugin }),
    fallbacks: (standsIn === undefined ? others : further).map((other) => other.model)
  }))
}

/**
 * What the configuration alone says: nothing rests, nothing is under way, and what plugins add is not there. Fails with
 * what a client would be told.
 */
export const explainSettings = (
  settings: GatewaySettings,
  model: string,
  now: number
): Result.Result<Explanation, InvalidRequest | NoCredential> => {
  const { fallbacks, forceModelPrefix, providers, strategy } = settings
  return explainModel(
    {
      registry: makeModelRegistry(providers, 0, undefined, forceModelPrefix),
      strategy,
      fallbacks,
      poolOf: ({ targets }) => makePool([...targets.values()].map(({ candidate }) => candidate))
    },
    model,
    now
  )
}
