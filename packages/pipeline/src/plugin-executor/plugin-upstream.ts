import {
  executorCountTokens,
  executorExecute,
  executorExecuteStream,
  type ExecutorRequest,
  type PluginCallError
} from "@cliproxy/abi"
import { Effect, Result, Schedule } from "effect"

import { type AttemptFailure, ExecutorRefused, ProviderBroke } from "../failover/attempt-failure.ts"
import type { AttemptSink } from "../provider/attempt-sink.ts"
import type { InvalidRequest } from "../gateway-error.ts"
import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import type { CallbackScopes, OpenedScope } from "../plugin-host/callback-scopes.ts"
import type { PluginHost } from "../plugin-host/plugin-host.ts"
import type { Execution } from "../request-life/execution.ts"
import type { HeaderFields } from "../request-life/header-fields.ts"
import { type StreamEndWatcher, watchStreamEnd } from "../provider/stream-end.ts"
import { isProviderProtocol } from "../translate/codecs.ts"
import { translateTokenCount } from "../translate/token-count-answer.ts"
import { callCapability } from "./call-capability.ts"
import { framingOf } from "./chunk-framing.ts"
import type { ExecutorDeadlines } from "./executor-deadlines.ts"
import { chooseFormats, type ExecutorFormats } from "./executor-formats.ts"
import type { ExecutorStreams, StreamItem } from "./executor-streams.ts"
import { isAlive, processOf } from "./plugin-alive.ts"
import type { PluginCredential } from "./plugin-credential.ts"
import { executorNow, type PluginExecutor } from "./plugin-executor.ts"
import { sendChunks } from "./send-chunks.ts"
import { watchOpening } from "./stream-opening.ts"
import { SAME_RESPONSE, type TranslatedRequest, type TranslatedResponse, type Translation } from "./translation.ts"

/** One attempt by a plugin. */
export interface PluginUpstreamCall {
  readonly executor: PluginExecutor
  /** `undefined` for models without one, and when a route sent the request here. */
  readonly credential: PluginCredential | undefined
  readonly execution: Pick<Execution, "request" | "sourceFormat" | "stream" | "metadata" | "scope">
  /** Upstream model; may carry a thinking suffix. */
  readonly model: string
  /** The client's headers after interceptors. */
  readonly headers: HeaderFields
  /** The body in the client's protocol, after interceptors. */
  readonly body: Buffer
  /** Counts the tokens of the request instead of answering it. */
  readonly countTokens?: boolean
  /** Variant of the client's route; empty for none. */
  readonly alt?: string
  /** Told when the plugin has executed another model to serve this attempt: that is accounted for by itself. */
  readonly onNested?: () => void
  readonly sink: AttemptSink
}

/**
 * Lets a plugin serve one attempt and passes the answer to the sink, ended. Until it fails with `midStream` or
 * succeeds, nothing has been written to the sink. Interrupting it gives the plugin's call and its stream up at once.
 */
export type CallPluginUpstream = (call: PluginUpstreamCall) => Effect.Effect<void, AttemptFailure>

/** What the executor needs. */
export interface PluginUpstreamOptions {
  readonly plugins: Pick<PluginHost, "active" | "fuse">
  readonly scopes: CallbackScopes
  readonly streams: ExecutorStreams
  /** Whether the plugin has executed another model within an open scope. */
  readonly ranNested?: (scopeId: string) => boolean
  /** Asked anew for each attempt. */
  readonly translation: () => Translation
  readonly deadlines: ExecutorDeadlines
}

/**
 * The executor for providers that plugins serve.
 *
 * A plugin whose process ends during the call is called once more, in its new process: nothing has reached the client
 * by then, and the crash is no fault of the credential. One that is just being started again is waited for, for three
 * seconds. A plugin that fails again, or that is not there, is a broken provider, and the next credential may be tried. A plugin's own error is the client's, unless another credential
 * serves the request. Source: plugin ABI, executors.
 */
