import type { JsonObject } from "../scenario.ts"
import type { Findings, JsonPath } from "../violation.ts"

/** Fields of Gemini's `Schema` type. Source: https://ai.google.dev/api/caching#Schema */
const FIELDS = new Set([
  "type",
  "format",
  "title",
  "description",
  "nullable",
  "enum",
  "maxItems",
  "minItems",
  "properties",
  "required",
  "minProperties",
  "maxProperties",
  "minLength",
  "maxLength",
  "pattern",
  "example",
  "anyOf",
  "propertyOrdering",
  "default",
  "items",
  "minimum",
  "maximum"
])

const TYPES = new Set(["STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"])

const FORMATS: Readonly<Record<string, ReadonlyArray<string>>> = {
  STRING: ["enum", "date-time"],
  NUMBER: ["float", "double"],
  INTEGER: ["int32", "int64"]
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const checkType = (schema: JsonObject, path: JsonPath, { report }: Findings): string | undefined => {
  const given = schema["type"]
  if (Array.isArray(given)) {
    report([...path, "type"], "Proto field is not repeating, cannot start list.")
    return undefined
  }
  if (typeof given !== "string") {
    if (given !== undefined)
      report([...path, "type"], "Invalid value (type.googleapis.com/google.ai.generativelanguage.Type)")
    if (given === undefined && schema["anyOf"] === undefined) report([...path, "type"], "must be specified.")
    return undefined
  }
  const type = given.toUpperCase()
  if (!TYPES.has(type)) report([...path, "type"], `Invalid value (Type), "${given}"`)
  return type
}

const checkObject = (schema: JsonObject, path: JsonPath, findings: Findings): void => {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {}
  if (Object.keys(properties).length === 0) {
    findings.report([...path, "properties"], "should be non-empty for OBJECT type")
  }
  for (const [name, inner] of Object.entries(properties)) checkSchema(inner, [...path, "properties", name], findings)
  const required = Array.isArray(schema["required"]) ? schema["required"] : []
  required.forEach((name, at) => {
    if (!Object.hasOwn(properties, String(name))) findings.report([...path, "required", at], "property is not defined")
  })
}

/** Reports what Gemini's `Schema` type cannot hold: it is a subset of OpenAPI's, far smaller than JSON Schema. */
export const checkSchema = (schema: unknown, path: JsonPath, findings: Findings): void => {
  const { report } = findings
  if (!isObject(schema)) {
    report(path, "Invalid value (type.googleapis.com/google.ai.generativelanguage.Schema)")
    return
  }
  for (const name of Object.keys(schema)) {
    if (!FIELDS.has(name)) report([...path, name], "Expected no excess property")
  }
  const type = checkType(schema, path, findings)
  const format = schema["format"]
  if (typeof format === "string" && type !== undefined && !(FORMATS[type] ?? []).includes(format)) {
    report([...path, "format"], `only ${FORMATS[type]?.join(", ") ?? "no format"} is supported for ${type} type`)
  }
  const words = schema["enum"]
  if (words !== undefined) {
    if (type !== "STRING") report([...path, "enum"], "only allowed for STRING type")
    if (!Array.isArray(words) || words.some((word) => typeof word !== "string" || word === "")) {
      report([...path, "enum"], "Invalid value (TYPE_STRING)")
    }
  }
  if (type === "OBJECT") checkObject(schema, path, findings)
  if (type === "ARRAY" && schema["items"] === undefined) report([...path, "items"], "missing field.")
  if (schema["items"] !== undefined) checkSchema(schema["items"], [...path, "items"], findings)
  const either = schema["anyOf"]
  if (Array.isArray(either)) either.forEach((inner, at) => checkSchema(inner, [...path, "anyOf", at], findings))
}
