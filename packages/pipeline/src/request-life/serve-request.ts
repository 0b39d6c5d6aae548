import type { PickRequest, Strategy } from "@cliproxy/scheduler"
import { Effect, Result } from "effect"

import { type AttemptFailure, ProviderBroke } from "../attempt-failure.ts"
import type { AttemptSink } from "../attempt-sink.ts"
import { toGatewayError } from "../attempt-outcome.ts"
import { readChatRequest } from "../chat-request.ts"
import type { Credential } from "../credentials.ts"
import type { CredentialPools } from "../credential-pools.ts"
import type { FailOver } from "../failover.ts"
import type { ClientRequest } from "../gateway.ts"
import type { GatewayError } from "../gateway-error.ts"
import type { ConfiguredTarget, ExecutorTarget, ModelRegistry, Route, Target } from "../model-registry.ts"
import type { NestedOptions } from "../nested-model/nested-execution.ts"
import type { CallUpstream } from "../openai-upstream.ts"
import { patchModel } from "../patch-model.ts"
import type { DecideRoute } from "../plugin-executor/decide-route.ts"
import { chooseFormats } from "../plugin-executor/executor-formats.ts"
import type { PluginExecutor } from "../plugin-executor/plugin-executor.ts"
import type { CallPluginUpstream, PluginUpstreamCall } from "../plugin-executor/plugin-upstream.ts"
import type { Translation } from "../plugin-executor/translation.ts"
import type { ResponseSink } from "../response-sink.ts"
import type { Schedule } from "../schedule.ts"
import { splitThinkingSuffix } from "../thinking-suffix.ts"
import { account, type AttemptAccount } from "./account.ts"
import { admit } from "./admit.ts"
import type { Background } from "./background.ts"
import { complete } from "./complete.ts"
import { hasResponseConversion } from "./convert-response.ts"
import type { Exchange } from "./exchange.ts"
import { beginExecution, type Execution } from "./execution.ts"
import { changedFields, sendableHeaders } from "./header-fields.ts"
import type { CallHook } from "./hook-calls.ts"
import type { HookDeadlines } from "./hook-deadlines.ts"
import { jsonObjectOf } from "./json-body.ts"
import { prepare } from "./prepare.ts"
import { hooksWithout, type RequestHooks } from "./request-hooks.ts"
import { bufferOf, type InterceptedRequest } from "./request-interception.ts"
import { respond } from "./respond.ts"
import { type Terminated, writeTermination } from "./terminated.ts"
import type { NativeTranslators } from "./translation-hooks.ts"
import type { UsageQueue } from "./usage-queue.ts"

/** One set of settings, made ready. A request keeps the one it began with. */
export interface Serving {
  readonly registry: ModelRegistry
  readonly strategy: Strategy
  readonly failOver: FailOver
  /** By plugin ID: executors that a router may choose. */
  readonly executors: ReadonlyMap<string, PluginExecutor>
}

/** What serving requests is made of. */
export interface ServingParts {
  /** What is configured now. */
  readonly serving: () => Serving
  /** Who takes part now. */
  readonly hooks: () => RequestHooks
  readonly translation: (hooks: RequestHooks) => Translation
  readonly natives: NativeTranslators
  readonly callHook: CallHook
  readonly deadlines: HookDeadlines
  readonly pools: CredentialPools
  readonly decideRoute: DecideRoute
  readonly schedule: Schedule
  readonly callUpstream: CallUpstream
  readonly callPluginUpstream: CallPluginUpstream
  readonly usage: UsageQueue
  readonly background: Background
}

/**
 * Serves one OpenAI chat completion, streamed or not, and writes the answer to the sink. Interrupting it aborts the
 * provider's request and what plugins do for it. `nested` says which plugin makes the request, when it is not a
 * client's: that plugin is left out of its route, interceptors and completion.
 */
