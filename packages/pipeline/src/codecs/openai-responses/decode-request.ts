import type { Result } from "effect"

import type { JsonObject } from "../../canonical/json.ts"
import type { Message } from "../../canonical/message.ts"
import { type Reasoning, reasoningOfText } from "../../canonical/reasoning.ts"
import type { CanonicalRequest, LogprobsRequest, ResponseFormat } from "../../canonical/request.ts"
import type { Tool } from "../../canonical/tool.ts"
import type { InvalidRequest } from "../../gateway-error.ts"
import type { RequestTarget } from "../codec.ts"
import {
  isObject,
  listOr,
  needFlag,
  needNumber,
  needObject,
  needText,
  optional,
  otherFields,
  readingRequest,
  refuse
} from "../json-fields.ts"
import { itemType, readInput } from "./decode-input.ts"
import { readToolChoice, readTools } from "./tools.ts"

/**
 * Reads the body of `POST /v1/responses`. An earlier response must be in place already (`ResponseMemory`): its ID is in
 * `target`, and refused in the body, as is all that only OpenAI keeps. `store` is accepted; the answer says `false`, since
 * what the gateway remembers cannot be fetched. All fields but the conversation are kept as extensions,
 * because the answer repeats them.
 * Source: https://platform.openai.com/docs/api-reference/responses/create.
 */
export const decodeRequest = (
  json: JsonObject,
  target: RequestTarget
): Result.Result<CanonicalRequest, InvalidRequest> => readingRequest(() => readRequest(json, target))

/** Fields that the answer does not repeat. */
const NOT_REPEATED = new Set(["model", "input", "stream"])

const readRequest = (json: JsonObject, target: RequestTarget): CanonicalRequest => {
  refuseState(json)
  const tools = readAllTools(json)
  const choice = json["tool_choice"] ?? undefined
  // Without a function there is nothing to choose: providers refuse a choice that has no tools.
  const callable = tools.some((tool) => tool.type === "function")
  const toolChoice = choice === undefined ? undefined : readToolChoice(choice, "tool_choice")
  const parallel = optional(needFlag, json["parallel_tool_calls"], "parallel_tool_calls")
  optional(needObject, json["metadata"], "metadata")
  const { previousResponseId } = target
  const fields = {
    ...otherFields(json, NOT_REPEATED),
    ...(previousResponseId === undefined ? {} : { previous_response_id: previousResponseId })
  }
  return {
    model: target.model,
    stream: target.stream,
    messages: readMessages(json),
    tools,
    toolChoice: callable ? toolChoice : undefined,
    parallelToolCalls: callable ? parallel : undefined,
    maxTokens: optional(needNumber, json["max_output_tokens"], "max_output_tokens"),
    sampling: {
      temperature: optional(needNumber, json["temperature"], "temperature"),
      topP: optional(needNumber, json["top_p"], "top_p")
    },
    stop: [],
    responseFormat: readFormat(json),
    reasoning: readReasoning(json),
    logprobs: readLogprobs(json),
    // The answer always has it.
    streamUsage: true,
    user:
      optional(needText, json["user"], "user") ?? optional(needText, json["safety_identifier"], "safety_identifier"),
    extensions: Object.keys(fields).length === 0 ? undefined : { protocol: "openai-response", fields }
  }
}

