import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { CanonicalRequest } from "../../canonical/request.ts"
import type { Tool, ToolChoice } from "../../canonical/tool.ts"
import { isObject } from "../json-fields.ts"
import type { RequestWriter } from "./request-writer.ts"

/**
 * `tools`, `tool_choice` and `parallel_tool_calls`. All are left out when no tool is left: OpenAI refuses the other two
 * alone. Of a choice among some tools only OpenAI knows; for other servers the other tools are left out instead.
 * Source: https://platform.openai.com/docs/api-reference/chat/create, `tools`, `tool_choice`.
 */
export const encodeTools = (request: CanonicalRequest, writer: RequestWriter): JsonObject => {
  const { toolChoice, parallelToolCalls } = request
  const allowed = toolChoice?.type === "allowed" && !writer.traits.openai ? new Set(toolChoice.names) : undefined
  const tools: Array<JsonObject> = []
  // Many servers refuse a second tool of the same name.
  const names = new Set<string>()
  for (const tool of request.tools) {
    if (tool.type === "function") {
      if (names.has(tool.name) || allowed?.has(tool.name) === false) continue
      names.add(tool.name)
    } else if (allowed !== undefined) continue
    const written = encodeTool(tool, writer)
    if (written !== undefined) tools.push(written)
  }
  if (tools.length === 0) return {}
  return {
    tools,
    tool_choice: toolChoice === undefined ? undefined : encodeChoice(toolChoice, writer),
    parallel_tool_calls: writer.traits.parallelCalls ? parallelToolCalls : undefined
  }
}

const encodeTool = (tool: Tool, writer: RequestWriter): JsonObject | undefined => {
  if (tool.type === "foreign") return tool.protocol === "openai" ? tool.value : undefined
  const { function: inner, ...outer } = extensionsFor("openai", tool.extensions) ?? {}
  return {
    type: "function",
    function: {
      name: writer.toolName(tool.name),
      description: tool.description,
      parameters: tool.parameters === undefined ? undefined : objectSchema(tool.parameters),
      strict: tool.strict,
      ...(isObject(inner) ? inner : undefined)
    },
    ...outer
  }
}

/** OpenAI refuses a schema whose root is no object, or an object without `properties`. */
const objectSchema = (schema: JsonObject): JsonObject => {
  const { type = "object", properties } = schema
  if (type !== "object") return schema
  return schema["type"] === type && properties !== undefined
    ? schema
    : { ...schema, type, properties: properties ?? {} }
}

const encodeChoice = (choice: ToolChoice, { toolName, traits }: RequestWriter): unknown => {
  switch (choice.type) {
    case "auto":
    case "none":
    case "required":
      return choice.type
    case "tool":
      return named(toolName(choice.name))
    case "allowed": {
      const mode = choice.required ? "required" : "auto"
      if (!traits.openai) return mode
      return {
        type: "allowed_tools",
        allowed_tools: { mode, tools: choice.names.map((name) => named(toolName(name))) }
      }
    }
  }
}

const named = (name: string): JsonObject => ({ type: "function", function: { name } })
