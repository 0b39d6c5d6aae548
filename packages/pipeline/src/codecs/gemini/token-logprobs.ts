import type { JsonObject } from "../../canonical/json.ts"
import type { TokenLogprob, TokenProbability } from "../../canonical/token-logprob.ts"
import { isObject, listOr, numberOr, objectOr, textOr } from "../json-fields.ts"

/**
 * The tokens in the `logprobsResult` of a candidate: two lists side by side.
 * Source: https://ai.google.dev/api/generate-content#LogprobsResult
 */
export const decodeLogprobs = (result: unknown): ReadonlyArray<TokenLogprob> => {
  const { chosenCandidates, topCandidates } = objectOr(result)
  const top = listOr(topCandidates)
  return listOr(chosenCandidates).flatMap((value, index) => {
    const probability = decodeProbability(value)
    if (probability === undefined) return []
    const others = listOr(objectOr(top[index])["candidates"])
    return [{ ...probability, top: others.flatMap((other) => decodeProbability(other) ?? []) }]
  })
}

const decodeProbability = (value: unknown): TokenProbability | undefined => {
  if (!isObject(value)) return undefined
  // The JSON form of Google's messages leaves zeros out, and a certain token's is one.
  return { token: textOr(value["token"]), logprob: numberOr(value["logProbability"]) ?? 0 }
}

/** The fields of a candidate that hold its tokens; none when there are none. */
export const logprobsFields = (tokens: ReadonlyArray<TokenLogprob>): JsonObject | undefined => {
  if (tokens.length === 0) return undefined
  const sum = tokens.reduce((total, { logprob }) => total + logprob, 0)
  return {
    avgLogprobs: sum / tokens.length,
    logprobsResult: {
      topCandidates: tokens.map(({ top }) => ({ candidates: top.map(encodeProbability) })),
      chosenCandidates: tokens.map(encodeProbability)
    }
  }
}

const encodeProbability = ({ logprob, token }: TokenProbability): JsonObject => ({ token, logProbability: logprob })
