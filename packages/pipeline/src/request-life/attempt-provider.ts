import { Clock, Effect, Result } from "effect"

import { type AttemptFailure, ExecutorRefused } from "../failover/attempt-failure.ts"
import type { AttemptSink } from "../provider/attempt-sink.ts"
import type { ClientCodec, ProviderCodec } from "../codecs/codec.ts"
import { copyHeaders } from "../provider/copied-headers.ts"
import type { Credential } from "../credentials/credentials.ts"
import { endpointOf } from "../provider/endpoint.ts"
import type { ConfiguredTarget } from "../models/model-registry.ts"
import { patchFields } from "../wire/patch-fields.ts"
import { patchModel } from "../wire/patch-model.ts"
import type { ResponseSink } from "../response-sink.ts"
import { splitThinkingSuffix } from "../models/thinking-suffix.ts"
import {
  type AnswerReading,
  countReading,
  opaqueReading,
  translatedReading,
  untouchedReading
} from "../translate/answer-reading.ts"
import { clientCodec, providerCodecs } from "../translate/codecs.ts"
import { withModelName } from "../translate/model-name.ts"
import { nativeAnswer } from "../translate/native-answer.ts"
import { withinStack } from "../codecs/json-fields.ts"
import { type OpenTranslation, tryTranslation, withThinkingSuffix } from "../translate/open-translation.ts"
import { nobodysContext } from "../translate/translation-context.ts"
import { account, type AttemptAccount } from "./account.ts"
import { convertRequest } from "./convert-request.ts"
import { hasResponseConversion } from "./convert-response.ts"
import { countLocally } from "./count-locally.ts"
import type { Exchange } from "./exchange.ts"
import { canonicalRequest, type Execution, isSameBytes } from "./execution.ts"
import { changedFields, sendableHeaders } from "./header-fields.ts"
import { jsonObjectOf } from "./json-body.ts"
import { prepare } from "./prepare.ts"
import { bufferOf, type InterceptedRequest } from "./request-interception.ts"
import { respond } from "./respond.ts"
import type { ServingParts } from "./serving-parts.ts"
import type { Terminated } from "./terminated.ts"
import { waitForProvider } from "./wait-for-provider.ts"

/** One attempt with a configured credential: prepare, translate, think, execute, account, respond. */
export const attemptProvider = (
  parts: ServingParts,
  execution: Execution,
  admitted: InterceptedRequest,
  target: ConfiguredTarget,
  sink: ResponseSink
): Effect.Effect<void, AttemptFailure | Terminated> => {
  const { metadata } = execution
  const { protocol } = target.credential
  const destination = { toFormat: protocol, upstreamModel: target.upstreamModel, metadata }
  return Effect.flatMapEager(
    prepare(parts.callHook, parts.deadlines, execution, admitted, destination),
    (prepared): Effect.Effect<void, AttemptFailure> => {
      if (execution.operation === "count_tokens" && providerCodecs[protocol].encodeCountRequest === undefined) {
        const exchange: Exchange = {
          execution,
          requestHeaders: prepared.headers,
          originalRequest: admitted.body,
          requestBody: prepared.body,
          conversion: undefined
        }
        return respond(parts.callHook, parts.deadlines, exchange, sink, (answered) =>
          countLocally(execution, prepared.body, target.upstreamModel, answered)
        )
      }
      return Effect.flatMapEager(translated(parts, execution, prepared, target), (outgoing) =>
        execute(parts, execution, admitted, prepared, outgoing, target, sink)
      )
    }
  )
}

/** A request in the provider's protocol, and how its answer is read. */
interface Outgoing {
  readonly body: Buffer
  /** `undefined` when the client speaks the provider's protocol. */
  readonly opened: OpenTranslation | undefined
}

/** The stages translate and think: the body as the provider gets it. */
const translated = (
  parts: ServingParts,
  execution: Execution,
  prepared: InterceptedRequest,
  target: ConfiguredTarget
): Effect.Effect<Outgoing, AttemptFailure> => {
  const { hooks, sourceFormat, stream } = execution
  const { credential, upstreamModel } = target
  const provider = providerCodecs[credential.protocol]
  const converted = (body: Buffer, opened: OpenTranslation | undefined): Effect.Effect<Outgoing> => {
    const { callHook, deadlines } = parts
    const toFormat = credential.protocol
    const conversion = { fromFormat: sourceFormat, toFormat, model: upstreamModel, stream, body, translated: true }
    return Effect.mapEager(convertRequest(callHook, deadlines.convertMs, hooks, conversion), (sent) => ({
      body: sent,
      opened
    }))
  }
  return sourceFormat === credential.protocol
    ? Effect.flatMapEager(fitted(execution, prepared.body, provider, upstreamModel), (body) =>
        converted(body, undefined)
      )
    : Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.flatMap(opening(execution, prepared, provider, upstreamModel, now), (opened) =>
          converted(opened.body, opened)
        )
      )
}

const fitted = (
  execution: Execution,
  body: Buffer,
  provider: ProviderCodec,
  upstreamModel: string
): Effect.Effect<Buffer, AttemptFailure> =>
  Effect.fromResult(withinStack(() => Result.succeed(sameProtocolBody(execution, body, provider, upstreamModel))))

