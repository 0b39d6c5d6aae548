import { type DecisionTrace, explain, makePool, type PickSession, type Pool, type Strategy } from "@cliproxy/scheduler"
import { Result } from "effect"

import type { InvalidRequest, NoCredential } from "../gateway-error.ts"
import { fallbackChain } from "../model-fallbacks.ts"
import { makeModelRegistry, type ModelRegistry, type Route } from "../model-registry.ts"
import type { GatewaySettings } from "../settings.ts"

/** Who would serve a model now, and why not the others. Plain data, nothing secret. */
export interface Explanation {
  /** The model that was asked for. */
  readonly model: string
  /** Keys of the providers that serve it. */
  readonly providers: ReadonlyArray<string>
  readonly decision: DecisionTrace
  /**
   * ID of the scheduler plugin that a request would ask first. It was not asked: what it answers is not known before the
   * request is there.
   */
  readonly schedulerPlugin?: string
  /** The models that stand in, in order, when nobody can serve this one. */
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

/** Explains a pick that nobody makes: no turn is taken and no plugin asked. `now` is in milliseconds since the epoch. */
export const explainModel = (
  { fallbacks, poolOf, registry, schedulerPlugin, session, strategy }: ExplainSources,
  model: string,
  now: number
): Result.Result<Explanation, InvalidRequest | NoCredential> =>
  Result.map(registry.find(model), (route) => ({
    model,
    providers: route.providers,
    decision: explain(poolOf(route), strategy, { now }, session?.(route)),
    ...(schedulerPlugin === undefined ? {} : { schedulerPlugin }),
    fallbacks: fallbacks === undefined ? [] : fallbackChain(fallbacks, fallbacks.has(model) ? model : route.model)
  }))

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
