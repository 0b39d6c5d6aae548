import type { JsonObject } from "../../canonical/json.ts"
import type { FunctionTool, Tool, ToolChoice } from "../../canonical/tool.ts"
import { isObject, needList, needObject, needText, optional, otherFields } from "../json-fields.ts"
import { jsonSchemaOf } from "./google-schema.ts"
import { wireField } from "./wire-fields.ts"

const DECLARATION_FIELDS: ReadonlySet<string> = new Set([
  "name",
  "description",
  "parameters",
  "parametersJsonSchema",
  "parameters_json_schema"
])

const TOOL_FIELDS: ReadonlySet<string> = new Set(["functionDeclarations", "function_declarations"])

/**
 * Reads `tools`. Each function declaration is a tool; what else an entry holds, such as `googleSearch`, only Google can
 * run. Source: https://ai.google.dev/api/caching#Tool
 */
export const decodeTools = (value: unknown): ReadonlyArray<Tool> => {
  const tools: Array<Tool> = []
  const entries = isObject(value) ? [value] : (optional(needList, value, "tools") ?? [])
  entries.forEach((entry, index) => {
    const path = `tools[${index}]`
    const tool = needObject(entry, path)
    const declarations = wireField(tool, "functionDeclarations", "function_declarations")
    const place = `${path}.functionDeclarations`
    for (const [at, declaration] of (optional(needList, declarations, place) ?? []).entries()) {
      tools.push(decodeDeclaration(declaration, `${place}[${at}]`))
    }
    const others = otherFields(tool, TOOL_FIELDS)
    if (others !== undefined) tools.push({ type: "foreign", protocol: "gemini", value: others })
  })
  return tools
}

const decodeDeclaration = (value: unknown, path: string): FunctionTool => {
  const declaration = needObject(value, path)
  const fields = otherFields(declaration, DECLARATION_FIELDS)
  const description = optional(needText, declaration["description"], `${path}.description`)
  return {
    type: "function",
    name: needText(declaration["name"], `${path}.name`),
    description: description === "" ? undefined : description,
    parameters: decodeParameters(declaration, path),
    extensions: fields && { protocol: "gemini", fields }
  }
}

const decodeParameters = (declaration: JsonObject, path: string): JsonObject | undefined => {
  const json = wireField(declaration, "parametersJsonSchema", "parameters_json_schema")
  const jsonSchema = optional(needObject, json, `${path}.parametersJsonSchema`)
  if (jsonSchema !== undefined) return jsonSchema
  const schema = optional(needObject, declaration["parameters"], `${path}.parameters`)
  return schema && jsonSchemaOf(schema)
}

/**
 * Reads `toolConfig.functionCallingConfig`. `VALIDATED` calls a function or answers, like `AUTO`. Source:
 * https://ai.google.dev/api/caching#FunctionCallingConfig
 */
export const decodeToolChoice = (config: JsonObject, path: string): ToolChoice | undefined => {
  const mode = optional(needText, config["mode"], `${path}.mode`)?.toUpperCase()
  const allowed = wireField(config, "allowedFunctionNames", "allowed_function_names")
  const place = `${path}.allowedFunctionNames`
  const names = (optional(needList, allowed, place) ?? []).map((name, at) => needText(name, `${place}[${at}]`))
  switch (mode) {
    case "NONE":
      return { type: "none" }
    case "ANY": {
      const [first, second] = names
      if (first === undefined) return { type: "required" }
      return second === undefined ? { type: "tool", name: first } : { type: "allowed", names, required: true }
    }
    case "AUTO":
    case "VALIDATED":
      return names.length === 0 ? { type: "auto" } : { type: "allowed", names, required: false }
    default:
      return undefined
  }
}
