import type { UsageDetail } from "@cliproxy/abi"

import type { StreamEvent } from "../canonical/stream-event.ts"
import { mergeUsage, tokenCount, type Usage } from "../canonical/usage.ts"
import { isObject, objectOr, parseJson, textOr } from "../codecs/json-fields.ts"
import { providerCodec } from "../translate/codecs.ts"
import { nobodysContext } from "../translate/translation-context.ts"

/** What an upstream's answer tells about its cost. */
export interface AnswerUsage {
  readonly detail: UsageDetail
  /** Model that the upstream named; may be empty. */
  readonly model: string
  /** Service tier that the upstream named; may be empty. */
  readonly serviceTier: string
}

/** What is known of an answer's cost. */
export interface KnownUsage {
  /** The upstream's protocol. */
  readonly protocol: string
  readonly usage: Usage | undefined
  readonly model: string
  readonly serviceTier: string
}

const NO_DETAIL: UsageDetail = {
  InputTokens: 0,
  OutputTokens: 0,
  ReasoningTokens: 0,
  CachedTokens: 0,
  CacheReadTokens: 0,
  CacheCreationTokens: 0,
  TotalTokens: 0
}

export const NO_USAGE: AnswerUsage = { detail: NO_DETAIL, model: "", serviceTier: "" }

/**
 * The numbers as plugins know them, which is as the upstream's protocol counts: Claude's input holds nothing of the
 * cache, Gemini's output nothing of the thoughts. Plugins add up prices by them.
 */
export const answerUsage = ({ protocol, model, serviceTier, usage = {} }: KnownUsage): AnswerUsage => {
  const { cacheReadTokens: read = 0, cacheWriteTokens: write = 0, reasoningTokens: reasoning = 0 } = usage
  const input = usage.inputTokens ?? 0
  const output = usage.outputTokens ?? 0
  const claude = protocol === "claude"
  const own = claude ? Math.max(0, input - read - write) : input
  return {
    model,
    serviceTier,
    detail: {
      InputTokens: own,
      OutputTokens: protocol === "gemini" ? Math.max(0, output - reasoning) : output,
      ReasoningTokens: reasoning,
      CachedTokens: claude ? read || write : read,
      CacheReadTokens: claude ? read : 0,
      CacheCreationTokens: claude ? write : 0,
      // Of Claude's, what the cache gave and took is no part of the total either, as plugins know it.
      TotalTokens: own + output
    }
  }
}

/** Reads the cost of a whole answer in an upstream's protocol. */
export const usageOfWhole = (protocol: string, text: string): AnswerUsage => {
  const json = parseJson(text)
  if (!isObject(json)) return NO_USAGE
  const codec = providerCodec(protocol)
  if (codec === undefined) return usageOfOther(json)
  const { model, serviceTier = "", usage } = codec.decodeResponse(json, nobodysContext(""))
  return answerUsage({ protocol, model, serviceTier, usage })
}

/** Reads the cost of a stream in an upstream's protocol, from the events of it that speak of usage, in order. */
export const usageOfEvents = (protocol: string, events: ReadonlyArray<string>): AnswerUsage => {
  const codec = providerCodec(protocol)
  if (codec === undefined) return usageOfOther(objectOr(parseJson(events.at(-1) ?? "")))
  let known: KnownUsage = { protocol, usage: undefined, model: "", serviceTier: "" }
  const decoder = codec.makeStreamDecoder(nobodysContext(""))
  const see = (event: StreamEvent): void => {
    if (event.type === "usage") known = { ...known, usage: mergeUsage(known.usage, event.usage) }
    else if (event.type === "start") known = { ...known, model: event.model, serviceTier: event.serviceTier ?? "" }
  }
  for (const event of events) decoder.push(event, see)
  return answerUsage(known)
}

/** What most other protocols have, OpenAI Responses among them: `usage` at the top, or in `response`. */
const usageOfOther = (json: Readonly<Record<string, unknown>>): AnswerUsage => {
  const answer = isObject(json["response"]) ? json["response"] : json
  const usage = objectOr(answer["usage"])
  const inputDetails = objectOr(usage["prompt_tokens_details"] ?? usage["input_tokens_details"])
  const outputDetails = objectOr(usage["completion_tokens_details"] ?? usage["output_tokens_details"])
  return answerUsage({
    protocol: "",
    model: textOr(answer["model"]),
    serviceTier: textOr(answer["service_tier"]),
    usage: {
      inputTokens: tokenCount(usage["prompt_tokens"]) ?? tokenCount(usage["input_tokens"]),
      outputTokens: tokenCount(usage["completion_tokens"]) ?? tokenCount(usage["output_tokens"]),
      cacheReadTokens: tokenCount(inputDetails["cached_tokens"]),
      reasoningTokens: tokenCount(outputDetails["reasoning_tokens"])
    }
  })
}
