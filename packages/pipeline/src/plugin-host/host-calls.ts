import { type Contract, encodeHostFailure, encodeSuccess, hostLog, type HostMethod, isHostMethod } from "@cliproxy/abi"
import type { HostCallHandler } from "@cliproxy/ffi"
import { Cause, Effect, Result, Schema } from "effect"

import { type CallbackScope, type CallbackScopes, makeCallbackScopes } from "./callback-scopes.ts"
import { makeFinalizers } from "./finalizers.ts"
import { writePluginLog } from "./host-log.ts"

/** A host call cannot be served. The message goes to the plugin and must hold no secret. */
export class HostCallFailed extends Schema.TaggedError<HostCallFailed>()("HostCallFailed", {
  message: Schema.String,
  /** HTTP status that a client would have got for the same thing. */
  httpStatus: Schema.optionalKey(Schema.Int)
}) {}

/** One connection to a plugin: a library in this process, or one process of an isolated plugin. */
export interface HostCallConnection {
  /** ID of the plugin. It cannot be forged. */
  readonly plugin: string
  /** Registers what must not outlive the plugin. Gives a function that takes it back. */
  readonly onEnd: (finalizer: () => void) => () => void
}

/** Who makes a host call. */
export interface HostCaller extends HostCallConnection {
  /** What the plugin is called for, when it says so and that call has not returned. */
  readonly scope: CallbackScope | undefined
  /** All that are open. */
  readonly scopes: CallbackScopes
}

/** Serves one host method: gets the request's bytes, gives the bytes of an envelope. */
export type HostMethodHandler = (
  request: Uint8Array,
  connection: HostCallConnection,
  scopes: CallbackScopes
) => Effect.Effect<Uint8Array>

/** Host methods that belong together. */
export type HostMethods = Partial<Record<HostMethod, HostMethodHandler>>

/** What a handler is told besides the request. */
export interface HostRequest extends HostCaller {
  /** The request as the plugin wrote it. */
  readonly bytes: Uint8Array
}

/**
 * A handler from a contract and what it does. Requests that cannot be read never reach `serve`. The scope is looked up
 * by the request's `host_callback_id`.
 */
export const serving = <Request, Answer>(
  contract: Contract<HostMethod, Request, Answer>,
  serve: (request: Request, caller: HostRequest) => Effect.Effect<Answer, HostCallFailed>
): HostMethodHandler =>
  servingBytes(contract, (request, caller) =>
    Effect.map(serve(request, caller), (answer) => encodeSuccess(contract.encodeResult(answer)))
  )

/** The same, where `serve` writes the envelope itself. */
export const servingBytes =
  <Request, Answer>(
    contract: Contract<HostMethod, Request, Answer>,
    serve: (request: Request, caller: HostRequest) => Effect.Effect<Uint8Array, HostCallFailed>
  ): HostMethodHandler =>
  (bytes, connection, scopes) => {
    const request = contract.parseRequest(bytes)
    if (Result.isFailure(request)) {
      return Effect.succeed(encodeHostFailure(`decode ${contract.method} request: ${request.failure.detail}`))
    }
    return serve(request.success, { ...connection, scope: scopeOf(request.success, scopes), scopes, bytes }).pipe(
      Effect.catchTag("HostCallFailed", ({ httpStatus, message }) =>
        Effect.succeed(encodeHostFailure(message, httpStatus))
      )
    )
  }

const scopeOf = (request: unknown, scopes: CallbackScopes): CallbackScope | undefined =>
  typeof request === "object" &&
  request !== null &&
  "host_callback_id" in request &&
  typeof request.host_callback_id === "string"
    ? scopes.find(request.host_callback_id)
    : undefined

/** Answers the host calls of one connection to a plugin. */
export interface ConnectedHostCalls {
  /**
   * Never fails: a method that is not served, a request that cannot be read and a fault of the host itself all become
   * failure envelopes.
   */
  readonly handler: HostCallHandler
  /** To be called when the plugin has ended: closes everything that it left open. */
  readonly end: () => void
}

/** Answers the host calls of all plugins. */
export interface HostCalls {
  /** Scopes that the calls may name. */
  readonly scopes: CallbackScopes
  readonly connect: (plugin: string) => ConnectedHostCalls
}

/** Host calls that are served by `families`, and `host.log`. Families do not overlap. */
export const makeHostCalls = (scopes: CallbackScopes, families: ReadonlyArray<HostMethods>): HostCalls => {
  const served: HostMethods = Object.assign({ "host.log": log }, ...families)
  return {
    scopes,
    connect: (plugin) => {
      const finalizers = makeFinalizers()
      const connection = { plugin, onEnd: finalizers.add }
      return { handler: handlerOf(served, connection, scopes), end: finalizers.run }
    }
  }
}

const handlerOf =
  (served: HostMethods, connection: HostCallConnection, scopes: CallbackScopes): HostCallHandler =>
  (method, request) => {
    const handler = isHostMethod(method) ? served[method] : undefined
    if (handler === undefined) return Effect.succeed(encodeHostFailure(`unsupported host callback ${method}`))
    return Effect.suspend(() => handler(request, connection, scopes)).pipe(
      Effect.catchCause((cause) =>
        Cause.hasInterrupts(cause)
          ? Effect.failCause(cause)
          : Effect.as(
              Effect.logError(`host call ${method} failed`, cause).pipe(
                Effect.annotateLogs({ plugin: connection.plugin })
              ),
              encodeHostFailure(`${method} failed inside the host`)
            )
      )
    )
  }

const log: HostMethodHandler = serving(hostLog, (request, { plugin, scope }) =>
  Effect.as(writePluginLog(plugin, request, scope?.request?.id), {})
)

/** Answers the host calls of a plugin outside of a gateway: only `host.log`. */
export const hostCallHandler = (plugin: string): HostCallHandler =>
  makeHostCalls(makeCallbackScopes(), []).connect(plugin).handler
