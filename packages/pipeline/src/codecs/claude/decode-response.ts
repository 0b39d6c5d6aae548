import type { JsonObject } from "../../canonical/json.ts"
import type { Part } from "../../canonical/part.ts"
import type { CanonicalResponse } from "../../canonical/response.ts"
import type { TranslationContext } from "../codec.ts"
import { isObject, listOr, otherFields, textOr } from "../json-fields.ts"
import { decodeCitations } from "./citations.ts"
import { claudeExtensions } from "./extension-fields.ts"
import { decodeStopReason } from "./stop-reason.ts"
import { addCounts, noCounts, usageOfCounts } from "./usage.ts"

const MESSAGE_FIELDS: ReadonlySet<string> = new Set([
  "id",
  "type",
  "role",
  "model",
  "content",
  "stop_reason",
  "stop_sequence",
  "stop_details",
  "usage"
])

const USAGE_FIELDS: ReadonlySet<string> = new Set([
  "input_tokens",
  "cache_creation_input_tokens",
  "cache_read_input_tokens",
  "output_tokens",
  "output_tokens_details",
  "service_tier"
])

/** Reads a message of Claude. Source: platform.claude.com/docs/en/api/messages. */
export const decodeResponse = (json: JsonObject, context: TranslationContext): CanonicalResponse => {
  const parts: Array<Part> = []
  for (const block of listOr(json["content"])) if (isObject(block)) parts.push(decodeBlock(block, context))
  const usage = isObject(json["usage"]) ? json["usage"] : undefined
  const counts = noCounts()
  if (usage !== undefined) addCounts(counts, usage)
  const tier = usage?.["service_tier"]
  return {
    id: textOr(json["id"]),
    model: textOr(json["model"]),
    choices: [
      {
        parts,
        stopReason: decodeStopReason(json["stop_reason"]),
        stopSequence: typeof json["stop_sequence"] === "string" ? json["stop_sequence"] : undefined,
        extensions: claudeExtensions(stopExtensions(json))
      }
    ],
    usage: usage === undefined ? undefined : usageOfCounts(counts),
    serviceTier: typeof tier === "string" ? tier : undefined,
    extensions: claudeExtensions(messageExtensions(json, usage))
  }
}

const messageExtensions = (json: JsonObject, usage: JsonObject | undefined): JsonObject | undefined => {
  const fields = otherFields(json, MESSAGE_FIELDS)
  const rest = usage === undefined ? undefined : otherFields(usage, USAGE_FIELDS)
  return rest === undefined ? fields : { ...fields, usage: rest }
}

/** What of a stop the canonical reasons do not tell apart. */
const stopExtensions = (json: JsonObject): JsonObject | undefined => {
  const exceeded = json["stop_reason"] === "model_context_window_exceeded"
  const details = json["stop_details"]
  if (!exceeded && !isObject(details)) return undefined
  return {
    ...(exceeded ? { stop_reason: json["stop_reason"] } : {}),
    ...(isObject(details) ? { stop_details: details } : {})
  }
}

const TEXT_FIELDS: ReadonlySet<string> = new Set(["type", "text", "citations"])
const CALL_FIELDS: ReadonlySet<string> = new Set(["type", "id", "name", "input"])
const THINKING_FIELDS: ReadonlySet<string> = new Set(["type", "thinking", "signature"])

const decodeBlock = (block: JsonObject, context: TranslationContext): Part => {
  switch (block["type"]) {
    case "text":
      return {
        type: "text",
        text: textOr(block["text"]),
        citations: decodeCitations(block["citations"]),
        extensions: claudeExtensions(otherFields(block, TEXT_FIELDS))
      }
    case "thinking": {
      const signature = textOr(block["signature"])
      return {
        type: "reasoning",
        text: textOr(block["thinking"]),
        signature: signature === "" ? undefined : { issuer: "claude", value: signature },
        extensions: claudeExtensions(otherFields(block, THINKING_FIELDS))
      }
    }
    case "redacted_thinking":
      return { type: "reasoning", text: "", redacted: { issuer: "claude", value: textOr(block["data"]) } }
    case "tool_use":
      return {
        type: "tool_call",
        id: callId(block["id"], context),
        name: clientToolName(block["name"], context),
        arguments: isObject(block["input"]) ? block["input"] : textOr(block["input"]),
        extensions: claudeExtensions(otherFields(block, CALL_FIELDS))
      }
    default:
      return { type: "foreign", protocol: "claude", value: block }
  }
}

/** The ID of a call; a new one for a provider that gives none. */
export const callId = (id: unknown, context: TranslationContext): string =>
  typeof id === "string" && id !== "" ? id : `toolu_${context.newId()}`

/** The tool's name as the client knows it. */
export const clientToolName = (name: unknown, context: TranslationContext): string => {
  const wire = textOr(name)
  return context.toolNames.get(wire) ?? wire
}
