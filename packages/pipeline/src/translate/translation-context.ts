import { randomBytes } from "node:crypto"

import type { CanonicalRequest } from "../canonical/request.ts"
import type { TranslationContext } from "../codecs/codec.ts"
import { estimateTokens } from "../token-count/estimate-tokens.ts"

/** Letters and digits; the four that are left over of 64 repeat, which no ID minds. */
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123"
const ID_LENGTH = 24

/** A random text of 24 letters and digits: about 142 bits. */
export const newId = (): string => {
  let id = ""
  for (const byte of randomBytes(ID_LENGTH)) id += ALPHABET[byte & 63]
  return id
}

/** What a question is that nobody asked: for reading an answer whose request is not known. */
export const EMPTY_REQUEST: CanonicalRequest = {
  model: "",
  stream: false,
  messages: [],
  tools: [],
  sampling: {},
  stop: []
}

/** Makes what both sides of one translated exchange share. `now` is in Unix milliseconds. */
export const makeTranslationContext = (
  request: CanonicalRequest,
  upstreamModel: string,
  now: number
): TranslationContext => {
  let estimated: number | undefined
  return {
    request,
    upstreamModel,
    createdAt: Math.floor(now / 1000),
    newId,
    toolNames: new Map(),
    estimatedInputTokens: () => (estimated ??= estimateTokens(request))
  }
}

/** For reading an answer that is only looked at, whoever asked for it. */
export const nobodysContext = (upstreamModel: string): TranslationContext =>
  makeTranslationContext(EMPTY_REQUEST, upstreamModel, 0)
