import type { JsonObject } from "../../canonical/json.ts"
import { isObject } from "../json-fields.ts"
import { mergeAllOf, type MergeBudget } from "./merge-schemas.ts"
import { referencesIn } from "./schema-references.ts"

// JSON Schema as Gemini takes it in `parametersJsonSchema` and `responseJsonSchema`. These are used rather than
// `parameters` and `responseSchema`, which hold an OpenAPI subset and refuse a request for each keyword they lack.
// The documented subset has no `const`, `allOf`, `pattern` and others, and allows no `$ref` beside other keywords.
// Source: https://ai.google.dev/gemini-api/docs/structured-output#json-schema-support

/** Deeper schemas than this, and references inside themselves, are cut off with a schema that allows any value. */
const DEEPEST = 40

/** Schemas that are read at most: references that multiply are cut off here. */
const MOST_SCHEMAS = 20_000

const TYPES: ReadonlySet<string> = new Set(["string", "number", "integer", "boolean", "object", "array", "null"])
const FORMATS: ReadonlySet<string> = new Set(["date-time", "date", "time", "float", "double", "int32", "int64"])

/** Numbers that are written as they are. */
const LIMITS = ["minimum", "maximum", "minItems", "maxItems"] as const

/** Keywords that Gemini does not read: the model is told of them in words. */
const TOLD = [
  "pattern",
  "minLength",
  "maxLength",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "uniqueItems",
  "minProperties",
  "maxProperties",
  "default",
  "examples",
  "example"
] as const

/** Longest text of a keyword's value that is told, in characters. */
const LONGEST_TOLD = 200

/** A schema for an answer's form. */
export const cleanSchema = (schema: JsonObject): JsonObject =>
  clean(schema, { references: referencesIn(schema), left: MOST_SCHEMAS }, [], 0)

/**
 * A schema for the arguments of a function: of an object, always. A union at its root becomes one object with the
 * properties of all. `undefined` for no arguments, which is told by leaving the schema out.
 */
export const cleanParameters = (schema: JsonObject): JsonObject | undefined => {
  const { anyOf, type: _type, ...cleaned } = cleanSchema(schema)
  const union = Array.isArray(anyOf) ? objectOfUnion(cleaned, anyOf) : cleaned
  const properties = union["properties"]
  const isEmpty = !isObject(properties) || Object.keys(properties).length === 0
  return isEmpty && union["additionalProperties"] === undefined ? undefined : { type: "object", ...union }
}

/** Any of several objects as one: what all require is required. */
const objectOfUnion = (base: JsonObject, branches: ReadonlyArray<unknown>): JsonObject => {
  const objects = branches.filter(isObject)
  const properties = Object.fromEntries(
    [...objects, base].flatMap((branch) => (isObject(branch["properties"]) ? Object.entries(branch["properties"]) : []))
  )
  const requiredBy = objects.map((branch) => new Set(textsOf(branch["required"])))
  const byAll = [...(requiredBy[0] ?? [])].filter((name) => requiredBy.every((names) => names.has(name)))
  const required = [...new Set([...textsOf(base["required"]), ...byAll])]
  return { ...base, properties, ...(required.length === 0 ? {} : { required }) }
}

const textsOf = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : []

/** Cleans one schema. `within` are the references that it is inside of. */
const clean = (given: unknown, budget: MergeBudget, within: ReadonlyArray<string>, depth: number): JsonObject => {
  if (!isObject(given) || depth > DEEPEST || budget.left-- <= 0) return {}
  const found = budget.references.resolve(given, within)
  const schema = mergeAllOf(found.schema, budget, found.within)
  const inner = (value: unknown): JsonObject => clean(value, budget, found.within, depth + 1)

  const json: Record<string, unknown> = {}
  const notes: Array<string> = []
  const types = typesOf(schema)
  setEnum(schema, types, json, notes)
  setTypes(types, json)
  if (typeof schema["title"] === "string") json["title"] = schema["title"]
  for (const name of LIMITS) if (typeof schema[name] === "number") json[name] = schema[name]
  const format = schema["format"]
  if (typeof format === "string") {
    if (FORMATS.has(format)) json["format"] = format
    else notes.push(`format: ${format}`)
  }
  for (const name of TOLD) if (schema[name] !== undefined) notes.push(told(name, schema[name]))
  setItems(schema, types, json, inner)
  setProperties(schema, json, inner)
  const union = schema["anyOf"] ?? schema["oneOf"]
  if (Array.isArray(union)) addUnion(union.map(inner), json)
  const description = describe(schema["description"], notes)
  if (description !== "") json["description"] = description
  return json
}

