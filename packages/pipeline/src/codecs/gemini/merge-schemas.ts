import type { JsonObject } from "../../canonical/json.ts"
import { isObject } from "../json-fields.ts"
import type { References } from "./schema-references.ts"

/** Deeper `allOf`s than this are left out. */
const DEEPEST = 10

/** What the merging of one document's schemas may cost. */
export interface MergeBudget {
  readonly references: References
  /** Schemas that may still be read. */
  left: number
}

/**
 * One schema for a schema and all of its `allOf`: properties and required names of all, the outermost word where two
 * say something else. Each branch is one schema less in `budget`; those beyond it are left out.
 */
export const mergeAllOf = (schema: JsonObject, budget: MergeBudget, within: ReadonlyArray<string>): JsonObject => {
  if (!Array.isArray(schema["allOf"])) return schema
  const merged: MergedSchema = { fields: new Map(), properties: undefined, required: undefined }
  addSchema(schema, budget, within, 0, merged)
  const { fields, properties, required } = merged
  if (properties !== undefined) fields.set("properties", Object.fromEntries(properties))
  if (required !== undefined) fields.set("required", [...required])
  return Object.fromEntries(fields)
}

/** Schemas laid over one another. What came first stays. */
interface MergedSchema {
  /** All keywords by name. */
  readonly fields: Map<string, unknown>
  properties: Map<string, unknown> | undefined
  required: Set<unknown> | undefined
}

/** Adds a schema, and then the branches of its `allOf` in their order. */
const addSchema = (
  schema: JsonObject,
  budget: MergeBudget,
  within: ReadonlyArray<string>,
  depth: number,
  merged: MergedSchema
): void => {
  for (const name in schema) {
    const value = schema[name]
    if (name === "properties" && isObject(value)) {
      merged.properties ??= new Map()
      for (const property in value) addNew(merged.properties, property, value[property])
    } else if (name === "required" && Array.isArray(value)) {
      merged.required ??= new Set()
      for (const property of value) merged.required.add(property)
    } else if (name !== "allOf") addNew(merged.fields, name, value)
  }
  const branches = schema["allOf"]
  if (!Array.isArray(branches) || depth > DEEPEST) return
  for (const branch of branches) {
    if (!isObject(branch)) continue
    if (budget.left-- <= 0) return
    const found = budget.references.resolve(branch, within)
    addSchema(found.schema, budget, found.within, depth + 1, merged)
  }
}

const addNew = (map: Map<string, unknown>, name: string, value: unknown): void => {
  if (!map.has(name)) map.set(name, value)
}
