import type { JsonObject } from "../../canonical/json.ts"
import { isObject, listOr } from "../json-fields.ts"

/** Keywords that the API takes as they are. Source: platform.claude.com/docs/en/build-with-claude/structured-outputs. */
const PLAIN = ["type", "title", "description", "default", "const", "enum", "required", "$ref", "$id", "$schema"]

/** Keywords that narrow values: the API refuses them, so the model is told in the description. */
const NARROWING = [
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "pattern",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties"
]

const FORMATS: ReadonlySet<unknown> = new Set([
  "date-time",
  "time",
  "date",
  "duration",
  "email",
  "hostname",
  "uri",
  "ipv4",
  "ipv6",
  "uuid"
])

/**
 * A schema as structured output and strict tools take it: objects closed, `oneOf` as `anyOf`, unsupported limits moved to
 * the description. `undefined` when that would say something else: an object with free keys, a schema that holds itself,
 * a keyword that composes in another way.
 */
export const closedSchema = (schema: JsonObject): JsonObject | undefined =>
  isRecursive(schema) ? undefined : close(schema)

const close = (schema: JsonObject): JsonObject | undefined => {
  if (UNSUPPORTED.some((key) => schema[key] !== undefined)) return undefined
  const closed: Record<string, unknown> = {}
  for (const key of PLAIN) if (schema[key] !== undefined) closed[key] = schema[key]
  const notes: Array<string> = []
  for (const key of NARROWING) if (schema[key] !== undefined) notes.push(`${key}: ${JSON.stringify(schema[key])}`)
  for (const [key, kept] of [
    ["format", FORMATS.has(schema["format"])],
    // The grammar knows "at least none" and "at least one".
    ["minItems", schema["minItems"] === 0 || schema["minItems"] === 1]
  ] as const) {
    if (schema[key] === undefined) continue
    if (kept) closed[key] = schema[key]
    else notes.push(`${key}: ${JSON.stringify(schema[key])}`)
  }
  if (notes.length > 0) {
    const description = typeof schema["description"] === "string" ? `${schema["description"]} ` : ""
    closed["description"] = `${description}(${notes.join(", ")})`
  }
  return closeInner(schema, closed)
}

const UNSUPPORTED = ["not", "if", "then", "else", "patternProperties", "dependentSchemas", "prefixItems", "contains"]

const closeInner = (schema: JsonObject, closed: Record<string, unknown>): JsonObject | undefined => {
  if (isObjectSchema(schema)) {
    const free = schema["additionalProperties"]
    if (free !== undefined && free !== false) return undefined
    if (free === undefined && !isObject(schema["properties"])) return undefined
    closed["additionalProperties"] = false
  }
  for (const key of ["properties", "$defs", "definitions"]) {
    if (schema[key] === undefined) continue
    const map = closeMap(schema[key])
    if (map === undefined) return undefined
    closed[key] = map
  }
  for (const [key, name] of [
    ["anyOf", "anyOf"],
    ["oneOf", "anyOf"],
    ["allOf", "allOf"]
  ] as const) {
    if (schema[key] === undefined) continue
    const list = listOr(schema[key]).map((item) => (isObject(item) ? close(item) : undefined))
    if (list.includes(undefined) || closed[name] !== undefined) return undefined
    closed[name] = list
  }
  if (schema["items"] !== undefined) {
    closed["items"] = isObject(schema["items"]) ? close(schema["items"]) : undefined
    if (closed["items"] === undefined) return undefined
  }
  return closed
}

const isObjectSchema = ({ properties, type }: JsonObject): boolean =>
  type === "object" || (Array.isArray(type) && type.includes("object")) || isObject(properties)

const closeMap = (map: unknown): JsonObject | undefined => {
  if (!isObject(map)) return undefined
  const closed: Array<[string, JsonObject]> = []
  for (const [name, value] of Object.entries(map)) {
    const inner = isObject(value) ? close(value) : undefined
    if (inner === undefined) return undefined
    closed.push([name, inner])
  }
  // Not by assignment: a property may be called `__proto__`.
  return Object.fromEntries(closed)
}

/** Whether a definition leads back to itself, or a reference leads anywhere but to a definition. */
const isRecursive = (schema: JsonObject): boolean => {
  const definitions = new Map<string, unknown>()
  for (const key of ["$defs", "definitions"]) {
    const map = schema[key]
    if (isObject(map)) for (const name in map) definitions.set(`#/${key}/${name}`, map[name])
  }
  const done = new Set<string>()
  /** The references that one has gone through. */
  const path = new Set<string>()
  const leadsBack = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.some(leadsBack)
    if (!isObject(value)) return false
    const ref = value["$ref"]
    if (typeof ref === "string") {
      if (path.has(ref) || !definitions.has(ref)) return true
      if (done.has(ref)) return false
      path.add(ref)
      if (leadsBack(definitions.get(ref))) return true
      path.delete(ref)
      done.add(ref)
    }
    return Object.values(value).some(leadsBack)
  }
  return leadsBack(schema)
}
