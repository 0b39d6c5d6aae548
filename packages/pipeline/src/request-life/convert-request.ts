import { type RequestTransformRequest, requestNormalize, requestTranslate } from "@cliproxy/abi"
import { Effect } from "effect"

import type { CallHook } from "./hook-calls.ts"
import { bufferOf } from "./request-interception.ts"
import type { RequestHooks } from "./request-hooks.ts"

/** A request on its way from one protocol to another, which may be the same. */
export interface RequestConversion {
  readonly fromFormat: string
  readonly toFormat: string
  /** Upstream model; the body names it already. */
  readonly model: string
  readonly stream: boolean
  readonly body: Buffer
  /** Whether the host itself has a translator for this pair, so that `body` is in the upstream's protocol already. */
  readonly translated: boolean
}

/**
 * The stage that turns a request into the upstream's protocol. With a translator of the host: that one, then the chain
 * of `request.normalize`. Without: the chain first, then the first plugin whose `request.translate` gives a body; when
 * none does, the body stays in its protocol. Failures are ignored. Source: plugin ABI, request hooks.
 */
export const convertRequest = (
  callHook: CallHook,
  deadlineMs: number,
  hooks: RequestHooks,
  conversion: RequestConversion
): Effect.Effect<Buffer> => {
  const { body, translated } = conversion
  const translators = translated ? [] : hooks.requestTranslators
  if (hooks.requestNormalizers.length === 0 && translators.length === 0) return Effect.succeed(body)
  return Effect.gen(function* () {
    let current = body
    for (const plugin of hooks.requestNormalizers) {
      const request = message(conversion, current)
      const call = { plugin, contract: requestNormalize, request: () => request, deadlineMs }
      const answer = yield* callHook({ ...call, onFailure: "silent" })
      if (answer !== undefined && answer.Body.length > 0) current = bufferOf(answer.Body)
    }
    for (const plugin of translators) {
      const request = message(conversion, current)
      const call = { plugin, contract: requestTranslate, request: () => request, deadlineMs }
      const answer = yield* callHook({ ...call, onFailure: "silent" })
      if (answer !== undefined && answer.Body.length > 0) return bufferOf(answer.Body)
    }
    return current
  })
}

const message = (
  { fromFormat, toFormat, model, stream }: RequestConversion,
  body: Buffer
): RequestTransformRequest => ({ FromFormat: fromFormat, ToFormat: toFormat, Model: model, Stream: stream, Body: body })
