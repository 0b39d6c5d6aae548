import type { Result } from "effect"

import type { JsonObject } from "../../canonical/json.ts"
import type { CanonicalRequest } from "../../canonical/request.ts"
import type { InvalidRequest } from "../../gateway-error.ts"
import type { RequestTarget } from "../codec.ts"
import { needObject, optional, otherFields, readingRequest } from "../json-fields.ts"
import { decodeContents, decodeSystemInstruction } from "./decode-contents.ts"
import { decodeGenerationConfig } from "./decode-generation-config.ts"
import { decodeToolChoice, decodeTools } from "./decode-tools.ts"
import { wireField } from "./wire-fields.ts"

const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "contents",
  "systemInstruction",
  "system_instruction",
  "tools",
  "toolConfig",
  "tool_config",
  "generationConfig",
  "generation_config"
])

const KNOWN_TOOL_CONFIG: ReadonlySet<string> = new Set(["functionCallingConfig", "function_calling_config"])

/**
 * Reads the body of `generateContent` or `streamGenerateContent`. Fields may have their JSON name or their proto name;
 * errors call them by the first. Source: https://ai.google.dev/api/generate-content
 */
export const decodeRequest = (
  json: JsonObject,
  target: RequestTarget
): Result.Result<CanonicalRequest, InvalidRequest> => readingRequest(() => readRequest(json, target))

/** Reads the body of `countTokens`: contents alone, or a whole request. Source: https://ai.google.dev/api/tokens */
export const decodeCountRequest: typeof decodeRequest = (json, target) => {
  const counted = wireField(json, "generateContentRequest", "generate_content_request")
  return readingRequest(() => readRequest(optional(needObject, counted, "generateContentRequest") ?? json, target))
}

const readRequest = (json: JsonObject, target: RequestTarget): CanonicalRequest => {
  const toolConfig = optional(needObject, wireField(json, "toolConfig", "tool_config"), "toolConfig") ?? {}
  const calling = wireField(toolConfig, "functionCallingConfig", "function_calling_config")
  const callingPath = "toolConfig.functionCallingConfig"
  const callingConfig = optional(needObject, calling, callingPath)
  const generation = wireField(json, "generationConfig", "generation_config")
  const { others: otherGeneration, ...settings } = decodeGenerationConfig(
    optional(needObject, generation, "generationConfig") ?? {}
  )
  const otherTools = otherFields(toolConfig, KNOWN_TOOL_CONFIG)
  const fields: Record<string, unknown> = { ...otherFields(json, KNOWN) }
  if (otherGeneration !== undefined) fields["generationConfig"] = otherGeneration
  if (otherTools !== undefined) fields["toolConfig"] = otherTools
  return {
    model: target.model,
    stream: target.stream,
    messages: [
      ...decodeSystemInstruction(wireField(json, "systemInstruction", "system_instruction")),
      ...decodeContents(json["contents"])
    ],
    tools: decodeTools(json["tools"]),
    toolChoice: callingConfig && decodeToolChoice(callingConfig, callingPath),
    ...settings,
    extensions: Object.keys(fields).length === 0 ? undefined : { protocol: "gemini", fields }
  }
}
