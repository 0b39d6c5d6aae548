import { Effect, Result } from "effect"

import type { AttemptFailure } from "../failover/attempt-failure.ts"
import { toGatewayError } from "../failover/attempt-outcome.ts"
import type { AttemptSink } from "../provider/attempt-sink.ts"
import type { GatewayError } from "../gateway-error.ts"
import type { ExecutorTarget } from "../models/model-registry.ts"
import { chooseFormats } from "../plugin-executor/executor-formats.ts"
import type { PluginExecutor } from "../plugin-executor/plugin-executor.ts"
import type { PluginUpstreamCall } from "../plugin-executor/plugin-upstream.ts"
import type { ResponseSink } from "../response-sink.ts"
import { splitThinkingSuffix } from "../models/thinking-suffix.ts"
import { account, type AttemptAccount } from "./account.ts"
import type { Exchange } from "./exchange.ts"
import type { Execution } from "./execution.ts"
import { prepare } from "./prepare.ts"
import type { InterceptedRequest } from "./request-interception.ts"
import { respond } from "./respond.ts"
import type { RoutedToExecutor } from "./route.ts"
import type { ServingParts } from "./serving-parts.ts"
import type { Terminated } from "./terminated.ts"
import { waitForProvider } from "./wait-for-provider.ts"

/**
 * One attempt by a plugin that serves the model. What it uses is its own to report. Source: plugin ABI, usage.
 */
export const attemptExecutor = (
  parts: ServingParts,
  execution: Execution,
  admitted: InterceptedRequest,
  { credential, executor, upstreamModel }: ExecutorTarget,
  sink: ResponseSink
): Effect.Effect<void, AttemptFailure | Terminated> => {
  const { suffix } = splitThinkingSuffix(execution.model)
  const model = suffix === undefined ? upstreamModel : `${upstreamModel}(${suffix})`
  return attempt(parts, { execution, admitted, executor, credential, model }, sink, (call, answered) =>
    parts.callPluginUpstream({ ...call, sink: answered })
  )
}

/** A router has chosen a plugin's executor: one attempt, without a credential and with the model as requested. */
export const executeDirectly = (
  parts: ServingParts,
  execution: Execution,
  admitted: InterceptedRequest,
  { executor, model }: RoutedToExecutor,
  sink: ResponseSink
): Effect.Effect<void, GatewayError | Terminated> =>
  Effect.suspend(() => {
    let nested = false
    const onNested = (): void => {
      nested = true
    }
    const who = { ...accountOf(executor, model, execution.sourceFormat), countedElsewhere: () => nested }
    const direct = { execution, admitted, executor, credential: undefined, model }
    return attempt(parts, direct, sink, (call, answered) =>
      account(parts.usage, execution, who, answered, (watched) =>
        parts.callPluginUpstream({ ...call, onNested, sink: watched })
      )
    ).pipe(Effect.mapError((failure) => (failure._tag === "Terminated" ? failure : toGatewayError(failure, model))))
  })

/** An attempt by a plugin, with a credential or without. */
interface ExecutorAttempt extends Pick<PluginUpstreamCall, "executor" | "credential" | "model"> {
  readonly execution: Execution
  readonly admitted: InterceptedRequest
}

/** The stages prepare, execute and respond. The executor itself translates and thinks, in the formats that it knows. */
const attempt = (
  { callHook, deadlines, translation }: ServingParts,
  { admitted, credential, execution, executor, model }: ExecutorAttempt,
  sink: ResponseSink,
  execute: (call: Omit<PluginUpstreamCall, "sink">, sink: AttemptSink) => Effect.Effect<void, AttemptFailure>
): Effect.Effect<void, AttemptFailure | Terminated> => {
  const { hooks, metadata, sourceFormat } = execution
  const { conversions } = translation(hooks)
  const formats = chooseFormats({ ...executor, wantedInput: sourceFormat, wantedOutput: sourceFormat, conversions })
  const toFormat = Result.isSuccess(formats) ? formats.success.input : sourceFormat
  const destination = { toFormat, upstreamModel: model, metadata }
  return Effect.flatMap(prepare(callHook, deadlines, execution, admitted, destination), ({ body, headers }) => {
    const exchange: Exchange = {
      execution,
      requestHeaders: headers,
      originalRequest: admitted.body,
      requestBody: body,
      // A plugin's answer is converted where it is received.
      conversion: undefined
    }
    const countTokens = execution.operation === "count_tokens"
    const call = { executor, credential, execution, model, headers, body, countTokens }
    return respond(callHook, deadlines, exchange, sink, (answered) =>
      waitForProvider(execution.spent, answered, (timed) => execute(call, timed))
    )
  })
}

/** A plugin that a router has chosen is its own provider. Source: plugin ABI, `model.route`. */
const accountOf = ({ plugin }: PluginExecutor, model: string, protocol: string): AttemptAccount => ({
  provider: plugin.id,
  executor: "",
  model,
  authId: "",
  authIndex: "",
  authType: "",
  source: "",
  baseUrl: "",
  protocol
})
