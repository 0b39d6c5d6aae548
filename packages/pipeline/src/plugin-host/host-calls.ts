import { type Contract, encodeHostFailure, encodeSuccess, hostLog, type HostMethod, isHostMethod } from "@cliproxy/abi"
import type { HostCallHandler } from "@cliproxy/ffi"
import { Cause, Effect, Result, Schema } from "effect"

import { writePluginLog } from "./host-log.ts"

/** A host call cannot be served. The message goes to the plugin and must hold no secret. */
export class HostCallFailed extends Schema.TaggedError<HostCallFailed>()("HostCallFailed", {
  message: Schema.String
}) {}

/** Serves one host method: gets the calling plugin's ID and the request's bytes, gives the bytes of an envelope. */
type HostMethodHandler = (plugin: string, request: Uint8Array) => Effect.Effect<Uint8Array>

/** A handler from a contract and what it does. Requests that cannot be read never reach `serve`. */
const serving =
  <Request, Answer>(
    contract: Contract<HostMethod, Request, Answer>,
    serve: (plugin: string, request: Request) => Effect.Effect<Answer, HostCallFailed>
  ): HostMethodHandler =>
  (plugin, bytes) => {
    const request = contract.parseRequest(bytes)
    if (Result.isFailure(request)) {
      return Effect.succeed(encodeHostFailure(`decode ${contract.method} request: ${request.failure.detail}`))
    }
    return serve(plugin, request.success).pipe(
      Effect.map((answer) => encodeSuccess(contract.encodeResult(answer))),
      Effect.catchTag("HostCallFailed", ({ message }) => Effect.succeed(encodeHostFailure(message)))
    )
  }

/** The host methods that are served. A new method is a new line here. */
const served: Partial<Record<HostMethod, HostMethodHandler>> = {
  "host.log": serving(hostLog, (plugin, request) => Effect.as(writePluginLog(plugin, request), {}))
}

/**
 * Answers the host calls of one plugin. It never fails: a method that is not served, a request that cannot be read and
 * a fault of the host itself all become failure envelopes.
 */
export const hostCallHandler =
  (plugin: string): HostCallHandler =>
  (method, request) => {
    const handler = isHostMethod(method) ? served[method] : undefined
    if (handler === undefined) return Effect.succeed(encodeHostFailure(`unsupported host callback ${method}`))
    return Effect.suspend(() => handler(plugin, request)).pipe(
      Effect.catchCause((cause) =>
        Cause.hasInterrupts(cause)
          ? Effect.failCause(cause)
          : Effect.as(
              Effect.logError(`host call ${method} failed`, cause).pipe(Effect.annotateLogs({ plugin })),
              encodeHostFailure(`${method} failed inside the host`)
            )
      )
    )
  }
