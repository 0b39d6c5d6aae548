import { Result } from "effect"

import type { JsonObject } from "../canonical/json.ts"
import { reasoningOfText } from "../canonical/reasoning.ts"
import type { CanonicalRequest } from "../canonical/request.ts"
import type { ProviderCodec, TranslationContext } from "../codecs/codec.ts"
import { makeTranslationContext } from "./translation-context.ts"

/** A request that has been written in the provider's protocol. */
export interface OpenTranslation {
  /** For reading the answer. */
  readonly context: TranslationContext
  readonly body: Buffer
}

/** What a request becomes for one provider. */
export interface TranslationOrder {
  readonly request: CanonicalRequest
  readonly provider: ProviderCodec
  /** Model as the provider knows it; may carry a thinking suffix, which then counts more than the body. */
  readonly upstreamModel: string
  /** The thinking suffix of the model, if the name has none. */
  readonly suffix?: string | undefined
  /** Unix milliseconds. */
  readonly now: number
}

/** Writes a request in a provider's protocol. */
export const openTranslation = ({
  now,
  provider,
  request,
  suffix,
  upstreamModel
}: TranslationOrder): OpenTranslation => {
  const context = makeTranslationContext(withSuffix(request, suffix), upstreamModel, now)
  return { context, body: bytesOf(provider.encodeRequest(context.request, context)) }
}

/** The same as a question for the number of tokens; `undefined` when the protocol has none. */
export const openCount = ({
  now,
  provider,
  request,
  suffix,
  upstreamModel
}: TranslationOrder): OpenTranslation | undefined => {
  if (provider.encodeCountRequest === undefined) return undefined
  const context = makeTranslationContext(withSuffix(request, suffix), upstreamModel, now)
  return { context, body: bytesOf(provider.encodeCountRequest(context.request, context)) }
}

/** A body that stays in its protocol, with the reasoning that a thinking suffix asks for. Its `model` stays. */
export const withThinkingSuffix = (
  provider: ProviderCodec,
  body: JsonObject,
  suffix: string,
  upstreamModel: string
): JsonObject => {
  const amount = reasoningOfText(suffix)
  if (amount === undefined) return body
  const { model } = body
  if (model === undefined) return provider.withReasoning(body, { amount }, upstreamModel)
  return { ...provider.withReasoning({ ...body, model: upstreamModel }, { amount }, upstreamModel), model }
}

const withSuffix = (request: CanonicalRequest, suffix: string | undefined): CanonicalRequest => {
  const amount = suffix === undefined ? undefined : reasoningOfText(suffix)
  return amount === undefined ? request : { ...request, reasoning: { ...request.reasoning, amount } }
}

const bytesOf = (json: JsonObject): Buffer => Buffer.from(JSON.stringify(json))

/** A value that is made when it is asked for the first time, and kept when it could be made. */
export const once = <A, E>(make: () => Result.Result<A, E>): (() => Result.Result<A, E>) => {
  let made: Result.Result<A, E> | undefined
  return () => (made ??= make())
}
