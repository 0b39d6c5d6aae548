import type { JsonObject } from "../../canonical/json.ts"
import { isObject } from "../json-fields.ts"
import { resolveReference } from "./schema-references.ts"

/** Deeper `allOf`s than this are left out. */
const DEEPEST = 10

/**
 * One schema for a schema and all of its `allOf`: properties and required names of all, the outermost word where two
 * say something else.
 */
export const mergeAllOf = (
  schema: JsonObject,
  root: JsonObject,
  within: ReadonlyArray<string>,
  depth = 0
): JsonObject => {
  const all = schema["allOf"]
  if (!Array.isArray(all) || depth > DEEPEST) return schema
  const { allOf: _all, ...own } = schema
  let merged: JsonObject = own
  for (const branch of all) {
    if (!isObject(branch)) continue
    const found = resolveReference(branch, root, within)
    merged = join(merged, mergeAllOf(found.schema, root, found.within, depth + 1))
  }
  return merged
}

const join = (first: JsonObject, second: JsonObject): JsonObject => {
  const joined: Record<string, unknown> = { ...second, ...first }
  const own = first["properties"]
  const more = second["properties"]
  if (isObject(own) && isObject(more)) joined["properties"] = { ...more, ...own }
  const required = [first["required"], second["required"]]
  if (required.every(Array.isArray)) joined["required"] = [...new Set(required.flat())]
  return joined
}
