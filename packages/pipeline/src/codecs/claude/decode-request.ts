import type { Result } from "effect"

import type { JsonObject } from "../../canonical/json.ts"
import type { Message, SystemMessage } from "../../canonical/message.ts"
import type { TextPart } from "../../canonical/part.ts"
import type { CanonicalRequest, ResponseFormat } from "../../canonical/request.ts"
import type { InvalidRequest } from "../../gateway-error.ts"
import type { RequestTarget } from "../codec.ts"
import {
  kindOf,
  needList,
  needNumber,
  needObject,
  needText,
  optional,
  otherFields,
  readingRequest,
  refuse
} from "../json-fields.ts"
import { withoutAttribution } from "./attribution.ts"
import { decodeContent, decodeText } from "./decode-blocks.ts"
import { decodeReasoning } from "./decode-reasoning.ts"
import { decodeToolChoice, decodeTools } from "./decode-tools.ts"
import { claudeExtensions } from "./extension-fields.ts"
import { isToolChange, toolsInEffect } from "./tool-changes.ts"

/** Reads the body of `POST /v1/messages`. Source: platform.claude.com/docs/en/api/messages. */
export const decodeRequest = (
  json: JsonObject,
  target: RequestTarget
): Result.Result<CanonicalRequest, InvalidRequest> =>
  readingRequest(() => readRequest(json, target, needMaxTokens(json["max_tokens"])))

/** Reads the body of `POST /v1/messages/count_tokens`, which has no `max_tokens`. */
export const decodeCountRequest = (
  json: JsonObject,
  target: RequestTarget
): Result.Result<CanonicalRequest, InvalidRequest> => readingRequest(() => readRequest(json, target, undefined))

const REQUEST_FIELDS: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "max_tokens",
  "metadata",
  "output_config",
  "output_format",
  "stop_sequences",
  "stream",
  "system",
  "temperature",
  "thinking",
  "tool_choice",
  "tools",
  "top_k",
  "top_p"
])

const readRequest = (json: JsonObject, target: RequestTarget, maxTokens: number | undefined): CanonicalRequest => {
  const output = optional(needObject, json["output_config"], "output_config")
  const metadata = optional(needObject, json["metadata"], "metadata")
  const { choice, parallel } = decodeToolChoice(json["tool_choice"])
  const reasoning = decodeReasoning(json["thinking"], output?.["effort"])
  return {
    model: target.model,
    stream: target.stream,
    messages: decodeMessages(json),
    tools: decodeTools(toolsInEffect(json)),
    toolChoice: choice,
    parallelToolCalls: parallel,
    maxTokens,
    sampling: {
      temperature: optional(needNumber, json["temperature"], "temperature"),
      topP: optional(needNumber, json["top_p"], "top_p"),
      topK: optional(needNumber, json["top_k"], "top_k")
    },
    stop: (optional(needList, json["stop_sequences"], "stop_sequences") ?? []).map((stop, index) =>
      needText(stop, `stop_sequences[${index}]`)
    ),
    responseFormat:
      decodeFormat(output?.["format"], "output_config.format") ?? decodeFormat(json["output_format"], "output_format"),
    reasoning,
    user: optional(needText, metadata?.["user_id"], "metadata.user_id"),
    extensions: claudeExtensions(requestExtensions(json, output, metadata, reasoning?.amount?.mode === "level"))
  }
}

const needMaxTokens = (value: unknown): number => {
  const tokens = needNumber(value, "max_tokens")
  return Number.isSafeInteger(tokens) && tokens >= 0 ? tokens : refuse("max_tokens", "must be a whole number from 0")
}

const OUTPUT_FIELDS: ReadonlySet<string> = new Set(["effort", "format"])
/** An effort beside a budget is kept: the two are told apart by Claude alone. */
const OUTPUT_FIELDS_BUT_EFFORT: ReadonlySet<string> = new Set(["format"])
const METADATA_FIELDS: ReadonlySet<string> = new Set(["user_id"])

