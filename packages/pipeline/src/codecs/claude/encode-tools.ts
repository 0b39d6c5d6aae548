import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { CanonicalRequest } from "../../canonical/request.ts"
import type { FunctionTool } from "../../canonical/tool.ts"
import type { TranslationContext } from "../codec.ts"
import { encodeCache } from "./encode-media.ts"
import { toolSchema } from "./json-schema.ts"
import type { ModelRules } from "./model-rules.ts"
import { closedSchema } from "./output-schema.ts"
import { wireToolName } from "./tool-names.ts"

/** The tools of a request; Claude's own as they came, other providers' not at all. */
export const encodeTools = (
  request: CanonicalRequest,
  rules: ModelRules,
  context: TranslationContext
): Array<JsonObject> => {
  const { toolChoice } = request
  const tools: Array<JsonObject> = []
  // The API refuses a second tool of the same name.
  const names = new Set<string>()
  for (const tool of request.tools) {
    if (tool.type === "foreign") {
      if (tool.protocol === "claude") tools.push(tool.value)
    } else if (!names.has(tool.name) && (toolChoice?.type !== "allowed" || toolChoice.names.includes(tool.name))) {
      names.add(tool.name)
      tools.push(encodeFunction(tool, rules, context))
    }
  }
  return tools
}

const encodeFunction = (tool: FunctionTool, rules: ModelRules, context: TranslationContext): JsonObject => {
  const encoded: Record<string, unknown> = { name: wireToolName(tool.name, context) }
  if (tool.description !== undefined) encoded["description"] = tool.description
  const schema = toolSchema(tool.parameters)
  // A schema that strict tools cannot hold is still good for a tool that is not strict.
  const strict = tool.strict === true && rules.structuredOutput ? closedSchema(schema) : undefined
  encoded["input_schema"] = strict ?? schema
  if (strict !== undefined) encoded["strict"] = true
  else if (tool.strict === false && rules.structuredOutput) encoded["strict"] = false
  Object.assign(encoded, extensionsFor("claude", tool.extensions))
  if (tool.cache !== undefined) encoded["cache_control"] = encodeCache(tool.cache)
  return encoded
}

/**
 * `tool_choice`; nothing without tools, since the API refuses a choice among none. "Of these alone" is what is left of
 * the tools, so it is `any` or `auto` here. A model that cannot be forced gets `auto`.
 */
export const encodeToolChoice = (
  request: CanonicalRequest,
  rules: ModelRules,
  context: TranslationContext
): JsonObject | undefined => {
  const choice = choiceOf(request, rules, context)
  if (request.parallelToolCalls !== false || choice?.["type"] === "none") return choice
  return { ...(choice ?? { type: "auto" }), disable_parallel_tool_use: true }
}

const choiceOf = (
  { toolChoice }: CanonicalRequest,
  rules: ModelRules,
  context: TranslationContext
): JsonObject | undefined => {
  switch (toolChoice?.type) {
    case undefined:
      return undefined
    case "auto":
    case "none":
      return { type: toolChoice.type }
    case "required":
      return { type: rules.forcedTool ? "any" : "auto" }
    case "allowed":
      return { type: toolChoice.required && rules.forcedTool ? "any" : "auto" }
    case "tool":
      return rules.forcedTool ? { type: "tool", name: wireToolName(toolChoice.name, context) } : { type: "auto" }
  }
}