export type ServeRequest = (
  request: ClientRequest,
  sink: ResponseSink,
  nested?: NestedOptions
) => Effect.Effect<void, GatewayError>

/** Whom a request goes to. */
type Routed =
  /** To a credential of this route, for this model. */
  | { readonly _tag: "Credentials"; readonly model: string; readonly provider: string; readonly route: Route }
  /** To a plugin's executor, without a credential. */
  | { readonly _tag: "Executor"; readonly model: string; readonly executor: PluginExecutor }

/** The protocol of `/v1/chat/completions`, and so far that of all providers that are reached without a plugin. */
const OPENAI = "openai"

/**
 * Makes the way of a request through its stages: route, admit, then for each attempt schedule, prepare, translate,
 * think, execute, respond and account, and in the end complete. Each is a function of that name, here or in a file of
 * its own. A stage in which no plugin takes part does nothing.
 */
export const makeServeRequest = (parts: ServingParts): ServeRequest => {
  const { background, callHook, callPluginUpstream, callUpstream, deadlines, pools, usage } = parts

  /** Finds out who could serve the request. Nothing is told to plugins about one that nobody could. */
  const route = (
    serving: Serving,
    execution: Execution,
    nested: NestedOptions | undefined
  ): Effect.Effect<Routed, GatewayError> =>
    Effect.flatMap(
      parts.decideRoute({
        execution,
        availableProviders: serving.registry.availableProviders,
        executors: serving.executors,
        conversions: parts.translation(execution.hooks).conversions,
        skipPlugin: nested?.skipPlugin
      }),
      (decision): Effect.Effect<Routed, GatewayError> => {
        if (decision._tag === "Executor") {
          return Effect.succeed({ _tag: "Executor", model: execution.requestedModel, executor: decision.executor })
        }
        const [model, provider] =
          decision._tag === "Provider" ? [decision.model, decision.provider] : [execution.requestedModel, ""]
        const found = provider === "" ? serving.registry.find(model) : serving.registry.findAt(provider, model)
        return Effect.fromResult(Result.map(found, (route) => ({ _tag: "Credentials", model, provider, route })))
      }
    )

  /** The stages of one attempt: prepare, translate, think, execute, respond, account. */
  const attempt = Effect.fnUntraced(function* (
    execution: Execution,
    admitted: InterceptedRequest,
    target: Target,
    sink: ResponseSink
  ): Effect.fn.Return<void, AttemptFailure | Terminated> {
    const metadata = {
      ...execution.metadata,
      selected_auth_id: target.candidate.id,
      ...(target.credential?.index === undefined ? {} : { selected_auth_index: target.credential.index })
    }
    return yield* target._tag === "Configured"
      ? attemptConfigured({ ...execution, metadata }, admitted, target, sink)
      : attemptExecutor({ ...execution, metadata }, admitted, target, sink)
  })

  const attemptConfigured = Effect.fnUntraced(function* (
    execution: Execution,
    admitted: InterceptedRequest,
    { credential, upstreamModel }: ConfiguredTarget,
    sink: ResponseSink
  ): Effect.fn.Return<void, AttemptFailure | Terminated> {
    const { hooks, metadata, request, sourceFormat, stream } = execution
    const prepared = yield* prepare(callHook, deadlines, execution, admitted, {
      toFormat: OPENAI,
      upstreamModel,
      metadata
    })
    const body = yield* parts.translation(hooks).request({
      from: sourceFormat,
      to: OPENAI,
      model: upstreamModel,
      stream,
      body: withModel(request, prepared.body, upstreamModel)
    })
    const native = parts.natives.response(OPENAI, sourceFormat, stream)
    const exchange: Exchange = {
      execution,
      requestHeaders: prepared.headers,
      originalRequest: admitted.body,
      requestBody: prepared.body,
      conversion: hasResponseConversion(hooks, native !== undefined)
        ? {
            fromFormat: OPENAI,
            toFormat: sourceFormat,
            model: upstreamModel,
            stream,
            originalRequest: admitted.body,
            translatedRequest: bufferOf(body),
            native
          }
        : undefined
    }
    const added =
      prepared.headers === request.headers
        ? undefined
        : sendableHeaders(changedFields(request.headers, prepared.headers))
    return yield* respond(callHook, deadlines, exchange, sink, (answered) =>
      account(usage, execution, configuredAccount(credential, upstreamModel), answered, (watched) =>
        callUpstream({ credential, body: bufferOf(body), stream, headers: added, sink: watched })
      )
    )
  })

  /** A plugin serves the attempt. What it uses is its own to report. Source: plugin ABI, usage. */
  const attemptExecutor = Effect.fnUntraced(function* (
    execution: Execution,
    admitted: InterceptedRequest,
    { credential, executor, upstreamModel }: ExecutorTarget,
    sink: ResponseSink
  ): Effect.fn.Return<void, AttemptFailure | Terminated> {
    const { suffix } = splitThinkingSuffix(execution.model)
    const model = suffix === undefined ? upstreamModel : `${upstreamModel}(${suffix})`
    return yield* executeByPlugin({ execution, admitted, executor, credential, model }, sink, (call, answered) =>
      callPluginUpstream({ ...call, sink: answered })
    )
  })

  /** A router has chosen a plugin's executor: one attempt, without a credential and with the model as requested. */
  const executeDirectly = (
    execution: Execution,
    admitted: InterceptedRequest,
    executor: PluginExecutor,
    sink: ResponseSink
  ): Effect.Effect<void, GatewayError | Terminated> => {
    const model = execution.requestedModel
    const attempt = { execution, admitted, executor, credential: undefined, model }
    let nested = false
    const onNested = (): void => {
      nested = true
    }
    const who = { ...directAccount(executor, model), countedElsewhere: () => nested }
    return executeByPlugin(attempt, sink, (call, answered) =>
      account(usage, execution, who, answered, (watched) =>
        callPluginUpstream({ ...call, onNested, sink: watched })
      )
    ).pipe(Effect.mapError((failure) => (failure._tag === "Terminated" ? failure : toGatewayError(failure, model))))
  }

  const executeByPlugin = Effect.fnUntraced(function* (
    { admitted, credential, execution, executor, model }: PluginAttempt,
    sink: ResponseSink,
    execute: (call: Omit<PluginUpstreamCall, "sink">, sink: AttemptSink) => Effect.Effect<void, AttemptFailure>
  ): Effect.fn.Return<void, AttemptFailure | Terminated> {
    const { hooks, metadata, sourceFormat } = execution
    const { conversions } = parts.translation(hooks)
    const formats = chooseFormats({ ...executor, wantedInput: sourceFormat, wantedOutput: sourceFormat, conversions })
    const toFormat = Result.isSuccess(formats) ? formats.success.input : sourceFormat
    const prepared = yield* prepare(callHook, deadlines, execution, admitted, {
      toFormat,
      upstreamModel: model,
      metadata
    })
    const exchange: Exchange = {
      execution,
      requestHeaders: prepared.headers,
      originalRequest: admitted.body,
      requestBody: prepared.body,
      // A plugin's answer is converted where it is received.
      conversion: undefined
    }
    const { body, headers } = prepared
    const call = { executor, credential, execution, model, headers, body }
    return yield* respond(callHook, deadlines, exchange, sink, (answered) => execute(call, answered))
  })

  /** Tries one credential after another. */
  const executeWithCredentials = (
    serving: Serving,
    execution: Execution,
    admitted: InterceptedRequest,
    { model, provider, route }: Extract<Routed, { readonly _tag: "Credentials" }>,
    sink: ResponseSink
  ): Effect.Effect<void, GatewayError | Terminated> => {
    const pool = pools.poolOf(route)
    const request: PickRequest = {
      provider,
      providers: route.providers,
      model,
      stream: execution.stream,
      headers: admitted.headers,
      metadata: { ...execution.metadata, session_affinity_provider: provider || "mixed" }
    }
    /** A reload may have brought the credential, or have taken it away while it is still in use here. */
    const targetOf = (id: string): Target | undefined =>
      parts.serving().registry.routes.get(route.key)?.targets.get(id) ?? route.targets.get(id)
    return serving.failOver({
      model,
      pick: (tried, now) => parts.schedule({ pool, strategy: serving.strategy, request, tried, now }),
      send: ({ candidate: { id } }) => {
        const target = targetOf(id)
        return target === undefined ? Effect.fail(credentialRemoved(id)) : attempt(execution, admitted, target, sink)
      },
      report: (id, outcome, now) => pools.report(route, id, outcome, now),
      readyAt: pool.readyAt
    })
  }

  const serve = Effect.fnUntraced(function* (asked: Execution, sink: ResponseSink, nested: NestedOptions | undefined) {
    const serving = parts.serving()
    const routed = yield* route(serving, asked, nested)
    const execution = routed.model === asked.model ? asked : { ...asked, model: routed.model }
    const executed = Effect.flatMap(admit(callHook, deadlines, execution), (admitted) =>
      routed._tag === "Executor"
        ? executeDirectly(execution, admitted, routed.executor, sink)
        : executeWithCredentials(serving, execution, admitted, routed, sink)
    )
    yield* complete(callHook, background, deadlines.reportMs, execution, executed).pipe(
      Effect.catchTag("Terminated", (terminated) => Effect.sync(() => writeTermination(terminated, sink)))
    )
  })

  return (request, sink, nested) =>
    Effect.clockWith((clock) => {
      const chat = readChatRequest(request.json)
      if (Result.isFailure(chat)) return Effect.fail(chat.failure)
      const { model, stream } = chat.success
      const hooks = parts.hooks()
      const execution = beginExecution({
        request,
        sourceFormat: OPENAI,
        model,
        requestedModel: model,
        stream,
        startedAt: clock.currentTimeMillisUnsafe(),
        hooks: nested === undefined ? hooks : hooksWithout(hooks, nested.skipPlugin),
        metadata: nested?.metadata
      })
      return serve(execution, sink, nested).pipe(
        Effect.ensuring(Effect.sync(execution.end)),
        Effect.annotateLogs({ request: request.id })
      )
    })
}

