import type { JsonObject } from "../../canonical/json.ts"
import { isObject } from "../json-fields.ts"
import { wireField } from "./wire-fields.ts"

/** Fields whose names are the same, and whose values need no change, in JSON Schema. */
const SAME = ["title", "description", "enum", "pattern", "minimum", "maximum", "default", "required"] as const

/** Counts, which Google's JSON may write as texts. By JSON name and proto name. */
const COUNTS = [
  ["minItems", "min_items"],
  ["maxItems", "max_items"],
  ["minLength", "min_length"],
  ["maxLength", "max_length"],
  ["minProperties", "min_properties"],
  ["maxProperties", "max_properties"]
] as const

/** Deeper schemas than this are cut off, so that a hostile one cannot exhaust the stack. */
const DEEPEST = 100

/**
 * Google's `Schema`, a subset of OpenAPI 3.0 with types in capitals, as JSON Schema. What is only for Google, such as
 * `propertyOrdering`, is left out. Source: https://ai.google.dev/api/caching#Schema
 */
export const jsonSchemaOf = (schema: JsonObject, depth = 0): JsonObject => {
  const json: Record<string, unknown> = {}
  if (depth > DEEPEST) return json
  const type = typeOf(schema["type"])
  if (type !== undefined) json["type"] = schema["nullable"] === true ? [type, "null"] : type
  for (const name of SAME) if (schema[name] !== undefined) json[name] = schema[name]
  // `enum` as a format only says that there is an `enum`.
  if (typeof schema["format"] === "string" && schema["format"] !== "enum") json["format"] = schema["format"]
  for (const [name, protoName] of COUNTS) {
    const count = Number(wireField(schema, name, protoName) ?? Number.NaN)
    if (!Number.isNaN(count)) json[name] = count
  }
  const inner = (value: unknown): unknown => (isObject(value) ? jsonSchemaOf(value, depth + 1) : value)
  if (schema["items"] !== undefined) json["items"] = inner(schema["items"])
  const anyOf = wireField(schema, "anyOf", "any_of")
  if (Array.isArray(anyOf)) json["anyOf"] = anyOf.map(inner)
  if (isObject(schema["properties"])) {
    json["properties"] = Object.fromEntries(
      Object.entries(schema["properties"]).map(([name, value]) => [name, inner(value)])
    )
  }
  return json
}

const typeOf = (type: unknown): string | undefined =>
  typeof type === "string" && type !== "" && type !== "TYPE_UNSPECIFIED" ? type.toLowerCase() : undefined