export const makePluginUpstream =
  (options: PluginUpstreamOptions): CallPluginUpstream =>
  (call) =>
    Effect.suspend(() => {
      const executor = executorNow(options.plugins, call.executor)
      if (executor === undefined) {
        return Effect.fail(broken(`Plugin ${call.executor.plugin.id} is not active any more.`))
      }
      const translation = options.translation()
      const { inputs, outputs, plugin, provider } = executor
      const protocol = call.execution.sourceFormat || "openai"
      const { conversions } = translation
      const chosen = chooseFormats({
        provider,
        inputs,
        outputs,
        wantedInput: protocol,
        wantedOutput: protocol,
        conversions
      })
      if (Result.isFailure(chosen)) {
        return Effect.fail(new ExecutorRefused({ plugin: plugin.id, message: chosen.failure }))
      }
      const formats = chosen.success
      const once = Effect.flatMap(translatedRequest(call, translation, formats.input, protocol), (translated) => {
        const attempt = { ...options, call, plugin, translation, protocol, formats, translated }
        return call.execution.stream && call.countTokens !== true ? stream(attempt) : whole(attempt)
      })
      return once.pipe(
        Effect.retry({ while: isRestarting, schedule: Schedule.spaced(RESTART_LOOK_MS), times: RESTART_LOOKS }),
        Effect.retry({ times: 1, while: ({ _tag }) => _tag === "PluginCrashed" }),
        Effect.mapError(attemptFailure)
      )
    })

/**
 * How often, and how many times, it is tried whether a plugin that is being started again is back: for three seconds in
 * all. All credentials of its provider wait for the same process, so that there is nobody to go on to.
 */
const RESTART_LOOK_MS = 100
const RESTART_LOOKS = 30

/** How a process ends that an operator, or a system out of memory, has killed. */
const KILLED = "signal SIGKILL"

const isRestarting = (error: PluginCallError | AttemptFailure): boolean =>
  error._tag === "PluginUnavailable" && error.state === "restarting"

/** What the steps of one attempt share. */
interface Attempt extends Omit<PluginUpstreamOptions, "translation"> {
  readonly call: PluginUpstreamCall
  readonly plugin: ActivePlugin
  readonly translation: Translation
  /** The client's protocol. */
  readonly protocol: string
  readonly formats: ExecutorFormats
  /** The body in the executor's protocol. */
  readonly translated: TranslatedRequest
}

const translatedRequest = (
  { body, countTokens, execution, model }: PluginUpstreamCall,
  translation: Translation,
  to: string,
  from: string
): Effect.Effect<TranslatedRequest, InvalidRequest> =>
  from === to
    ? Effect.succeed({ body, context: undefined })
    : translation.request({ from, to, model, stream: execution.stream, body, countTokens })

const broken = (message: string, midStream = false, answered = false): ProviderBroke =>
  new ProviderBroke({ message, midStream, answered })

const requestOf = ({ call, formats, translated }: Attempt, scope: OpenedScope): ExecutorRequest => {
  const { credential, execution } = call
  return {
    AuthID: credential?.candidate.id ?? "",
    AuthProvider: credential?.candidate.provider ?? "",
    Model: call.model,
    Format: formats.output,
    Stream: execution.stream && call.countTokens !== true,
    Alt: call.alt ?? "",
    Headers: call.headers,
    Query: execution.request.query ?? {},
    OriginalRequest: call.body,
    SourceFormat: formats.input,
    Payload: translated.body,
    Metadata:
      credential === undefined
        ? execution.metadata
        : { ...execution.metadata, selected_auth_id: credential.candidate.id },
    StorageJSON: credential?.storageJson ?? new Uint8Array(0),
    AuthMetadata: credential?.metadata ?? {},
    AuthAttributes: credential?.attributes ?? {},
    host_callback_id: scope.id
  }
}

const openScope = ({ call, plugin, ranNested, scopes }: Attempt): OpenedScope => {
  const { close, id } = scopes.open({
    ...call.execution.scope(),
    plugin: plugin.id,
    proxyUrl: call.credential?.proxyUrl
  })
  return {
    id,
    close: () => {
      if (ranNested?.(id) === true) call.onNested?.()
      close()
    }
  }
}

const whole = (attempt: Attempt): Effect.Effect<void, PluginCallError | AttemptFailure> => {
  const { call, deadlines, plugin, plugins } = attempt
  const contract = call.countTokens === true ? executorCountTokens : executorExecute
  return Effect.acquireUseRelease(
    Effect.sync(() => openScope(attempt)),
    (scope) =>
      callCapability(plugins, plugin, contract, requestOf(attempt, scope), { deadlineMs: deadlines.executeMs }),
    (scope) => Effect.sync(scope.close)
  ).pipe(
    Effect.flatMap((answer) => Effect.map(wholeResponse(attempt, answer.Payload), (parts) => ({ answer, parts }))),
    Effect.flatMap(({ answer, parts }) => {
      const body = Buffer.concat(parts)
      if (body.length === 0) return Effect.fail(broken(`Plugin ${plugin.id} gave an empty answer.`, false, true))
      return Effect.sync(() => {
        call.sink.start(
          200,
          { "content-type": "application/json", "content-length": String(body.length) },
          { kind: "whole", headers: answer.Headers }
        )
        call.sink.write(body)
        call.sink.end()
      })
    })
  )
}

