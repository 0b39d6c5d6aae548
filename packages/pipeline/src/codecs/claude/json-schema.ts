import type { JsonObject } from "../../canonical/json.ts"
import { isObject, listOr, objectOr } from "../json-fields.ts"

const EMPTY_OBJECT_SCHEMA: JsonObject = { type: "object", properties: {} }

const UNIONS = ["anyOf", "oneOf", "allOf"] as const

/**
 * A schema of a tool's arguments as `input_schema` must be: an object at the root, with `properties`, and without a
 * union there. The parts of a root union are laid over one another; what only some of them require is not required. A
 * schema that is fine comes back as it is.
 */
export const toolSchema = (schema: JsonObject | undefined): JsonObject => {
  if (schema === undefined) return EMPTY_OBJECT_SCHEMA
  if (typeof schema["$ref"] !== "string") return objectSchema(schema)
  const { $ref: _, ...rest } = { ...schema, ...resolve(schema, schema["$ref"]) }
  return objectSchema(rest)
}

const objectSchema = (schema: JsonObject): JsonObject => {
  const union = UNIONS.some((key) => Array.isArray(schema[key]))
  if (!union && schema["type"] === "object" && isObject(schema["properties"])) return schema
  return { ...(union ? withoutUnions(schema) : schema), type: "object", properties: allProperties(schema) }
}

const variantsOf = (schema: JsonObject): ReadonlyArray<JsonObject> =>
  UNIONS.flatMap((key) => listOr(schema[key])).filter(isObject)

// Not by assignment: a property may be called `__proto__`.
const allProperties = (schema: JsonObject): JsonObject => Object.fromEntries(propertyEntries(schema))

const propertyEntries = (schema: JsonObject): ReadonlyArray<readonly [string, unknown]> => [
  ...variantsOf(schema).flatMap(propertyEntries),
  ...Object.entries(objectOr(schema["properties"]))
]

const withoutUnions = (schema: JsonObject): JsonObject => {
  const { allOf, anyOf, oneOf, required: _, ...rest } = schema
  const required = new Set(listOr(schema["required"]))
  for (const variant of listOr(allOf).filter(isObject))
    for (const name of listOr(variant["required"])) required.add(name)
  for (const variants of [listOr(anyOf), listOr(oneOf)]) {
    const lists = variants.filter(isObject).map((variant) => new Set(listOr(variant["required"])))
    for (const name of lists[0] ?? []) if (lists.every((list) => list.has(name))) required.add(name)
  }
  return required.size === 0 ? rest : { ...rest, required: [...required] }
}

/** What a reference inside the document (`#/$defs/name`) points to. */
const resolve = (root: JsonObject, ref: string): JsonObject => {
  let at: unknown = root
  for (const step of ref.slice(2).split("/")) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~")
    const held = objectOr(at)
    at = Object.hasOwn(held, name) ? held[name] : undefined
  }
  return objectOr(at)
}