/** The request as `tryTranslation` writes it for the provider. Fails with what is wrong with the client's request. */
const opening = (
  execution: Execution,
  prepared: InterceptedRequest,
  provider: ProviderCodec,
  upstreamModel: string,
  now: number
): Effect.Effect<OpenTranslation, AttemptFailure> => {
  const decoded = canonicalRequest(execution, prepared.body)
  if (Result.isFailure(decoded)) return Effect.fail(decoded.failure)
  const order = {
    request: decoded.success,
    provider,
    upstreamModel,
    suffix: splitThinkingSuffix(execution.model).suffix,
    now
  }
  return Effect.suspend(() => Effect.fromResult(tryTranslation(order, execution.operation === "count_tokens")))
}

/**
 * The body with the upstream's model name in it, without what other providers have left in the conversation, and with
 * the reasoning that the name asks for. A body that a plugin has made may be anything: what is no JSON object goes on as
 * it is.
 */
const sameProtocolBody = (
  { model, operation, request }: Execution,
  body: Buffer,
  provider: ProviderCodec,
  upstreamModel: string
): Buffer => {
  const json = isSameBytes(body, request.body) ? request.json : jsonObjectOf(body)
  if (json === undefined) return body
  const named = patchModel(body, json["model"], upstreamModel)
  if (operation === "embeddings") return named
  const fitted = provider.fitHistory?.(json, upstreamModel) ?? json
  const { suffix } = splitThinkingSuffix(model)
  const wanted = suffix === undefined ? fitted : withThinkingSuffix(provider, fitted, suffix, upstreamModel)
  return patchFields(named, json, wanted)
}

/** The stages execute, account and respond: from the provider to the client. */
const execute = (
  { callHook, callUpstream, deadlines, usage }: ServingParts,
  execution: Execution,
  admitted: InterceptedRequest,
  prepared: InterceptedRequest,
  { body: sent, opened }: Outgoing,
  { credential, responseModel, upstreamModel }: ConfiguredTarget,
  sink: ResponseSink
): Effect.Effect<void, AttemptFailure> => {
  const { hooks, operation, request, sourceFormat, stream } = execution
  const { protocol } = credential
  const path = endpointOf(credential, { operation, model: upstreamModel, stream })
  const client = clientCodec(sourceFormat)
  if (path === undefined || client === undefined) return Effect.fail(notOffered(operation, credential))

  const body = bufferOf(sent)
  const convertedByPlugins = operation === "generate" && hasResponseConversion(hooks, true)
  const exchange: Exchange = {
    execution,
    requestHeaders: prepared.headers,
    originalRequest: admitted.body,
    requestBody: prepared.body,
    conversion: convertedByPlugins
      ? {
          fromFormat: protocol,
          toFormat: sourceFormat,
          model: upstreamModel,
          stream,
          originalRequest: admitted.body,
          translatedRequest: body,
          native: nativeAnswer(protocol, sourceFormat, stream, () => opened?.context ?? nobodysContext(upstreamModel))
        }
      : undefined
  }
  const changed =
    prepared.headers === request.headers ? [] : sendableHeaders(changedFields(request.headers, prepared.headers))
  const copied = credential.copiedHeaders.length === 0 ? [] : copyHeaders(credential.copiedHeaders, prepared.headers)
  // Where plugins convert, they see the provider's own words first.
  const native = convertedByPlugins ? undefined : opened
  const read = readingOf(execution, credential, client, upstreamModel, native)
  const spoken = native === undefined ? protocol : client.protocol
  const reading = responseModel === undefined ? read : withModelName(read, spoken, responseModel)
  const headers = [...copied, ...changed]
  const send = (answered: AttemptSink) =>
    waitForProvider(execution.spent, answered, (timed) =>
      callUpstream({ credential, path, body, stream, headers, reading, sink: timed })
    )
  if (operation !== "generate") return respond(callHook, deadlines, exchange, sink, send)
  const who = accountOf(credential, upstreamModel, reading)
  return respond(callHook, deadlines, exchange, sink, (answered) => account(usage, execution, who, answered, send))
}

const readingOf = (
  { operation }: Execution,
  { protocol }: Credential,
  client: ClientCodec,
  upstreamModel: string,
  opened: OpenTranslation | undefined
): AnswerReading => {
  const provider = providerCodecs[protocol]
  switch (operation) {
    case "count_tokens":
      return countReading(provider, client)
    case "embeddings":
      return opaqueReading(provider)
    case "generate":
      return opened === undefined
        ? untouchedReading(protocol, nobodysContext(upstreamModel))
        : translatedReading(provider, client, opened.context)
  }
}

/** The protocol of the provider has no such endpoint. */
const notOffered = (operation: string, { candidate }: Credential): ExecutorRefused =>
  new ExecutorRefused({
    plugin: "",
    message: `The provider \`${candidate.provider}\` has no endpoint for ${operation.replace("_", " ")}.`,
    status: 400
  })

/** Names of the executors as plugins know them. */
const EXECUTORS = { openai: "openai-compatible", claude: "claude", gemini: "gemini" } as const

const accountOf = (
  { candidate, index, origin, protocol }: Credential,
  model: string,
  reading: AnswerReading
): AttemptAccount => ({
  provider: candidate.provider,
  executor: EXECUTORS[protocol],
  model,
  authId: candidate.id,
  authIndex: index,
  authType: "apikey",
  source: candidate.attributes["name"] ?? "",
  baseUrl: candidate.attributes["base_url"] ?? origin ?? "",
  protocol,
  known: () => {
    const cost = reading.cost()
    return cost === undefined ? undefined : { ...cost, protocol }
  }
})