const told = (name: string, value: unknown): string => {
  const text = typeof value === "string" ? value : JSON.stringify(value)
  return `${name}: ${text.length > LONGEST_TOLD ? `${text.slice(0, LONGEST_TOLD)}…` : text}`
}

const describe = (description: unknown, notes: ReadonlyArray<string>): string => {
  const text = typeof description === "string" ? description : ""
  if (notes.length === 0) return text
  return text === "" ? notes.join("; ") : `${text} (${notes.join("; ")})`
}

/** Types in small letters. `nullable` is OpenAPI's for one more type. */
const typesOf = (schema: JsonObject): Array<string> => {
  const type = schema["type"]
  const named = Array.isArray(type) ? textsOf(type) : textsOf([type])
  const types = [...new Set(named.map((name) => name.toLowerCase()).filter((name) => TYPES.has(name)))]
  if (types.length === 0) {
    if (isObject(schema["properties"])) types.push("object")
    else if (schema["items"] !== undefined) types.push("array")
  }
  if (schema["nullable"] === true && types.length > 0 && !types.includes("null")) types.push("null")
  return types
}

/** One type, or one with null, is told as such; several are a union. */
const setTypes = (types: ReadonlyArray<string>, json: Record<string, unknown>): void => {
  const [first, second] = types
  if (first === undefined) return
  if (second === undefined) json["type"] = first
  else if (types.length === 2 && types.includes("null")) json["type"] = [first === "null" ? second : first, "null"]
  else json["anyOf"] = types.map((type) => ({ type }))
}

/**
 * `const` is an `enum` of one. Texts and numbers can be enumerated, and null is a type; a list with other values is told
 * in words. Values without a type give their own.
 */
const setEnum = (
  schema: JsonObject,
  types: Array<string>,
  json: Record<string, unknown>,
  notes: Array<string>
): void => {
  const given: unknown = schema["const"] === undefined ? schema["enum"] : [schema["const"]]
  if (!Array.isArray(given) || given.length === 0) return
  const values: ReadonlyArray<unknown> = given.filter((value) => value !== null)
  const areListed = values.every((value) => typeof value === "string" || typeof value === "number")
  if (!areListed) notes.push(told("allowed values", given))
  else if (values.length > 0) json["enum"] = values
  const kinds = new Set(values.map((value) => typeof value))
  if (types.length === 0 && !kinds.has("object")) types.push(...kinds)
  if (values.length < given.length && types.length > 0 && !types.includes("null")) types.push("null")
  if (values.length === 0 && types.length === 0) types.push("null")
}

/** An array must say what it holds. A list of schemas for its places is `prefixItems`. */
const setItems = (
  schema: JsonObject,
  types: ReadonlyArray<string>,
  json: Record<string, unknown>,
  inner: (value: unknown) => JsonObject
): void => {
  const items = schema["items"]
  const places = Array.isArray(items) ? items : schema["prefixItems"]
  if (Array.isArray(places)) json["prefixItems"] = places.map(inner)
  if (isObject(items)) json["items"] = inner(items)
  else if (types.includes("array") && !Array.isArray(places)) json["items"] = {}
}

/** Only properties that there are can be required. That no others are allowed goes without saying. */
const setProperties = (
  schema: JsonObject,
  json: Record<string, unknown>,
  inner: (value: unknown) => JsonObject
): void => {
  const properties = schema["properties"]
  if (isObject(properties)) {
    json["properties"] = Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, inner(value)]))
    const required = [...new Set(textsOf(schema["required"]))].filter((name) => Object.hasOwn(properties, name))
    if (required.length > 0) json["required"] = required
  }
  if (isObject(schema["additionalProperties"])) json["additionalProperties"] = inner(schema["additionalProperties"])
}

const addUnion = (branches: ReadonlyArray<JsonObject>, json: Record<string, unknown>): void => {
  const [only] = branches
  if (branches.length === 1 && only !== undefined) {
    for (const name in only) json[name] ??= only[name]
  } else if (branches.length > 0) {
    json["anyOf"] = branches
    // The branches say what the types are.
    if (branches.every((branch) => branch["type"] !== undefined)) delete json["type"]
  }
}
