import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { FunctionTool, Tool, ToolChoice } from "../../canonical/tool.ts"
import type { WriteToolName } from "./tool-names.ts"
import { cleanParameters } from "./tool-schema.ts"

/** Functions in one entry, and Google's own tools in one each. `undefined` for none. A name is declared once. */
export const encodeTools = (
  tools: ReadonlyArray<Tool>,
  writeName: WriteToolName
): ReadonlyArray<JsonObject> | undefined => {
  const declarations = new Map<string, JsonObject>()
  const own: Array<JsonObject> = []
  for (const tool of tools) {
    if (tool.type === "foreign") {
      if (tool.protocol === "gemini") own.push(tool.value)
    } else if (!declarations.has(tool.name)) declarations.set(tool.name, encodeFunction(tool, writeName))
  }
  if (declarations.size > 0) own.unshift({ functionDeclarations: [...declarations.values()] })
  return own.length === 0 ? undefined : own
}

/** Whether any of the tools is a function. */
export const hasFunctions = (tools: ReadonlyArray<Tool>): boolean => tools.some((tool) => tool.type === "function")

const encodeFunction = (tool: FunctionTool, writeName: WriteToolName): JsonObject => {
  const schema = tool.parameters && cleanParameters(tool.parameters)
  return {
    name: writeName(tool.name),
    description: tool.description ?? "",
    ...(schema === undefined ? {} : { parametersJsonSchema: schema }),
    ...extensionsFor("gemini", tool.extensions)
  }
}

/**
 * `toolConfig`, with what `kept` holds of it. Names can be given only where a function must be called, or where calls
 * are checked (`VALIDATED`). Source: https://ai.google.dev/api/caching#FunctionCallingConfig
 */
export const encodeToolConfig = (
  choice: ToolChoice | undefined,
  writeName: WriteToolName,
  kept: JsonObject | undefined
): JsonObject | undefined => {
  if (choice === undefined) return kept
  return { ...kept, functionCallingConfig: callingConfig(choice, writeName) }
}

const callingConfig = (choice: ToolChoice, writeName: WriteToolName): JsonObject => {
  switch (choice.type) {
    case "auto":
      return { mode: "AUTO" }
    case "none":
      return { mode: "NONE" }
    case "required":
      return { mode: "ANY" }
    case "tool":
      return { mode: "ANY", allowedFunctionNames: [writeName(choice.name)] }
    case "allowed":
      return { mode: choice.required ? "ANY" : "VALIDATED", allowedFunctionNames: choice.names.map(writeName) }
  }
}
