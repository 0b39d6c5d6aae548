import { Effect, Result } from "effect"

import { type GatewayError, NoCredential } from "../gateway-error.ts"
import type { Route } from "../models/model-registry.ts"
import type { NestedOptions } from "../nested-model/nested-execution.ts"
import type { RouteDecision } from "../plugin-executor/decide-route.ts"
import type { PluginExecutor } from "../plugin-executor/plugin-executor.ts"
import type { Execution } from "./execution.ts"
import type { Serving, ServingParts } from "./serving-parts.ts"

/** Whom a request goes to. */
export type Routed = RoutedToCredentials | RoutedToExecutor

/** To a credential of this route, for this model. */
export interface RoutedToCredentials {
  readonly _tag: "Credentials"
  readonly model: string
  /** Key of the one provider that a router has chosen; empty when all that serve the model will do. */
  readonly provider: string
  readonly route: Route
  /** The model that the client asked for, when this one stands in for it. */
  readonly inPlaceOf?: string
}

/** To a plugin's executor, without a credential. */
export interface RoutedToExecutor {
  readonly _tag: "Executor"
  readonly model: string
  readonly executor: PluginExecutor
}

/**
 * The first stage: finds out who could serve the request, with the help of routers. Fails when nobody could; plugins
 * hear nothing more of such a request.
 */
export const route = (
  parts: Pick<ServingParts, "decideRoute" | "translation">,
  serving: Serving,
  execution: Execution,
  nested: NestedOptions | undefined
): Effect.Effect<Routed, GatewayError> =>
  Effect.flatMapEager(
    nested?.provider === undefined
      ? parts.decideRoute({
          execution,
          availableProviders: serving.registry.availableProviders,
          executors: serving.executors,
          conversions: parts.translation(execution.hooks).conversions,
          skipPlugin: nested?.skipPlugin
        })
      : Effect.succeed<RouteDecision>({
          _tag: "Provider",
          provider: nested.provider,
          model: execution.requestedModel
        }),
    (decision): Effect.Effect<Routed, GatewayError> => {
      switch (decision._tag) {
        case "Executor":
          return Effect.succeed({ _tag: "Executor", model: execution.requestedModel, executor: decision.executor })
        case "Provider": {
          const { model, provider } = decision
          const found = Result.flatMap(serving.registry.findAt(provider, model), pinnedTo(nested?.credential))
          return Effect.fromResult(Result.map(found, (route) => ({ _tag: "Credentials", model, provider, route })))
        }
        case "Undecided": {
          const model = execution.requestedModel
          const found = Result.flatMap(serving.registry.find(model), pinnedTo(nested?.credential))
          return Effect.fromResult(Result.map(found, (route) => ({ _tag: "Credentials", model, provider: "", route })))
        }
      }
    }
  )

/** The route with one credential alone, when one is named. */
const pinnedTo =
  (id: string | undefined) =>
  (route: Route): Result.Result<Route, NoCredential> => {
    if (id === undefined) return Result.succeed(route)
    const target = route.targets.get(id)
    if (target !== undefined) {
      return Result.succeed({ ...route, key: `${route.key}\n${id}`, targets: new Map([[id, target]]) })
    }
    const message = `The credential \`${id}\` does not serve the model \`${route.model}\`.`
    return Result.fail(new NoCredential({ message, status: 503, code: "auth_not_found" }))
  }
