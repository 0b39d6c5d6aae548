import type { UsageFailure, UsageRecord } from "@cliproxy/abi"
import { Cause, Duration, Effect, Exit } from "effect"

import type { AttemptFailure } from "../failover/attempt-failure.ts"
import type { AttemptSink } from "../provider/attempt-sink.ts"
import type { Execution } from "./execution.ts"
import type { UsageQueue } from "./usage-queue.ts"
import { answerUsage, type KnownUsage } from "./usage-numbers.ts"
import { watchUsage } from "./usage-watch.ts"

/** Who an attempt is charged to. */
export interface AttemptAccount {
  readonly provider: string
  /** Name of the built-in executor; empty for plugins. */
  readonly executor: string
  /** Model as the upstream knows it. */
  readonly model: string
  /** Credential; empty when there is none. */
  readonly authId: string
  readonly authIndex: string
  /** `apikey` and the like. */
  readonly authType: string
  /** Label of the credential, for people. */
  readonly source: string
  readonly baseUrl: string
  /** Protocol of the bytes that are written for the attempt. */
  readonly protocol: string
  /** Asked at the end: what the attempt has used, if the bytes do not tell. */
  readonly known?: (() => KnownUsage | undefined) | undefined
  /** Asked at the end: whether what was used is in the records of other attempts, so that this one has none. */
  readonly countedElsewhere?: () => boolean
}

/** Headers of an upstream that plugins get with a record: what tells requests and limits apart, and no more. */
const REPORTED_HEADERS =
  /^(x-request-id|request-id|openai-processing-ms|openai-organization|retry-after|x-ratelimit-.*)$/i

/** What a client that has gone is told as, for want of an answer. Nginx's status; no client ever sees it. */
const CLIENT_GONE: UsageFailure = { StatusCode: 499, Body: "the client has gone" }

/**
 * The stage that reports what an attempt has used: one record for each attempt that was made, whether it went well or
 * not. `send` runs the attempt. Nothing is looked at when no plugin wants to know. Source: plugin ABI, usage.
 */
export const account = <E extends AttemptFailure>(
  queue: UsageQueue,
  execution: Execution,
  who: AttemptAccount,
  sink: AttemptSink,
  send: (sink: AttemptSink) => Effect.Effect<void, E>
): Effect.Effect<void, E> => {
  const { usage } = execution.hooks
  if (usage.length === 0) return send(sink)
  return Effect.clockWith((clock) => {
    const requestedAt = clock.currentTimeMillisUnsafe()
    const began = clock.currentTimeNanosUnsafe()
    const watch = watchUsage(sink, who.protocol, () => Number(clock.currentTimeNanosUnsafe() - began))
    return Effect.onExit(send(watch.sink), (exit) =>
      Effect.sync(() => {
        if (who.countedElsewhere?.() === true) return
        const known = who.known?.()
        const { detail, model, serviceTier } = known === undefined ? watch.usage() : answerUsage(known)
        const failure = failureOf(exit)
        const record: UsageRecord = {
          ...whoOf(who, execution),
          RequestedAt: new Date(requestedAt),
          Latency: Duration.nanos(clock.currentTimeNanosUnsafe() - began),
          TTFT: Duration.nanos(BigInt(watch.startedAt() ?? 0)),
          Failed: failure !== undefined,
          Failure: failure ?? { StatusCode: 0, Body: "" },
          Detail: detail,
          ResponseHeaders: reportedHeaders(watch.headers()),
          RequestID: execution.id,
          TraceID: execution.traceId,
          BaseURL: who.baseUrl,
          ResponseServiceTier: serviceTier,
          ResponseModel: model,
          Stream: execution.stream,
          SelectionID: textOf(execution.metadata["selection_id"])
        }
        queue.add(record, usage)
      })
    )
  })
}

const whoOf = (who: AttemptAccount, { request, requestedModel, metadata }: Execution) => ({
  Provider: who.provider,
  ExecutorType: who.executor,
  Model: who.model,
  Alias: requestedModel === who.model ? "" : requestedModel,
  APIKey: request.principal ?? "",
  AuthID: who.authId,
  AuthIndex: who.authIndex,
  AuthType: who.authType,
  Source: who.source,
  ReasoningEffort: textOf(metadata["reasoning_effort"]),
  ServiceTier: textOf(metadata["service_tier"]),
  Generate: metadata["generate"] !== false
})

const textOf = (value: unknown): string => (typeof value === "string" ? value : "")

const failureOf = (exit: Exit.Exit<void, AttemptFailure>): UsageFailure | undefined => {
  if (Exit.isSuccess(exit)) return undefined
  const failure = exit.cause.reasons.find(Cause.isFailReason)?.error
  if (failure === undefined) return CLIENT_GONE
  const StatusCode = failure._tag === "ProviderBroke" ? 0 : (failure.status ?? 0)
  return { StatusCode, Body: failure.message }
}

const reportedHeaders = (headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>) =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value !== undefined && REPORTED_HEADERS.test(name) ? [[name, typeof value === "string" ? [value] : value]] : []
    )
  )
