import { Effect } from "effect"

import type { AttemptFailure } from "../attempt-failure.ts"
import type { Credential } from "../credentials.ts"
import type { ClientRequest } from "../gateway.ts"
import type { ConfiguredTarget } from "../model-registry.ts"
import { patchModel } from "../patch-model.ts"
import type { ResponseSink } from "../response-sink.ts"
import { account, type AttemptAccount } from "./account.ts"
import { hasResponseConversion } from "./convert-response.ts"
import type { Exchange } from "./exchange.ts"
import type { Execution } from "./execution.ts"
import { changedFields, sendableHeaders } from "./header-fields.ts"
import { jsonObjectOf } from "./json-body.ts"
import { prepare } from "./prepare.ts"
import { bufferOf, type InterceptedRequest } from "./request-interception.ts"
import { respond } from "./respond.ts"
import { OPENAI, type ServingParts } from "./serving-parts.ts"
import type { Terminated } from "./terminated.ts"

/** One attempt with a configured credential: prepare, translate, think, execute, account, respond. */
export const attemptProvider = (
  parts: ServingParts,
  execution: Execution,
  admitted: InterceptedRequest,
  target: ConfiguredTarget,
  sink: ResponseSink
): Effect.Effect<void, AttemptFailure | Terminated> => {
  const { metadata } = execution
  const destination = { toFormat: OPENAI, upstreamModel: target.upstreamModel, metadata }
  return Effect.flatMap(prepare(parts.callHook, parts.deadlines, execution, admitted, destination), (prepared) =>
    Effect.flatMap(translated(parts, execution, prepared, target), (body) =>
      execute(parts, execution, admitted, prepared, bufferOf(body), target, sink)
    )
  )
}

/** The stages translate and think: the body as the provider gets it. */
const translated = (
  parts: ServingParts,
  { hooks, request, sourceFormat, stream }: Execution,
  prepared: InterceptedRequest,
  { upstreamModel }: ConfiguredTarget
): Effect.Effect<Uint8Array> => {
  const body = withModel(request, prepared.body, upstreamModel)
  return parts.translation(hooks).request({ from: sourceFormat, to: OPENAI, model: upstreamModel, stream, body })
}

/** The stages execute, account and respond: from the provider to the client. */
const execute = (
  { callHook, callUpstream, deadlines, natives, usage }: ServingParts,
  execution: Execution,
  admitted: InterceptedRequest,
  prepared: InterceptedRequest,
  body: Buffer,
  { credential, upstreamModel }: ConfiguredTarget,
  sink: ResponseSink
): Effect.Effect<void, AttemptFailure> => {
  const { hooks, request, sourceFormat, stream } = execution
  const native = natives.response(OPENAI, sourceFormat, stream)
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
          translatedRequest: body,
          native
        }
      : undefined
  }
  const headers =
    prepared.headers === request.headers ? undefined : sendableHeaders(changedFields(request.headers, prepared.headers))
  const who = accountOf(credential, upstreamModel)
  return respond(callHook, deadlines, exchange, sink, (answered) =>
    account(usage, execution, who, answered, (watched) =>
      callUpstream({ credential, body, stream, headers, sink: watched })
    )
  )
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

const accountOf = ({ candidate, index, origin }: Credential, model: string): AttemptAccount => ({
  provider: candidate.provider,
  executor: "openai-compatible",
  model,
  authId: candidate.id,
  authIndex: index,
  authType: "apikey",
  source: candidate.attributes["name"] ?? "",
  baseUrl: candidate.attributes["base_url"] ?? origin ?? ""
})
