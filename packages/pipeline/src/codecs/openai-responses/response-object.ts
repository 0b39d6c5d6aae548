import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { StopReason } from "../../canonical/response.ts"
import type { Usage } from "../../canonical/usage.ts"
import type { TranslationContext } from "../codec.ts"
import type { ResponseFailure } from "./errors.ts"

/** What a response is called, and by whom. */
export interface ResponseIdentity {
  readonly id: string
  /** As the provider named it; may be empty. */
  readonly model: string
  /** Unix seconds. */
  readonly createdAt: number | undefined
  readonly serviceTier: string | undefined
}

/** Fields of a `response` that change while it is made. */
export interface ResponseState {
  readonly status: "in_progress" | "completed" | "incomplete" | "failed"
  readonly error: ResponseFailure | null
  readonly incomplete_details: { readonly reason: string } | null
  readonly usage: JsonObject | null
}

export const IN_PROGRESS: ResponseState = { status: "in_progress", error: null, incomplete_details: null, usage: null }

/**
 * Fields of a `response` that are the same from its first event to its last: mostly what the request said.
 * Source: https://platform.openai.com/docs/api-reference/responses/object.
 */
export const fixedFields = (identity: ResponseIdentity, context: TranslationContext): JsonObject => {
  const { request } = context
  const asked = extensionsFor("openai-response", request.extensions) ?? {}
  return {
    id: identity.id,
    object: "response",
    created_at: identity.createdAt ?? context.createdAt,
    access_programs: null,
    background: false,
    conversation: null,
    instructions: asked["instructions"] ?? null,
    max_output_tokens: request.maxTokens ?? null,
    max_tool_calls: asked["max_tool_calls"] ?? null,
    metadata: asked["metadata"] ?? {},
    model: identity.model === "" ? request.model : identity.model,
    parallel_tool_calls: asked["parallel_tool_calls"] ?? true,
    previous_response_id: asked["previous_response_id"] ?? null,
    prompt_cache_key: asked["prompt_cache_key"] ?? null,
    reasoning: { effort: null, summary: null, ...(asked["reasoning"] as JsonObject | null | undefined) },
    safety_identifier: asked["safety_identifier"] ?? null,
    service_tier: identity.serviceTier ?? asked["service_tier"] ?? null,
    store: false,
    temperature: request.sampling.temperature ?? null,
    text: { format: { type: "text" }, ...(asked["text"] as JsonObject | null | undefined) },
    tool_choice: asked["tool_choice"] ?? "auto",
    tools: asked["tools"] ?? [],
    top_logprobs: asked["top_logprobs"] ?? 0,
    top_p: request.sampling.topP ?? null,
    truncation: asked["truncation"] ?? "disabled",
    user: asked["user"] ?? null
  }
}

/** How a response ended. `refused` says whether the model declined in words of its own, which is a complete answer. */
export const endedState = (
  reason: StopReason | undefined,
  refused: boolean,
  usage: Usage | undefined
): ResponseState => {
  const cut = cutReason(reason, refused)
  return {
    status: cut === undefined ? "completed" : "incomplete",
    error: null,
    incomplete_details: cut === undefined ? null : { reason: cut },
    usage: encodeUsage(usage)
  }
}

const cutReason = (reason: StopReason | undefined, refused: boolean): string | undefined => {
  if (reason === "length") return "max_output_tokens"
  if (reason === "content_filter" || (reason === "refusal" && !refused)) return "content_filter"
  return undefined
}

/**
 * Usage as this API counts: the input with what was cached, the output with the reasoning. An ended response always has
 * it, since SDKs read its numbers without a look; what the provider did not count is 0.
 */
export const encodeUsage = (usage: Usage | undefined): JsonObject => {
  const input = usage?.inputTokens ?? 0
  const output = usage?.outputTokens ?? 0
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage?.cacheReadTokens ?? 0,
      cache_write_tokens: usage?.cacheWriteTokens ?? 0
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage?.reasoningTokens ?? 0 },
    total_tokens: input + output
  }
}
