import type { JsonObject } from "../../canonical/json.ts"
import type { FunctionTool, Tool, ToolChoice } from "../../canonical/tool.ts"
import { kindOf, needFlag, needList, needObject, needText, optional, refuse } from "../json-fields.ts"
import { isClaudeServerTool, isClaudeTool } from "./claude-blocks.ts"
import { cacheOf } from "./decode-parts.ts"
import { extensionsOf, keptFields } from "./kept-fields.ts"

const FUNCTION_FIELDS = new Set(["name", "description", "parameters", "strict"])
const TOOL_FIELDS = new Set(["type", "function"])

/**
 * `tools`, and the older `functions` behind them. Kinds of tools other than functions are foreign.
 * Source: https://platform.openai.com/docs/api-reference/chat/create, `tools`, `functions`.
 */
export const decodeTools = (json: JsonObject): ReadonlyArray<Tool> => {
  const tools = optional(needList, json["tools"], "tools") ?? []
  const functions = optional(needList, json["functions"], "functions") ?? []
  return [
    ...tools.map((tool, index) => decodeTool(tool, `tools[${index}]`)),
    ...functions.map((value, index) => decodeFunction(needObject(value, `functions[${index}]`), `functions[${index}]`))
  ]
}

const decodeTool = (value: unknown, path: string): Tool => {
  const tool = needObject(value, path)
  if (isClaudeTool(tool))
    return { ...decodeFunction(tool, path), parameters: claudeSchema(tool, path), extensions: undefined }
  if (isClaudeServerTool(tool)) return { type: "foreign", protocol: "claude", value: tool }
  const type = tool["type"] === undefined ? "function" : needText(tool["type"], `${path}.type`)
  if (type !== "function") return { type: "foreign", protocol: "openai", value: tool }
  const inner = decodeFunction(needObject(tool["function"], `${path}.function`), `${path}.function`)
  const kept = keptFields(tool, TOOL_FIELDS)
  if (kept === undefined) return inner
  return { ...inner, cache: cacheOf(tool) ?? inner.cache, extensions: toolExtensions(inner, kept.fields) }
}

const claudeSchema = (tool: JsonObject, path: string): JsonObject | undefined =>
  optional(needObject, tool["input_schema"] ?? tool["parameters"], `${path}.input_schema`)

/** Fields of the function itself are kept under `function`, as the wire nests them. */
const toolExtensions = (inner: FunctionTool, outer: JsonObject) =>
  extensionsOf({ ...inner.extensions?.fields, ...outer })

const decodeFunction = (json: JsonObject, path: string): FunctionTool => {
  const kept = keptFields(json, FUNCTION_FIELDS)
  return {
    type: "function",
    name: needText(json["name"], `${path}.name`),
    description: optional(needText, json["description"], `${path}.description`),
    parameters: optional(needObject, json["parameters"], `${path}.parameters`),
    strict: optional(needFlag, json["strict"], `${path}.strict`),
    cache: cacheOf(json),
    extensions: kept === undefined ? undefined : extensionsOf({ function: kept.fields })
  }
}

/**
 * `tool_choice`, or the older `function_call`. `undefined` for a choice of a kind that only this protocol knows.
 * Source: https://platform.openai.com/docs/api-reference/chat/create, `tool_choice`.
 */
export const decodeToolChoice = (json: JsonObject): ToolChoice | undefined => {
  const older = json["tool_choice"] === undefined || json["tool_choice"] === null
  const path = older ? "function_call" : "tool_choice"
  const value = json[path]
  if (value === undefined || value === null) return undefined
  if (typeof value === "string") return decodeWord(value, path)
  if (typeof value !== "object") return refuse(path, `must be a string or an object, not ${kindOf(value)}`)
  const choice = needObject(value, path)
  if (older) return { type: "tool", name: needText(choice["name"], `${path}.name`) }
  switch (choice["type"]) {
    case "function": {
      const { name } = needObject(choice["function"], `${path}.function`)
      return { type: "tool", name: needText(name, `${path}.function.name`) }
    }
    // Claude's words, of clients that speak it as well.
    case "any":
      return { type: "required" }
    case "auto":
    case "none":
      return { type: choice["type"] }
    case "tool":
      return { type: "tool", name: needText(choice["name"], `${path}.name`) }
    case "allowed_tools":
      return decodeAllowed(needObject(choice["allowed_tools"], `${path}.allowed_tools`), `${path}.allowed_tools`)
    default:
      return undefined
  }
}

const decodeWord = (word: string, path: string): ToolChoice => {
  switch (word) {
    case "auto":
    case "none":
    case "required":
      return { type: word }
    // Some servers take `any`, Claude's and Mistral's word, here.
    case "any":
      return { type: "required" }
    default:
      return refuse(path, 'must be "none", "auto", "required" or an object that names a tool')
  }
}

const decodeAllowed = (allowed: JsonObject, path: string): ToolChoice => ({
  type: "allowed",
  required: allowed["mode"] === "required",
  names: needList(allowed["tools"], `${path}.tools`).map((value, index) => {
    const tool = needObject(value, `${path}.tools[${index}]`)
    const inner = needObject(tool["function"], `${path}.tools[${index}].function`)
    return needText(inner["name"], `${path}.tools[${index}].function.name`)
  })
})
