import { Result } from "effect"

import type { JsonObject } from "../canonical/json.ts"
import { reasoningOfText } from "../canonical/reasoning.ts"
import type { CanonicalRequest } from "../canonical/request.ts"
import type { ProviderCodec, TranslationContext } from "../codecs/codec.ts"
import { withinStack } from "../codecs/json-fields.ts"
import type { InvalidRequest } from "../gateway-error.ts"
import { jsonBytes } from "../wire/json-bytes.ts"
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
  /** Model as the provider knows it, without a thinking suffix. */
  readonly upstreamModel: string
  /** The thinking suffix of the model's name, if it had one: counts more than the body. */
  readonly suffix?: string | undefined
  /** Unix milliseconds. */
  readonly now: number
}

/**
 * Writes a request in a provider's protocol. `countTokens`: as the question for its number of tokens, where the protocol
 * has one.
 */
export const openTranslation = (
  { now, provider, request, suffix, upstreamModel }: TranslationOrder,
  countTokens = false
): OpenTranslation => {
  const context = makeTranslationContext(withSuffix(request, suffix), upstreamModel, now)
  const encode = (countTokens ? provider.encodeCountRequest : undefined) ?? provider.encodeRequest
  return { context, body: jsonBytes(encode(context.request, context)) }
}

/** The same for a request that may nest so deeply that it cannot be written: that is a 400. */
export const tryTranslation = (
  order: TranslationOrder,
  countTokens: boolean
): Result.Result<OpenTranslation, InvalidRequest> =>
  withinStack(() => Result.succeed(openTranslation(order, countTokens)))

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