const requestExtensions = (
  json: JsonObject,
  output: JsonObject | undefined,
  metadata: JsonObject | undefined,
  effortIsRead: boolean
): JsonObject | undefined => {
  const fields = otherFields(json, REQUEST_FIELDS)
  const outputFields = effortIsRead ? OUTPUT_FIELDS : OUTPUT_FIELDS_BUT_EFFORT
  const outputRest = output === undefined ? undefined : otherFields(output, outputFields)
  const metadataRest = metadata === undefined ? undefined : otherFields(metadata, METADATA_FIELDS)
  if (outputRest === undefined && metadataRest === undefined) return fields
  return {
    ...fields,
    ...(outputRest === undefined ? {} : { output_config: outputRest }),
    ...(metadataRest === undefined ? {} : { metadata: metadataRest })
  }
}

const decodeFormat = (value: unknown, path: string): ResponseFormat | undefined => {
  const format = optional(needObject, value, path)
  if (format === undefined) return undefined
  if (format["type"] !== "json_schema") return refuse(`${path}.type`, 'must be "json_schema"')
  return { type: "json_schema", schema: needObject(format["schema"], `${path}.schema`) }
}

const decodeMessages = (json: JsonObject): ReadonlyArray<Message> => {
  const messages: Array<Message> = []
  const instructions = decodeInstructions(json["system"], "system")
  if (instructions.length > 0) messages.push({ role: "system", parts: instructions })
  const list = needList(json["messages"], "messages")
  if (list.length === 0) refuse("messages", "must not be empty")
  for (let index = 0; index < list.length; index++) {
    const path = `messages[${index}]`
    decodeMessage(needObject(list[index], path), path, messages)
  }
  return messages
}

const MESSAGE_FIELDS: ReadonlySet<string> = new Set(["role", "content"])

const decodeMessage = (message: JsonObject, path: string, messages: Array<Message>): void => {
  const role = needText(message["role"], `${path}.role`)
  const content = message["content"]
  const extensions = claudeExtensions(otherFields(message, MESSAGE_FIELDS))
  if (role === "system") {
    const instructions = decodeSystem(content, `${path}.content`, extensions)
    if (instructions.parts.length > 0) messages.push(instructions)
  } else if (role === "user" || role === "assistant") {
    const { parts, results } = decodeContent(content, role, `${path}.content`)
    if (results.length > 0) messages.push({ role: "tool", parts: results })
    if (parts.length > 0 || results.length === 0) messages.push({ role, parts, extensions })
  } else refuse(`${path}.role`, `must be "user", "assistant" or "system", not ${JSON.stringify(role)}`)
}

const decodeSystem = (content: unknown, path: string, extensions: SystemMessage["extensions"]): SystemMessage => ({
  role: "system",
  parts: decodeInstructions(withoutToolChanges(content) ?? refuse(path, "is required"), path),
  extensions
})

const withoutToolChanges = (content: unknown): unknown =>
  Array.isArray(content) ? content.filter((block) => !isToolChange(block)) : content

const decodeInstructions = (value: unknown, path: string): ReadonlyArray<TextPart> => {
  if (value === undefined || value === null || value === "") return []
  if (typeof value === "string") return ownInstructions([{ type: "text", text: value }])
  if (!Array.isArray(value)) return refuse(path, `must be a string or an array, not ${kindOf(value)}`)
  const parts = value.map((item, index) => {
    const blockPath = `${path}[${index}]`
    const block = needObject(item, blockPath)
    return block["type"] === "text"
      ? decodeText(block, blockPath)
      : refuse(`${blockPath}.type`, 'must be "text", which is all that instructions can hold')
  })
  return ownInstructions(parts)
}

/** What is meant for the model. */
const ownInstructions = (parts: ReadonlyArray<TextPart>): ReadonlyArray<TextPart> =>
  parts.flatMap((part) => {
    const text = withoutAttribution(part.text)
    return text === part.text ? [part] : text === "" ? [] : [{ ...part, text }]
  })