const refuseState = (json: JsonObject): void => {
  const wholeInput = "send the whole conversation as `input`"
  if (isGiven(json["previous_response_id"])) {
    refuse("previous_response_id", `names a response that is not at hand here: ${wholeInput}`)
  }
  if (isGiven(json["conversation"])) {
    refuse(
      "conversation",
      `names a conversation that is stored at OpenAI: ${wholeInput}, or use \`previous_response_id\``
    )
  }
  if (isGiven(json["prompt"])) {
    refuse("prompt", "names a prompt that is stored at OpenAI: send its text as `instructions` or `input`")
  }
  if (optional(needFlag, json["background"], "background") === true) {
    refuse("background", "must not be `true`: a response cannot be fetched here later")
  }
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null

const readMessages = (json: JsonObject): ReadonlyArray<Message> => {
  const messages = readInput(json["input"], "input")
  const { instructions } = json
  if (!isGiven(instructions) || instructions === "") return messages
  return [{ role: "system", parts: [{ type: "text", text: needText(instructions, "instructions") }] }, ...messages]
}

/** The tools of the request, and those that its items add. */
const readAllTools = (json: JsonObject): ReadonlyArray<Tool> => {
  const tools = optional(readTools, json["tools"], "tools") ?? []
  const added = itemsOfType(json, "additional_tools")
  if (added.length === 0) return tools
  return [...tools, ...added.flatMap(({ item, path }) => readTools(item["tools"], `${path}.tools`))]
}

interface PlacedItem {
  readonly item: JsonObject
  readonly path: string
}

const itemsOfType = (json: JsonObject, type: string): ReadonlyArray<PlacedItem> => {
  const { input } = json
  const found: Array<PlacedItem> = []
  if (!Array.isArray(input)) return found
  for (const [index, item] of input.entries()) {
    if (isObject(item) && itemType(item) === type) found.push({ item, path: `input[${index}]` })
  }
  return found
}

/** Each place that may say how to answer, from the first to the one that counts: the request, then updates in its items. */
const places = (json: JsonObject, field: string): ReadonlyArray<PlacedItem> => {
  const found: Array<PlacedItem> = []
  for (const { item, path } of [{ item: json, path: "" }, ...itemsOfType(json, "configuration_update")]) {
    const at = path === "" ? field : `${path}.${field}`
    const value = optional(needObject, item[field], at)
    if (value !== undefined) found.push({ item: value, path: at })
  }
  return found
}

const readFormat = (json: JsonObject): ResponseFormat | undefined => {
  const last = places(json, "text").findLast(({ item }) => isGiven(item["format"]))
  if (last === undefined) return undefined
  const path = `${last.path}.format`
  const format = needObject(last.item["format"], path)
  const type = needText(format["type"], `${path}.type`)
  switch (type) {
    case "text":
      return undefined
    case "json_object":
      return { type: "json" }
    case "json_schema":
      return {
        type: "json_schema",
        name: optional(needText, format["name"], `${path}.name`),
        description: optional(needText, format["description"], `${path}.description`),
        schema: needObject(format["schema"], `${path}.schema`),
        strict: optional(needFlag, format["strict"], `${path}.strict`)
      }
    default:
      return refuse(`${path}.type`, "must be `text`, `json_object` or `json_schema`")
  }
}

/** They are asked for by name; whoever asks for the likeliest tokens means them too. */
const readLogprobs = (json: JsonObject): LogprobsRequest | undefined => {
  const top = optional(needNumber, json["top_logprobs"], "top_logprobs")
  const asked = listOr(json["include"]).includes("message.output_text.logprobs")
  return asked || (top ?? 0) > 0 ? { top } : undefined
}

/** A summary is asked for by saying how long it shall be; without that, what is shown is left to the provider. */
const readReasoning = (json: JsonObject): Reasoning | undefined => {
  const all = places(json, "reasoning")
  if (all.length === 0) return undefined
  const effort = all.findLast(({ item }) => isGiven(item["effort"]))
  const asked = optional(needObject, json["reasoning"], "reasoning")
  const summary =
    optional(needText, asked?.["summary"], "reasoning.summary") ??
    optional(needText, asked?.["generate_summary"], "reasoning.generate_summary")
  return {
    amount: effort === undefined ? undefined : readEffort(effort),
    visible: summary === undefined ? undefined : summary !== "none",
    summary
  }
}

const readEffort = ({ item, path }: PlacedItem): Reasoning["amount"] =>
  reasoningOfText(needText(item["effort"], `${path}.effort`)) ??
  refuse(`${path}.effort`, "must be `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`")
