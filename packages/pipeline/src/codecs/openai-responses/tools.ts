import { extensionsFor } from "../../canonical/extensions.ts"
import type { JsonObject } from "../../canonical/json.ts"
import type { FunctionTool, Tool, ToolChoice } from "../../canonical/tool.ts"
import { needFlag, needList, needObject, needText, objectOr, optional, otherFields, refuse } from "../json-fields.ts"
import { inputSchema } from "./custom-input.ts"

/** What a tool is on the wire when that differs from the canonical function that stands for it. */
export interface SpecialTool {
  /** Takes free text in place of JSON arguments. Source: https://platform.openai.com/docs/guides/function-calling. */
  readonly custom: boolean
  readonly name: string
  /** The group of tools that it belongs to: a call names both. */
  readonly namespace: string | undefined
}

/** The name of the function that stands for a tool in a namespace: names of functions have no parts elsewhere. */
export const qualifiedName = (namespace: string | undefined, name: string): string =>
  namespace === undefined ? name : namespace.endsWith("__") ? namespace + name : `${namespace}__${name}`

/**
 * Reads `tools`: functions, custom tools as functions of one text, those of namespaces as functions with longer names.
 * What OpenAI itself runs, such as web search, is kept as foreign.
 * Source: https://platform.openai.com/docs/api-reference/responses/create, `tools`.
 */
export const readTools = (value: unknown, path: string): ReadonlyArray<Tool> =>
  needList(value, path).flatMap((tool, index) => readTool(needObject(tool, `${path}[${index}]`), `${path}[${index}]`))

const readTool = (tool: JsonObject, path: string, namespace?: string): ReadonlyArray<Tool> => {
  switch (needText(tool["type"], `${path}.type`)) {
    case "function":
      return [readFunction(tool, path, namespace)]
    case "custom":
      return [readCustom(tool, path, namespace)]
    case "namespace": {
      if (namespace !== undefined) return refuse(`${path}.type`, "must not be `namespace` inside of a namespace")
      const name = needText(tool["name"], `${path}.name`)
      return needList(tool["tools"], `${path}.tools`).flatMap((inner, index) =>
        readTool(needObject(inner, `${path}.tools[${index}]`), `${path}.tools[${index}]`, name)
      )
    }
    default:
      return [{ type: "foreign", protocol: "openai-response", value: tool }]
  }
}

const FUNCTION_FIELDS = new Set(["type", "name", "description", "parameters", "strict"])

const readFunction = (tool: JsonObject, path: string, namespace: string | undefined): FunctionTool => {
  const name = readName(tool, path)
  const others = otherFields(tool, FUNCTION_FIELDS)
  const fields = namespace === undefined ? others : { ...others, type: "function", name, namespace }
  return {
    type: "function",
    name: qualifiedName(namespace, name),
    description: optional(needText, tool["description"], `${path}.description`),
    parameters: optional(needObject, tool["parameters"], `${path}.parameters`),
    strict: optional(needFlag, tool["strict"], `${path}.strict`),
    extensions: fields === undefined ? undefined : { protocol: "openai-response", fields }
  }
}

const readCustom = (tool: JsonObject, path: string, namespace: string | undefined): FunctionTool => {
  const name = readName(tool, path)
  const format = optional(needObject, tool["format"], `${path}.format`)
  const grammar = format?.["type"] === "grammar" ? format["definition"] : undefined
  const description =
    typeof grammar === "string"
      ? `The whole input of the tool. It must match this ${String(format?.["syntax"])} grammar:\n${grammar}`
      : "The whole input of the tool, as free text."
  return {
    type: "function",
    name: qualifiedName(namespace, name),
    description: optional(needText, tool["description"], `${path}.description`),
    parameters: inputSchema(description),
    extensions: { protocol: "openai-response", fields: namespace === undefined ? tool : { ...tool, namespace } }
  }
}

const readName = (tool: JsonObject, path: string): string => {
  const name = needText(tool["name"], `${path}.name`)
  return name === "" ? refuse(`${path}.name`, "must not be empty") : name
}

/** The tools of a request that are written otherwise than as plain functions, by the canonical name. */
export const specialTools = (tools: ReadonlyArray<Tool>): ReadonlyMap<string, SpecialTool> => {
  const special = new Map<string, SpecialTool>()
  for (const tool of tools) {
    if (tool.type !== "function") continue
    const fields = extensionsFor("openai-response", tool.extensions)
    const namespace = typeof fields?.["namespace"] === "string" ? fields["namespace"] : undefined
    const custom = fields?.["type"] === "custom"
    if (!custom && namespace === undefined) continue
    const name = typeof fields?.["name"] === "string" ? fields["name"] : tool.name
    special.set(tool.name, { custom, name, namespace })
  }
  return special
}

/**
 * Reads `tool_choice`. A choice of a tool that OpenAI runs leaves the model free, since elsewhere it has no such tool.
 * Source: https://platform.openai.com/docs/api-reference/responses/create, `tool_choice`.
 */
export const readToolChoice = (value: unknown, path: string): ToolChoice | undefined => {
  if (value === "auto" || value === "none" || value === "required") return { type: value }
  if (typeof value === "string") return refuse(path, "must be `auto`, `none`, `required` or an object")
  const choice = needObject(value, path)
  switch (needText(choice["type"], `${path}.type`)) {
    case "function":
    case "custom": {
      // Clients that speak chat completions as well nest the name.
      const { name = objectOr(choice["function"])["name"] } = choice
      return { type: "tool", name: needText(name, `${path}.name`) }
    }
    case "allowed_tools":
      return readAllowed(choice, path)
    default:
      return undefined
  }
}

const readAllowed = (choice: JsonObject, path: string): ToolChoice => {
  const mode = optional(needText, choice["mode"], `${path}.mode`) ?? "auto"
  if (mode !== "auto" && mode !== "required") return refuse(`${path}.mode`, "must be `auto` or `required`")
  const names: Array<string> = []
  for (const [index, tool] of needList(choice["tools"], `${path}.tools`).entries()) {
    const fields = needObject(tool, `${path}.tools[${index}]`)
    if (isFunctionLike(fields)) names.push(needText(fields["name"], `${path}.tools[${index}].name`))
  }
  return names.length === 0 ? { type: "none" } : { type: "allowed", names, required: mode === "required" }
}

const isFunctionLike = (tool: JsonObject): boolean => tool["type"] === "function" || tool["type"] === "custom"