const stream = (attempt: Attempt): Effect.Effect<void, PluginCallError | AttemptFailure> => {
  const { call, deadlines, plugin, plugins, protocol, streams } = attempt
  const deliver = (headers: HeaderFields, take: Effect.Effect<StreamItem>, alive: Effect.Effect<boolean>) =>
    sendChunks({
      take,
      alive,
      framing: framingOf(protocol),
      watcher: watcherOf(protocol),
      opening: watchOpening(protocol, call.model),
      translated: responseOf(attempt, true),
      sink: call.sink,
      headers,
      idleMs: deadlines.idleMs,
      plugin: plugin.id
    })
  return Effect.acquireUseRelease(
    Effect.sync(() => ({ opened: streams.open(plugin.id), scope: openScope(attempt) })),
    ({ opened, scope }) =>
      Effect.gen(function* () {
        const called = yield* processOf(plugin.connection)
        const request = { ...requestOf(attempt, scope), stream_id: opened.id }
        const { chunks, headers } = yield* callCapability(plugins, plugin, executorExecuteStream, request, {
          deadlineMs: deadlines.executeMs
        })
        if (chunks.length === 0) {
          // A call that had to wait for a process was made in the one that is there now.
          const pid = called ?? (yield* processOf(plugin.connection))
          return yield* deliver(headers, opened.take, isAlive(plugin.connection, pid))
        }
        // The chunks are all of it: the handle and the scope mean nothing any more.
        opened.abort()
        scope.close()
        return yield* deliver(headers, takeFrom(chunks.map(({ Payload }) => Payload)), Effect.succeed(true))
      }),
    ({ opened, scope }) =>
      Effect.sync(() => {
        opened.abort()
        scope.close()
      })
  )
}

/** What knows the end of a stream in a client's protocol, where providers speak it, too. */
const watcherOf = (protocol: string): StreamEndWatcher | undefined =>
  isProviderProtocol(protocol) ? watchStreamEnd(protocol) : undefined

const takeFrom = (chunks: ReadonlyArray<Uint8Array>): Effect.Effect<StreamItem> => {
  let next = 0
  return Effect.sync(() => {
    const payload = chunks[next++]
    return payload === undefined ? { _tag: "Ended" } : { _tag: "Chunk", payload }
  })
}

const responseOf = (
  { call, formats, protocol, translated, translation }: Attempt,
  stream: boolean
): TranslatedResponse =>
  formats.output === protocol
    ? SAME_RESPONSE
    : translation.response({
        from: formats.output,
        to: protocol,
        model: call.model,
        stream,
        originalRequest: call.body,
        translated
      })

/** A count of tokens is no answer of a model: only the two protocols' own words for it differ. */
const wholeResponse = (attempt: Attempt, body: Uint8Array): Effect.Effect<ReadonlyArray<Uint8Array>> => {
  if (body.length === 0) return Effect.succeed([])
  const { call, formats, protocol } = attempt
  return call.countTokens === true
    ? Effect.sync(() => [translateTokenCount(formats.output, protocol, body)])
    : responseOf(attempt, false).push(body)
}

/** Failures of the plugin's own making are told to the client; those of the way to it are like a broken connection. */
const attemptFailure = (error: PluginCallError | AttemptFailure): AttemptFailure => {
  switch (error._tag) {
    case "PluginRefused": {
      const { httpStatus, message, plugin } = error
      return new ExecutorRefused({ plugin, message, ...(httpStatus === undefined ? {} : { status: httpStatus }) })
    }
    case "PluginTransportFailed":
    case "PluginAnswerMalformed":
      return new ExecutorRefused({ plugin: error.plugin, message: error.message })
    case "PluginDeadlineExceeded":
      return new ExecutorRefused({ plugin: error.plugin, message: error.message, status: 504 })
    case "PluginCrashed":
      // A credential may be what a plugin crashes on, but nobody is killed by one.
      return error.ending === KILLED
        ? new ProviderBroke({ message: error.message, midStream: false, answered: false, blameless: true })
        : broken(error.message)
    case "PluginClosed":
    case "PluginUnavailable":
      return broken(error.message)
    default:
      return error
  }
}
