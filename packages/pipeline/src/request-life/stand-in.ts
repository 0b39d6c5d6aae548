import { Effect, Result } from "effect"

import type { GatewayError } from "../gateway-error.ts"
import { fallbackChain } from "../models/model-fallbacks.ts"
import type { ModelRegistry } from "../models/model-registry.ts"
import type { NestedOptions } from "../nested-model/nested-execution.ts"
import type { ResponseSink } from "../response-sink.ts"
import { splitThinkingSuffix } from "../models/thinking-suffix.ts"
import type { Unserved } from "./execute-with-credentials.ts"
import type { Execution } from "./execution.ts"
import type { Routed, RoutedToCredentials } from "./route.ts"
import type { Serving } from "./serving-parts.ts"
import type { Terminated } from "./terminated.ts"

/**
 * Response header that names the model that has answered in place of the one that was asked for. A name that no header
 * can hold is percent-encoded (RFC 3986, section 2.1).
 */
export const MODEL_HEADER = "x-cliproxy-model"

const inHeader = (model: string): string =>
  /^[\u0020-\u007e]*$/.test(model) ? model : encodeURIComponent(model.toWellFormed())

/**
 * Where the models lead that stand in for the one that is asked for, in the order of the configuration. They get its
 * thinking suffix. Those that nobody serves are left out, and nobody stands in where a plugin has named a provider or a
 * credential.
 */
export const standIns = (
  { fallbacks, registry }: Pick<Serving, "fallbacks"> & { readonly registry: Pick<ModelRegistry, "find"> },
  { requestedModel }: Pick<Execution, "requestedModel">,
  nested: NestedOptions | undefined
): ReadonlyArray<RoutedToCredentials> => {
  if (fallbacks === undefined || nested?.provider !== undefined || nested?.credential !== undefined) return []
  const plain = splitThinkingSuffix(requestedModel)
  const { model, suffix } = fallbacks.has(requestedModel) ? { model: requestedModel, suffix: undefined } : plain
  return fallbackChain(fallbacks, model).flatMap((other): ReadonlyArray<RoutedToCredentials> => {
    const name = suffix === undefined ? other : `${other}(${suffix})`
    const found = registry.find(name)
    return Result.isSuccess(found)
      ? [{ _tag: "Credentials", model: name, provider: "", route: found.success, inPlaceOf: requestedModel }]
      : []
  })
}

/** The route, or that of the first model that stands in when nobody serves the one that is asked for. */
export const routeOrStandIn = (
  routed: Effect.Effect<Routed, GatewayError>,
  [first]: ReadonlyArray<RoutedToCredentials>
): Effect.Effect<Routed, GatewayError> =>
  first === undefined
    ? routed
    : Effect.catchIf(
        routed,
        (error) =>
          error._tag === "NoCredential" || (error._tag === "InvalidRequest" && error.code === "model_not_found"),
        () => Effect.succeed(first)
      )

/** The same execution for a model that stands in. */
export const forModel = (execution: Execution, { inPlaceOf, model }: RoutedToCredentials): Execution =>
  inPlaceOf === undefined
    ? execution
    : { ...execution, model, metadata: { ...execution.metadata, fallback_from: inPlaceOf } }

/**
 * Executes with the credentials of a model, and when it cannot be served, with those of the models after it. When none
 * of them can serve the request either, the client is told what became of the first.
 */
export const withStandIns = (
  routed: RoutedToCredentials,
  others: ReadonlyArray<RoutedToCredentials>,
  sink: ResponseSink,
  execute: (routed: RoutedToCredentials, sink: ResponseSink) => Effect.Effect<void, Unserved>
): Effect.Effect<void, GatewayError | Terminated> => {
  const left = others.slice(others.indexOf(routed) + 1)
  const first = execute(routed, namingSink(routed, sink))
  const standIn = (next: RoutedToCredentials): Effect.Effect<void, Unserved> =>
    Effect.andThen(
      Effect.logDebug(`${next.model} stands in for ${routed.inPlaceOf ?? routed.model}`),
      execute(next, namingSink(next, sink))
    )
  const inTurn = (failed: Unserved, index: number): Effect.Effect<void, Unserved> => {
    const next = left[index]
    if (next === undefined) return Effect.fail(failed)
    // What became of the first is what the client is told, unless another one found out more about the request.
    return standIn(next).pipe(
      Effect.catch((later) => (later.mayStandIn ? inTurn(failed, index + 1) : Effect.fail(later)))
    )
  }
  return first.pipe(
    Effect.catch((failed) =>
      failed.mayStandIn ? Effect.mapError(inTurn(failed, 0), ({ error }) => error) : Effect.fail(failed.error)
    )
  )
}

/** The client's sink; the answer of a model that stands in carries its name. */
const namingSink = ({ inPlaceOf, model }: RoutedToCredentials, sink: ResponseSink): ResponseSink =>
  inPlaceOf === undefined
    ? sink
    : { ...sink, start: (status, headers) => sink.start(status, { ...headers, [MODEL_HEADER]: inHeader(model) }) }
