import { modelRoute, type ModelRouteResponse, normalizeIdentifier, trimSpace } from "@cliproxy/abi"
import { Effect, Result } from "effect"

import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"
import type { Execution } from "../request-life/execution.ts"
import type { CallHook } from "../request-life/hook-calls.ts"
import { chooseFormats, type Conversions } from "./executor-formats.ts"
import { executorNow, type PluginExecutor } from "./plugin-executor.ts"

/** A request whose server is to be decided. */
export interface RouteQuestion {
  readonly execution: Pick<Execution, "request" | "sourceFormat" | "requestedModel" | "stream" | "metadata" | "scope">
  /** Keys of the providers with a credential that is not disabled, sorted. */
  readonly availableProviders: ReadonlyArray<string>
  /** By plugin ID: executors that a route may name. */
  readonly executors: ReadonlyMap<string, PluginExecutor>
  readonly conversions: Conversions
  /** ID of a plugin that is not asked: the one that the request comes from. */
  readonly skipPlugin?: string | undefined
}

/** Who serves a request. */
export type RouteDecision =
  /** No router decided: whoever serves the model. */
  | { readonly _tag: "Undecided" }
  /** This executor, without a credential and with the model as requested. */
  | { readonly _tag: "Executor"; readonly executor: PluginExecutor }
  /** A credential of this provider, for this model. */
  | { readonly _tag: "Provider"; readonly provider: string; readonly model: string }

/** Decides who serves a request, before all else happens to it. It never fails. */
export type DecideRoute = (question: RouteQuestion) => Effect.Effect<RouteDecision>

/** What routers are asked with. */
export interface RouterOptions {
  readonly plugins: Pick<PluginHost, "active">
  readonly callHook: CallHook
  /** Deadline of each router in milliseconds. */
  readonly deadlineMs: number
}

const UNDECIDED: RouteDecision = { _tag: "Undecided" }

/**
 * Makes the stage that asks routers. They are asked in priority order, each with the request as the client sent it,
 * until one gives a decision that can be followed. One that fails or decides for what is not there is logged and
 * passed over. Source: plugin ABI, `model.route`.
 */
export const makeDecideRoute = ({ callHook, deadlineMs, plugins }: RouterOptions): DecideRoute => {
  let activeSet: ReadonlyArray<ActivePlugin> | undefined
  let routers: ReadonlyArray<ActivePlugin> = []
  const currentRouters = (): ReadonlyArray<ActivePlugin> => {
    const now = plugins.active()
    if (now !== activeSet) {
      activeSet = now
      routers = now.filter(({ registration }) => registration.capabilities.model_router)
    }
    return routers
  }

  const ask = (router: ActivePlugin, question: RouteQuestion): Effect.Effect<ModelRouteResponse | undefined> => {
    const { request, ...execution } = question.execution
    return callHook({
      plugin: router,
      contract: modelRoute,
      request: (callbackId) => ({
        Plugin: router.registration.metadata,
        PluginID: router.id,
        SourceFormat: execution.sourceFormat,
        RequestedModel: execution.requestedModel,
        Stream: execution.stream,
        Headers: request.headers,
        Query: request.query ?? {},
        Body: request.body,
        Metadata: execution.metadata,
        AvailableProviders: question.availableProviders,
        host_callback_id: callbackId
      }),
      scope: execution.scope(),
      deadlineMs
    })
  }

  const decide = Effect.fnUntraced(function* (question: RouteQuestion) {
    for (const router of currentRouters()) {
      if (router.id === question.skipPlugin) continue
      const answer = yield* ask(router, question)
      if (answer?.Handled !== true) continue
      const read = readAnswer(plugins, router.id, answer, question)
      if (Result.isSuccess(read)) return read.success
      yield* Effect.logWarning(`plugin ${router.id} routed a request in a way that cannot be followed: ${read.failure}`)
    }
    return UNDECIDED
  })

  return (question) =>
    Effect.suspend(() => (currentRouters().length === 0 ? Effect.succeed(UNDECIDED) : decide(question)))
}

/** A handled answer as a decision, or why it is none. */
const readAnswer = (
  plugins: Pick<PluginHost, "active">,
  router: string,
  answer: ModelRouteResponse,
  question: RouteQuestion
): Result.Result<RouteDecision, string> => {
  switch (answer.TargetKind) {
    case "self":
      return readExecutor(plugins, router, question)
    case "executor":
      return readExecutor(plugins, trimSpace(answer.Target), question)
    case "provider": {
      const provider = normalizeIdentifier(answer.Target)
      if (!question.availableProviders.includes(provider)) {
        return Result.fail(`provider ${JSON.stringify(answer.Target)} has no enabled credential`)
      }
      const model = trimSpace(answer.TargetModel) || question.execution.requestedModel
      return Result.succeed({ _tag: "Provider", provider, model })
    }
    default:
      return Result.fail(`unknown kind of target ${JSON.stringify(answer.TargetKind)}`)
  }
}

const readExecutor = (
  plugins: Pick<PluginHost, "active">,
  id: string,
  { conversions, execution, executors }: RouteQuestion
): Result.Result<RouteDecision, string> => {
  const known = executors.get(id)
  const executor = known === undefined ? undefined : executorNow(plugins, known)
  if (executor === undefined) {
    return Result.fail(`plugin ${JSON.stringify(id)} is no executor with a provider`)
  }
  if (executor.scope === "oauth") return Result.fail(`the executor of plugin ${id} serves only models of credentials`)
  const protocol = execution.sourceFormat
  const formats = chooseFormats({ ...executor, wantedInput: protocol, wantedOutput: protocol, conversions })
  return Result.map(formats, () => ({ _tag: "Executor", executor }))
}
