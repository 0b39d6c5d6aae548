import { applyHeaderChanges, responseInterceptAfter } from "@cliproxy/abi"
import { Effect } from "effect"

import type { ResponseSink } from "../response-sink.ts"
import { convertResponse } from "./convert-response.ts"
import { answerInterceptors } from "./execution.ts"
import type { Exchange } from "./exchange.ts"
import { headersForClient } from "./client-headers.ts"
import type { HeaderFields } from "./header-fields.ts"
import type { CallHook } from "./hook-calls.ts"
import type { HookDeadlines } from "./hook-deadlines.ts"
import { bufferOf } from "./request-interception.ts"

/** A whole answer of an upstream that has succeeded. */
export interface WholeAnswer {
  readonly status: number
  /** The host's own headers for the client, without a length. They are never overwritten. */
  readonly headers: Readonly<Record<string, string>>
  /** What the upstream sent, with canonical names. */
  readonly upstreamHeaders: HeaderFields
  readonly body: Buffer
}

/**
 * The stage that brings a whole answer to the client: converts it, lets `response.intercept_after` change it, and sends
 * it. Of the upstream's headers the client gets those that plugins added or changed. Source: plugin ABI, response
 * interceptors.
 */
export const respondWhole = Effect.fnUntraced(function* (
  callHook: CallHook,
  deadlines: HookDeadlines,
  exchange: Exchange,
  answer: WholeAnswer,
  sink: ResponseSink
) {
  const { execution, conversion } = exchange
  const { hooks } = execution
  let body =
    conversion === undefined
      ? answer.body
      : ((yield* convertResponse(callHook, deadlines.convertMs, hooks, conversion, answer.body))[0] ?? answer.body)
  let fields = answer.upstreamHeaders
  // A request for a stream may be answered as a whole all the same; interceptors of whole answers do not expect it.
  for (const plugin of execution.stream ? [] : answerInterceptors(execution)) {
    const changed = yield* callHook({
      plugin,
      contract: responseInterceptAfter,
      deadlineMs: deadlines.interceptMs,
      scope: execution.scope(),
      request: (host_callback_id) => ({
        RequestID: execution.id,
        SourceFormat: execution.sourceFormat,
        Model: execution.model,
        RequestedModel: execution.requestedModel,
        Stream: false,
        RequestHeaders: exchange.requestHeaders,
        ResponseHeaders: fields,
        OriginalRequest: exchange.originalRequest,
        RequestBody: exchange.requestBody,
        Body: body,
        StatusCode: answer.status,
        Metadata: execution.metadata,
        host_callback_id
      })
    })
    if (changed === undefined) continue
    fields = applyHeaderChanges(fields, changed)
    if (changed.Body.length > 0) body = bufferOf(changed.Body)
  }
  sink.start(answer.status, {
    ...headersForClient(execution, answer.upstreamHeaders, fields, answer.headers),
    ...answer.headers,
    "content-length": String(body.length)
  })
  sink.write(body)
  sink.end()
})