/** What attempts by a plugin have in common, with a credential or without. */
interface PluginAttempt extends Pick<PluginUpstreamCall, "executor" | "credential" | "model"> {
  readonly execution: Execution
  readonly admitted: InterceptedRequest
}

/**
 * The body with the upstream's model name in it. A body that a plugin has made may be anything: what is no JSON object
 * goes on as it is.
 */
const withModel = (request: ClientRequest, body: Buffer, model: string): Buffer => {
  const json = isSame(body, request.body) ? request.json : jsonObjectOf(body)
  return json === undefined ? body : patchModel(body, json["model"], model)
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.byteLength === b.byteLength

const configuredAccount = ({ candidate, index, origin }: Credential, model: string): AttemptAccount => ({
  provider: candidate.provider,
  executor: "openai-compatible",
  model,
  authId: candidate.id,
  authIndex: index,
  authType: "apikey",
  source: candidate.attributes["name"] ?? "",
  baseUrl: candidate.attributes["base_url"] ?? origin ?? ""
})

/** A plugin that a router has chosen is its own provider. Source: plugin ABI, `model.route`. */
const directAccount = ({ plugin }: PluginExecutor, model: string): AttemptAccount => ({
  provider: plugin.id,
  executor: "",
  model,
  authId: "",
  authIndex: "",
  authType: "",
  source: "",
  baseUrl: ""
})

const credentialRemoved = (id: string): ProviderBroke =>
  new ProviderBroke({
    message: `Credential ${id} was removed while the request was under way.`,
    midStream: false,
    answered: true
  })
