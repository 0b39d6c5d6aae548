import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { CanonicalRequest, ResponseFormat, Sampling } from "../../canonical/request.ts"
import type { TranslationContext } from "../codec.ts"
import { listOr, objectOr, textOr } from "../json-fields.ts"
import { encodeMessages } from "./encode-messages.ts"
import { encodeTools } from "./encode-tools.ts"
import type { ModelTraits } from "./model-traits.ts"
import { effortFor } from "./reasoning-effort.ts"
import { makeRequestWriter } from "./request-writer.ts"
import { responsesFields } from "./responses-fields.ts"

/**
 * A chat completion for a provider. What OpenAI's own models refuse is left out for them (see `ModelTraits`); `top_k` is
 * never written, since OpenAI and most others refuse it, and a stream always brings its usage.
 * Source: https://platform.openai.com/docs/api-reference/chat/create.
 */
export const encodeRequest = (request: CanonicalRequest, context: TranslationContext): JsonObject => {
  const writer = makeRequestWriter(context)
  const { traits } = writer
  const { stream_options, ...kept } = extensionsFor("openai", request.extensions) ?? {}
  const amount = request.reasoning?.amount
  const effort = amount === undefined ? undefined : effortFor(amount, traits)
  const messages = encodeMessages(request.messages, writer)
  return {
    model: context.upstreamModel,
    messages: request.responseFormat?.type === "json" ? withJsonWord(messages) : messages,
    stream: request.stream ? true : undefined,
    stream_options: request.stream ? { ...objectOr(stream_options), include_usage: true } : undefined,
    ...encodeTools(request, writer),
    ...encodeLimit(request.maxTokens, traits),
    ...encodeSampling(request, traits, effort),
    n: request.choices,
    response_format: request.responseFormat === undefined ? undefined : encodeFormat(request.responseFormat),
    reasoning_effort: effort,
    ...encodeLogprobsRequest(request, traits, effort),
    user: request.user,
    ...responsesFields(request, traits),
    ...kept
  }
}

/** `max_tokens` is deprecated, and refused by OpenAI's reasoning models, but is the one that all other servers know. */
const encodeLimit = (maxTokens: number | undefined, { reasons }: ModelTraits): JsonObject =>
  reasons ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens }

/**
 * Sampling and stop sequences. OpenAI's reasoning models refuse all of it but the seed while they reason.
 * Source: https://platform.openai.com/docs/guides/latest-model, parameter compatibility.
 */
const encodeSampling = (
  { sampling, stop }: CanonicalRequest,
  { openai, reasons }: ModelTraits,
  effort: string | undefined
): JsonObject => {
  if (reasons && effort !== "none") return { seed: sampling.seed }
  const stops = openai ? stop.slice(0, MOST_STOPS) : stop
  return { ...samplingFields(sampling), stop: stops.length === 0 ? undefined : stops }
}

/** OpenAI's models refuse it while they reason, and Mistral's do not know it. */
const encodeLogprobsRequest = (
  { logprobs }: CanonicalRequest,
  { mistral, reasons }: ModelTraits,
  effort: string | undefined
): JsonObject =>
  logprobs === undefined || mistral || (reasons && effort !== "none")
    ? {}
    : { logprobs: true, top_logprobs: logprobs.top }

/** Stop sequences that OpenAI takes at most. Source: https://platform.openai.com/docs/api-reference/chat/create, `stop`. */
const MOST_STOPS = 4

const samplingFields = (sampling: Sampling): JsonObject => ({
  temperature: sampling.temperature,
  top_p: sampling.topP,
  seed: sampling.seed,
  presence_penalty: sampling.presencePenalty,
  frequency_penalty: sampling.frequencyPenalty
})

const ANSWER_IN_JSON = "Answer in JSON."

/**
 * The messages with a word that `json_object` asks for: OpenAI and DeepSeek refuse it when no message says "json", and
 * other protocols do not make their clients say it. Source: https://platform.openai.com/docs/guides/structured-outputs,
 * JSON mode.
 */
const withJsonWord = (messages: ReadonlyArray<JsonObject>): ReadonlyArray<JsonObject> => {
  if (messages.some(saysJson)) return messages
  const [first, ...others] = messages
  // Some servers take instructions in one message only, the first.
  return first !== undefined && first["role"] === "system" && typeof first["content"] === "string"
    ? [{ ...first, content: `${first["content"]}\n\n${ANSWER_IN_JSON}` }, ...others]
    : [{ role: "system", content: ANSWER_IN_JSON }, ...messages]
}

const saysJson = ({ content }: JsonObject): boolean =>
  typeof content === "string"
    ? /json/i.test(content)
    : listOr(content).some((part) => /json/i.test(textOr(objectOr(part)["text"])))

const encodeFormat = (format: ResponseFormat): JsonObject => {
  switch (format.type) {
    case "text":
      return { type: "text" }
    case "json":
      return { type: "json_object" }
    case "json_schema": {
      const { name, description, schema, strict } = format
      return { type: "json_schema", json_schema: { name: formatName(name), description, schema, strict } }
    }
  }
}

/** OpenAI asks for a name, of the characters of a tool's. */
const formatName = (name: string | undefined): string =>
  (name ?? "").replaceAll(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64) || "answer"
