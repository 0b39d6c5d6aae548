import {
  type Contract,
  type PayloadResponse,
  type PluginMethod,
  responseNormalizeAfter,
  responseNormalizeBefore,
  responseTranslate,
  type ResponseTransformRequest
} from "@cliproxy/abi"
import { Effect } from "effect"

import type { ActivePlugin } from "../plugin-host/active-plugin.ts"
import type { NativeAnswer } from "../translate/native-answer.ts"
import type { CallHook } from "./hook-calls.ts"
import { bufferOf } from "./request-interception.ts"
import type { RequestHooks } from "./request-hooks.ts"

/** The way of responses from an upstream's protocol to the client's, which may be the same. */
export interface ResponseConversion {
  /** The upstream's protocol. */
  readonly fromFormat: string
  /** The client's protocol. */
  readonly toFormat: string
  /** Upstream model. */
  readonly model: string
  readonly stream: boolean
  /** The client's request, as interceptors left it. */
  readonly originalRequest: Buffer
  /** The request as it was sent upstream. */
  readonly translatedRequest: Buffer
  /** The host's own translator for this pair, if it has one. */
  readonly native: NativeAnswer | undefined
}

/** Whether any plugin takes part in conversions of responses, so that they are worth looking at. */
export const hasResponseConversion = (
  { responseBefore, responseAfter, responseTranslators }: RequestHooks,
  native: boolean
): boolean => responseBefore.length > 0 || responseAfter.length > 0 || (!native && responseTranslators.length > 0)

/**
 * The stage that turns a body, or one frame of a stream, into the client's protocol: the chain of
 * `response.normalize_before`, then the host's translator or the first plugin whose `response.translate` gives a body,
 * then the chain of `response.normalize_after` over each of the results. Failures are ignored, and nobody's body goes
 * on as it is. Source: plugin ABI, response hooks.
 */
export const convertResponse = Effect.fnUntraced(function* (
  callHook: CallHook,
  deadlineMs: number,
  hooks: RequestHooks,
  conversion: ResponseConversion,
  body: Buffer
): Effect.fn.Return<ReadonlyArray<Buffer>> {
  const asked = (plugin: ActivePlugin, contract: ResponseTransform, current: Buffer) =>
    ask(callHook, deadlineMs, conversion, plugin, contract, current)

  let upstream = body
  for (const plugin of hooks.responseBefore)
    upstream = (yield* asked(plugin, responseNormalizeBefore, upstream)) ?? upstream

  let translated: ReadonlyArray<Buffer> | undefined = conversion.native?.push(upstream)
  if (translated === undefined) {
    for (const plugin of hooks.responseTranslators) {
      const answer = yield* asked(plugin, responseTranslate, upstream)
      if (answer === undefined) continue
      translated = [answer]
      break
    }
  }

  return yield* normalized(callHook, deadlineMs, hooks, conversion, translated ?? [upstream])
})

/** What the host's translator has left when a stream is over, with the chain of `response.normalize_after` over it. */
export const convertEnd = (
  callHook: CallHook,
  deadlineMs: number,
  hooks: RequestHooks,
  conversion: ResponseConversion
): Effect.Effect<ReadonlyArray<Buffer>> =>
  Effect.suspend(() => normalized(callHook, deadlineMs, hooks, conversion, conversion.native?.end() ?? []))

const normalized = Effect.fnUntraced(function* (
  callHook: CallHook,
  deadlineMs: number,
  hooks: RequestHooks,
  conversion: ResponseConversion,
  bodies: ReadonlyArray<Buffer>
): Effect.fn.Return<ReadonlyArray<Buffer>> {
  const results: Array<Buffer> = []
  for (const one of bodies) {
    let current = one
    for (const plugin of hooks.responseAfter) {
      current = (yield* ask(callHook, deadlineMs, conversion, plugin, responseNormalizeAfter, current)) ?? current
    }
    results.push(current)
  }
  return results
})

/** What a plugin makes of a body; `undefined` when it leaves it as it is. */
const ask = (
  callHook: CallHook,
  deadlineMs: number,
  conversion: ResponseConversion,
  plugin: ActivePlugin,
  contract: ResponseTransform,
  current: Buffer
): Effect.Effect<Buffer | undefined> =>
  Effect.map(
    callHook({ plugin, contract, request: () => message(conversion, current), deadlineMs, onFailure: "silent" }),
    (answer) => (answer === undefined || answer.Body.length === 0 ? undefined : bufferOf(answer.Body))
  )

type ResponseTransform = Contract<PluginMethod, ResponseTransformRequest, PayloadResponse>

const message = (conversion: ResponseConversion, body: Buffer): ResponseTransformRequest => ({
  FromFormat: conversion.fromFormat,
  ToFormat: conversion.toFormat,
  Model: conversion.model,
  Stream: conversion.stream,
  OriginalRequest: conversion.originalRequest,
  TranslatedRequest: conversion.translatedRequest,
  Body: body
})
