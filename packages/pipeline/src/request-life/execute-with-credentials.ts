import type { PickRequest } from "@cliproxy/scheduler"
import { Effect } from "effect"

import { type AttemptFailure, ProviderBroke } from "../failover/attempt-failure.ts"
import type { CredentialUse } from "../credentials/credential-use.ts"
import type { RequestRecord } from "../decision-trace/request-record.ts"
import type { Attempts } from "../failover/failover.ts"
import { type GatewayError, InvalidRequest } from "../gateway-error.ts"
import type { Route, Target } from "../models/model-registry.ts"
import type { ResponseSink } from "../response-sink.ts"
import { attemptExecutor } from "./attempt-executor.ts"
import { withPatience } from "./probe-patience.ts"
import { attemptProvider } from "./attempt-provider.ts"
import { allowancesOf, judgeFor, readyAtOf } from "./attempt-terms.ts"
import type { Execution } from "./execution.ts"
import type { InterceptedRequest } from "./request-interception.ts"
import type { RoutedToCredentials } from "./route.ts"
import type { Serving, ServingParts } from "./serving-parts.ts"
import type { Terminated } from "./terminated.ts"

/** A request that no credential of a model has served. */
export interface Unserved {
  readonly _tag: "Unserved"
  readonly error: GatewayError | Terminated
  /** Whether another model might serve it: it did not fail by its own fault, and nothing has reached the client. */
  readonly mayStandIn: boolean
}

/** The stage schedule, and an attempt with each credential that it chooses, until one serves the request. */
export const executeWithCredentials = (
  parts: ServingParts,
  serving: Serving,
  execution: Execution,
  record: RequestRecord,
  admitted: InterceptedRequest,
  { model, provider, route: routed }: RoutedToCredentials,
  sink: ResponseSink
): Effect.Effect<void, Unserved> =>
  Effect.suspend(() => {
    const route = execution.operation === "embeddings" ? withEmbeddings(routed) : routed
    if (route === undefined)
      return Effect.fail<Unserved>({ _tag: "Unserved", error: noEmbeddings(model), mayStandIn: false })
    const pool = parts.pools.poolOf(route)
    const session = parts.sessions.of(execution.request, route.model)
    const before: Array<{ readonly id: string; readonly status: number }> = []
    const request: PickRequest = {
      provider,
      providers: route.providers,
      model,
      stream: execution.stream,
      headers: admitted.headers,
      metadata: { ...execution.metadata, session_affinity_provider: provider || "mixed" },
      attempt: 1,
      selectionId: selectionId(execution, 1)
    }
    const { principal } = execution.request
    const choice = { route, pool, strategy: serving.strategy, session, principal, request, spent: execution.spent }
    /** A reload may have brought the credential, or have taken it away while it is still in use here. */
    const targetOf = (id: string): Target | undefined =>
      parts.serving().registry.routes.get(route.key)?.targets.get(id) ?? route.targets.get(id)
    let final = false
    let inUse: CredentialUse | undefined
    const attempts: Attempts = {
      model,
      choose: (tried, took) => {
        const number = before.length + 1
        const again = number > 1 && {
          ...request,
          attempt: number,
          triedBefore: [...before],
          selectionId: selectionId(execution, number)
        }
        return parts.chooseCredential(again ? { ...choice, request: again } : choice, tried, (use) => {
          inUse = use
          took(use)
        })
      },
      send: ({ candidate: { id } }, answered) => {
        const target = targetOf(id)
        execution.lastSelection.id = selectionId(execution, before.length + 1)
        return target === undefined
          ? Effect.fail(credentialRemoved(id))
          : withPatience(inUse, attempt(parts, execution, admitted, target, tellingSink(sink, answered)))
      },
      judge: (id, failure) => {
        const verdict = judgeFor(targetOf(id), execution.operation, failure, serving.failureRules)
        before.push({ id, status: failure._tag === "ProviderBroke" ? 0 : (failure.status ?? 500) })
        if (verdict.goOn) session?.affinity.failed(session, id)
        else final = true
        return verdict
      },
      readyAt: (now, spent) => readyAtOf(pool, now, spent),
      allowances: (requestRetry) => allowancesOf(route.targets, requestRetry)
    }
    return Effect.mapError(serving.failOver(parts.tracing.watch(record, choice, attempts)), (error): Unserved => ({
      _tag: "Unserved",
      error,
      mayStandIn: !final && error._tag !== "Terminated" && error._tag !== "SchedulerRefused"
    }))
  })

/** Names one pick: in what a scheduler is asked, and in the records of the attempt. */
const selectionId = ({ id }: Execution, attempt: number): string => `${id}/${attempt}`

/** The client's sink, and somebody who wants to know when the answer begins. */
const tellingSink = (sink: ResponseSink, answered: () => void): ResponseSink => ({
  ...sink,
  start: (status, headers) => {
    answered()
    sink.start(status, headers)
  }
})

const attempt = (
  parts: ServingParts,
  execution: Execution,
  admitted: InterceptedRequest,
  target: Target,
  sink: ResponseSink
): Effect.Effect<void, AttemptFailure | Terminated> => {
  const index = target.credential?.index
  const metadata = {
    ...execution.metadata,
    selected_auth_id: target.candidate.id,
    ...(execution.lastSelection.id === undefined ? {} : { selection_id: execution.lastSelection.id }),
    ...(index === undefined ? {} : { selected_auth_index: index })
  }
  const known = { ...execution, metadata }
  return target._tag === "Configured"
    ? attemptProvider(parts, known, admitted, target, sink)
    : attemptExecutor(parts, known, admitted, target, sink)
}

/** The route with those credentials alone whose provider has an endpoint for embeddings; `undefined` when none has. */
const withEmbeddings = (route: Route): Route | undefined => {
  const targets = [...route.targets].filter(
    ([, target]) => target._tag === "Configured" && target.protocol === "openai"
  )
  return targets.length === 0 ? undefined : { ...route, key: `${route.key}\nembeddings`, targets: new Map(targets) }
}

const noEmbeddings = (model: string): InvalidRequest =>
  new InvalidRequest({
    message: `The model \`${model}\` is served by no provider that has embeddings; those that speak OpenAI have.`,
    status: 404,
    code: "model_not_found",
    param: "model"
  })

const credentialRemoved = (id: string): ProviderBroke =>
  new ProviderBroke({
    message: `Credential ${id} was removed while the request was under way.`,
    midStream: false,
    answered: true
  })
