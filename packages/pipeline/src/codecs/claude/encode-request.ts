import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { CanonicalRequest, ResponseFormat, Sampling } from "../../canonical/request.ts"
import type { TranslationContext } from "../codec.ts"
import { isObject } from "../json-fields.ts"
import { isVisible } from "./encode-media.ts"
import { encodeConversation, isThought, type WireTurn } from "./encode-messages.ts"
import { encodeToolChoice, encodeTools } from "./encode-tools.ts"
import { type ModelRules, rulesOfModel } from "./model-rules.ts"
import { closedSchema } from "./output-schema.ts"
import { forcesTool, lacksThought, limitSampling, planThinking } from "./reasoning.ts"

/**
 * The body of `POST /v1/messages`. What Claude has no field for is left out: seed, penalties, log probabilities, several
 * answers. Source: platform.claude.com/docs/en/api/messages.
 */
export const encodeRequest = (request: CanonicalRequest, context: TranslationContext): JsonObject => {
  const rules = rulesOfModel(context.upstreamModel)
  const { system, turns } = encodeConversation(request.messages, context)
  const body: Record<string, unknown> = { ...extensionsFor("claude", request.extensions), model: context.upstreamModel }
  if (request.stream) body["stream"] = true

  const tools = encodeTools(request, rules, context)
  if (tools.length > 0) body["tools"] = tools
  const choice = tools.length > 0 ? encodeToolChoice(request, rules, context) : undefined
  if (choice !== undefined) body["tool_choice"] = choice

  const plan = planThinking(request.reasoning, rules, {
    maxTokens: request.maxTokens,
    forcesTool: forcesTool(choice),
    lacksThought: lacksThought(turns)
  })
  body["max_tokens"] = plan.maxTokens
  if (plan.thinking !== undefined) body["thinking"] = plan.thinking
  encodeSampling(request.sampling, rules, body)
  if (plan.thinks) limitSampling(body)

  const output = encodeOutput(request.responseFormat, plan.effort, rules, system)
  if (output !== undefined) body["output_config"] = { ...kept(body["output_config"]), ...output }
  if (system.length > 0) body["system"] = system
  endWithUser(turns, rules.prefill && !plan.thinks)
  body["messages"] = turns

  const stop = request.stop.filter(isVisible)
  if (stop.length > 0) body["stop_sequences"] = stop
  if (request.user !== undefined && isOpaque(request.user)) {
    body["metadata"] = { ...kept(body["metadata"]), user_id: request.user }
  }
  return body
}

const kept = (value: unknown): JsonObject => (isObject(value) ? value : {})

/** Fields of `POST /v1/messages/count_tokens`. Source: platform.claude.com/docs/en/api/messages-count-tokens. */
const COUNTED = [
  "model",
  "messages",
  "system",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "cache_control",
  "speed",
  "mcp_servers",
  "context_management"
]

/** The body of `POST /v1/messages/count_tokens`. */
export const encodeCountRequest = (request: CanonicalRequest, context: TranslationContext): JsonObject => {
  const body = encodeRequest(request, context)
  const counted: Record<string, unknown> = {}
  for (const name of COUNTED) if (body[name] !== undefined) counted[name] = body[name]
  return counted
}

/** Temperatures go to 1 here, and to 2 with other providers: what is above counts as 1. */
const encodeSampling = (sampling: Sampling, rules: ModelRules, body: Record<string, unknown>): void => {
  if (rules.sampling === "none") return
  const { temperature, topK, topP } = sampling
  if (temperature !== undefined) body["temperature"] = Math.min(temperature, 1)
  if (topP !== undefined && (temperature === undefined || rules.sampling === "all")) body["top_p"] = topP
  if (topK !== undefined) body["top_k"] = topK
}

/**
 * `output_config`. A schema that the model's structured outputs cannot hold, and "any JSON", which they do not know,
 * become an instruction at the end of `system`.
 */
const encodeOutput = (
  format: ResponseFormat | undefined,
  effort: string | undefined,
  rules: ModelRules,
  system: Array<JsonObject>
): JsonObject | undefined => {
  const output: Record<string, unknown> = {}
  if (effort !== undefined) output["effort"] = effort
  if (format?.type === "json") system.push({ type: "text", text: "Answer with one JSON object and nothing else." })
  else if (format?.type === "json_schema") {
    const schema = rules.structuredOutput ? closedSchema(format.schema) : undefined
    if (schema === undefined) system.push({ type: "text", text: schemaInstruction(format.schema) })
    else output["format"] = { type: "json_schema", schema }
  }
  return Object.keys(output).length === 0 ? undefined : output
}

const schemaInstruction = (schema: JsonObject): string =>
  `Answer with one JSON value that matches this JSON Schema, and nothing else:\n${JSON.stringify(schema)}`

const CONTINUE: JsonObject = { type: "text", text: "Continue from where your last message ends." }

/**
 * A last turn of the assistant is one for the model to go on with. The API wants no white space at its end; a model that
 * does not go on with it, or thinks first, is asked to. A turn that ends with a tool of Claude's own was paused, and is
 * sent as it is.
 */
const endWithUser = (turns: Array<WireTurn>, prefill: boolean): void => {
  const last = turns.at(-1)
  if (last?.role !== "assistant") return
  const block = last.content.at(-1)
  if (block === undefined || isThought(block) || block["type"] !== "text") return
  if (!prefill) turns.push({ role: "user", content: [CONTINUE] })
  else if (typeof block["text"] === "string") {
    last.content[last.content.length - 1] = { ...block, text: block["text"].trimEnd() }
  }
}

/**
 * Whether a user may be named to Anthropic: an opaque ID, and nothing that identifies a person, such as an address or a
 * telephone number. Source: the reference's note on `metadata.user_id`, of at most 256 characters.
 */
const isOpaque = (user: string): boolean => /^[^\s@]{1,256}$/.test(user) && !/^\+?[\d().-]{7,20}$/.test(user)
