import type { JsonObject } from "../../canonical/json.ts"
import { isObject } from "../json-fields.ts"

/** References inside of one another beyond this are not followed. */
const DEEPEST = 40

/** Characters of schemas that references may bring in, for one schema: more than any API takes. */
const MOST_CHARACTERS = 4 * 1024 * 1024

/** A schema, and the references that one has gone through to it. */
export interface FoundSchema {
  readonly schema: JsonObject
  readonly within: ReadonlyArray<string>
}

/** The references of one document, which bring in only so much: a small document can say something very large with them. */
export interface References {
  /**
   * What a schema's `$ref` refers to, with the schema's other keywords over it. A reference that leads out of the
   * document, to nothing, or into itself (a tree of nodes), and one that brings in too much, leaves the other keywords
   * alone.
   */
  readonly resolve: (schema: JsonObject, within: ReadonlyArray<string>) => FoundSchema
}

/** The references into `root`. */
export const referencesIn = (root: JsonObject): References => {
  const targets = new Map<string, Target | undefined>()
  let left = MOST_CHARACTERS

  const targetOf = (reference: string): JsonObject | undefined => {
    if (left <= 0) return undefined
    if (!targets.has(reference)) targets.set(reference, measured(schemaAt(reference, root)))
    const target = targets.get(reference)
    if (target === undefined) return undefined
    left -= target.characters
    return target.schema
  }

  return {
    resolve: (given, outer) => {
      let schema = given
      let within = outer
      for (let reference = schema["$ref"]; typeof reference === "string"; reference = schema["$ref"]) {
        const { $ref: _ref, ...others } = schema
        const leadsOn = within.length < DEEPEST && !within.includes(reference)
        const target = leadsOn ? targetOf(reference) : undefined
        if (target === undefined) return { schema: others, within }
        within = [...within, reference]
        schema = { ...target, ...others }
      }
      return { schema, within }
    }
  }
}

/** What a reference leads to, and how long that is as JSON. */
interface Target {
  readonly schema: JsonObject
  readonly characters: number
}

const measured = (schema: JsonObject | undefined): Target | undefined =>
  schema && { schema, characters: JSON.stringify(schema).length }

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
