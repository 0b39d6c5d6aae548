import type { JsonObject } from "../../canonical/json.ts"
import type { Tool, ToolChoice } from "../../canonical/tool.ts"
import { needFlag, needList, needObject, needText, optional, otherFields, refuse } from "../json-fields.ts"
import { decodeCache } from "./decode-media.ts"
import { claudeExtensions } from "./extension-fields.ts"

const TOOL_FIELDS: ReadonlySet<string> = new Set([
  "type",
  "name",
  "description",
  "input_schema",
  "strict",
  "cache_control"
])

/** `tools`: those without a type, or of type `custom`, are the client's; the others are Claude's own. */
export const decodeTools = (value: unknown): ReadonlyArray<Tool> =>
  (optional(needList, value, "tools") ?? []).map((item, index) => {
    const path = `tools[${index}]`
    const tool = needObject(item, path)
    const type = optional(needText, tool["type"], `${path}.type`)
    if (type !== undefined && type !== "custom") return { type: "foreign", protocol: "claude", value: tool }
    return {
      type: "function",
      name: needText(tool["name"], `${path}.name`),
      description: optional(needText, tool["description"], `${path}.description`),
      parameters: optional(needObject, tool["input_schema"], `${path}.input_schema`),
      strict: optional(needFlag, tool["strict"], `${path}.strict`),
      cache: decodeCache(tool["cache_control"], `${path}.cache_control`),
      extensions: claudeExtensions(otherFields(tool, TOOL_FIELDS))
    }
  })

const decodeKind = (choice: JsonObject): ToolChoice => {
  switch (choice["type"]) {
    case "auto":
      return { type: "auto" }
    case "any":
      return { type: "required" }
    case "none":
      return { type: "none" }
    case "tool":
      return { type: "tool", name: needText(choice["name"], "tool_choice.name") }
    default:
      return refuse("tool_choice.type", 'must be "auto", "any", "tool" or "none"')
  }
}

/** `tool_choice`, and what it says of parallel calls. */
export const decodeToolChoice = (
  value: unknown
): { readonly choice: ToolChoice | undefined; readonly parallel: boolean | undefined } => {
  const choice = optional(needObject, value, "tool_choice")
  if (choice === undefined) return { choice: undefined, parallel: undefined }
  const single = optional(needFlag, choice["disable_parallel_tool_use"], "tool_choice.disable_parallel_tool_use")
  return { choice: decodeKind(choice), parallel: single === true ? false : undefined }
}
