import type { JsonObject } from "../../canonical/json.ts"
import { isObject } from "../json-fields.ts"

/** A schema, and the references that one has gone through to it. */
export interface FoundSchema {
  readonly schema: JsonObject
  readonly within: ReadonlyArray<string>
}

/**
 * What a schema's `$ref` refers to in `root`, with the schema's other keywords over it. A reference that leads out of
 * the document, to nothing, or into itself (a tree of nodes) leaves the other keywords alone.
 */
export const resolveReference = (schema: JsonObject, root: JsonObject, within: ReadonlyArray<string>): FoundSchema => {
  const reference = schema["$ref"]
  if (typeof reference !== "string") return { schema, within }
  const { $ref: _ref, ...others } = schema
  const target = within.includes(reference) ? undefined : schemaAt(reference, root)
  if (target === undefined) return { schema: others, within }
  const found = resolveReference(target, root, [...within, reference])
  return { schema: { ...found.schema, ...others }, within: found.within }
}

/** Follows a JSON pointer such as `#/$defs/node`. Source: RFC 6901 */
const schemaAt = (reference: string, root: JsonObject): JsonObject | undefined => {
  if (reference !== "#" && !reference.startsWith("#/")) return undefined
  let value: unknown = root
  for (const step of reference.slice(1).split("/").slice(1)) {
    const name = pointerName(step)
    const held: JsonObject | undefined = isObject(value) ? value : undefined
    if (Array.isArray(value)) value = value[Number(name)]
    else value = held !== undefined && Object.hasOwn(held, name) ? held[name] : undefined
  }
  return isObject(value) ? value : undefined
}

const pointerName = (step: string): string => {
  const plain = step.replaceAll("~1", "/").replaceAll("~0", "~")
  if (!plain.includes("%")) return plain
  try {
    return decodeURIComponent(plain)
  } catch {
    return plain
  }
}
