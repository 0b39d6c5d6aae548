import {
  applyHeaderChanges,
  type Contract,
  interceptorGetsBody,
  type RequestInterceptRequest,
  type RequestInterceptResponse
} from "@cliproxy/abi"
import { Effect } from "effect"

import type { Execution } from "./execution.ts"
import type { HeaderFields } from "./header-fields.ts"
import type { CallHook } from "./hook-calls.ts"
import { type Terminated, terminationOf } from "./terminated.ts"

/** A request as interceptors see and change it. */
export interface InterceptedRequest {
  readonly headers: HeaderFields
  /** In the client's protocol. */
  readonly body: Buffer
}

/** One of the two places where requests are intercepted. */
export interface Interception {
  readonly contract: Contract<
    "request.intercept_before" | "request.intercept_after",
    RequestInterceptRequest,
    RequestInterceptResponse
  >
  readonly phase: "before" | "after"
  /** The upstream's protocol; empty before it is known. */
  readonly toFormat: string
  readonly model: string
  readonly metadata: Readonly<Record<string, unknown>>
  /** Milliseconds for each plugin. */
  readonly deadlineMs: number
}

const NO_BODY = new Uint8Array(0)

/**
 * Lets the interceptors change the request one after another. A plugin that fails is left out. Fails with `Terminated`
 * as soon as one of them ends the request. Source: plugin ABI, request hooks.
 */
export const interceptRequest = Effect.fnUntraced(function* (
  callHook: CallHook,
  execution: Execution,
  { contract, phase, toFormat, model, metadata, deadlineMs }: Interception,
  request: InterceptedRequest
): Effect.fn.Return<InterceptedRequest, Terminated> {
  let { headers, body } = request
  for (const plugin of execution.hooks.requestInterceptors) {
    const answer = yield* callHook({
      plugin,
      contract,
      deadlineMs,
      scope: execution.scope(),
      request: (host_callback_id) => ({
        RequestID: execution.id,
        TraceID: execution.traceId,
        SourceFormat: execution.sourceFormat,
        ToFormat: toFormat,
        Model: model,
        RequestedModel: execution.requestedModel,
        Stream: execution.stream,
        Headers: headers,
        Body: interceptorGetsBody(plugin.registration, phase) ? body : NO_BODY,
        Metadata: metadata,
        host_callback_id
      })
    })
    if (answer === undefined) continue
    const terminated = terminationOf(plugin.id, answer)
    if (terminated !== undefined) return yield* terminated
    headers = applyHeaderChanges(headers, answer)
    if (answer.Body.length > 0) body = bufferOf(answer.Body)
  }
  return { headers, body }
})

/** The same bytes as a buffer. */
export const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
