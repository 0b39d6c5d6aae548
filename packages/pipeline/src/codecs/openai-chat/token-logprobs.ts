import type { JsonObject } from "../../canonical/json.ts"
import type { TokenLogprob, TokenProbability } from "../../canonical/token-logprob.ts"
import { isObject, listOr, numberOr, objectOr, textOr } from "../json-fields.ts"

/**
 * The tokens in the `logprobs` of a choice, without those of a refusal. Not a number counts as missing.
 * Source: https://platform.openai.com/docs/api-reference/chat/object, `choices[].logprobs`.
 */
export const decodeLogprobs = (logprobs: unknown): ReadonlyArray<TokenLogprob> =>
  listOr(objectOr(logprobs)["content"]).flatMap((value) => {
    const probability = decodeProbability(value)
    if (probability === undefined) return []
    const top = listOr(objectOr(value)["top_logprobs"]).flatMap((other) => decodeProbability(other) ?? [])
    return [{ ...probability, top }]
  })

const decodeProbability = (value: unknown): TokenProbability | undefined => {
  if (!isObject(value)) return undefined
  const logprob = numberOr(value["logprob"])
  if (logprob === undefined) return undefined
  const bytes = value["bytes"]
  return { token: textOr(value["token"]), logprob, bytes: Array.isArray(bytes) ? (bytes as Array<number>) : undefined }
}

/** Tokens as both of OpenAI's protocols have them. A provider that gives no bytes gives whole characters. */
export const encodeLogprobs = (tokens: ReadonlyArray<TokenLogprob>): ReadonlyArray<JsonObject> =>
  tokens.map((token) => ({ ...encodeProbability(token), top_logprobs: token.top.map(encodeProbability) }))

const encodeProbability = ({ bytes, logprob, token }: TokenProbability): JsonObject => ({
  token,
  logprob,
  bytes: bytes ?? [...Buffer.from(token)]
})
