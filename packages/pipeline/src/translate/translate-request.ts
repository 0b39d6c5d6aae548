import { Result } from "effect"

import type { TranslationContext } from "../codecs/codec.ts"
import { isObject, parseJson } from "../codecs/json-fields.ts"
import { InvalidRequest } from "../gateway-error.ts"
import { splitThinkingSuffix } from "../models/thinking-suffix.ts"
import { clientCodec, providerCodec } from "./codecs.ts"
import { type OpenTranslation, tryTranslation } from "./open-translation.ts"
import { EMPTY_REQUEST, makeTranslationContext } from "./translation-context.ts"

/** A body that is to be understood by whoever speaks `to`. */
export interface RequestOrder {
  /** The client's protocol. */
  readonly from: string
  readonly to: string
  /** Model as the upstream knows it; may carry a thinking suffix. */
  readonly model: string
  readonly stream: boolean
  readonly body: Buffer
  /** Whether the request is a question for its number of tokens. */
  readonly countTokens?: boolean | undefined
  /** Unix milliseconds. */
  readonly now: number
}

/** Whether the host itself can write requests of `from` in `to`. */
export const hasNativeRequest = (from: string, to: string): boolean =>
  clientCodec(from) !== undefined && (from === to || providerCodec(to) !== undefined)

/**
 * Writes a request of one protocol in another. `undefined` when the host has no translator for the pair; fails with what
 * is wrong with the request.
 */
export const translateRequest = (order: RequestOrder): Result.Result<OpenTranslation, InvalidRequest> | undefined => {
  const { body, countTokens = false, from, model, now, stream, to } = order
  const client = clientCodec(from)
  const provider = providerCodec(to)
  if (client === undefined || provider === undefined || from === to) return undefined
  const json = parseJson(body.toString())
  if (!isObject(json)) return Result.fail(NO_OBJECT)
  const { model: upstreamModel, suffix } = splitThinkingSuffix(model)
  const decode = countTokens ? (client.decodeCountRequest ?? client.decodeRequest) : client.decodeRequest
  return Result.flatMap(decode(json, { model: upstreamModel, stream }), (request) =>
    tryTranslation({ request, provider, upstreamModel, suffix, now }, countTokens)
  )
}

const NO_OBJECT = new InvalidRequest({
  message: "The request's body is not a JSON object.",
  status: 400,
  code: null,
  param: null
})

/** For reading an answer to a request that the host has not translated. A request that says nothing is nobody's. */
export const contextOfRequest = (order: Omit<RequestOrder, "to">): TranslationContext => {
  const { body, from, model, now, stream } = order
  const json = parseJson(body.toString())
  const decoded = isObject(json) ? clientCodec(from)?.decodeRequest(json, { model, stream }) : undefined
  const request = decoded !== undefined && Result.isSuccess(decoded) ? decoded.success : EMPTY_REQUEST
  return makeTranslationContext(request, splitThinkingSuffix(model).model, now)
}
