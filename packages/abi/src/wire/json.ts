import { mapOf } from "./map.ts"
import { wireKind } from "./wire-kind.ts"

/** Deeper values are dropped rather than followed: readers stop at 10,000 levels, `JSON.stringify` at a few thousand. */
const maxDepth = 500

/**
 * Copies what JSON can hold. Functions, symbols, `undefined`, big integers, numbers that are not finite, cycles and
 * what is nested deeper than 500 levels give `undefined`; inside lists they give `null` so that places are kept.
 * An object's own `toJSON` is used; binary data becomes base64.
 */
const jsonCopy = (value: unknown, emptyObject: unknown, above: ReadonlyArray<object>): unknown => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value
    case "number":
      return Number.isFinite(value) ? value : undefined
    case "object": {
      if (value === null) return null
      if (value instanceof Uint8Array) return Buffer.from(value).toString("base64")
      if (above.length >= maxDepth || above.includes(value)) return undefined
      const path = [...above, value]
      if ("toJSON" in value && typeof value.toJSON === "function") return jsonCopy(value.toJSON(), emptyObject, path)
      if (Array.isArray(value)) return value.map((item) => jsonCopy(item, emptyObject, path) ?? null)
      const entries = Object.entries(value).flatMap(([key, item]) => {
        const copy = jsonCopy(item, emptyObject, path)
        return copy === undefined ? [] : [[key, copy] as const]
      })
      return entries.length === 0 ? emptyObject : Object.fromEntries(entries)
    }
    default:
      return undefined
  }
}

const isAnything = (_value: unknown): _value is unknown => true
const same = (value: unknown) => value

/** Any JSON value, inline; zero value `null`. What JSON can't hold is dropped when writing. */
export const Json = wireKind<unknown>({
  expected: "JSON",
  is: isAnything,
  decode: same,
  encode: (value) => jsonCopy(value, {}, [])
})

/** Map from text to any JSON; zero value `{}`, written as `null`. Values that are not JSON are left out when writing. */
export const JsonMap = mapOf(Json)

/**
 * Metadata of a client's request, as hooks and schedulers get it: a `JsonMap` in which empty objects, at any depth,
 * are written as `null`.
 */
export const RequestMetadata = mapOf(
  wireKind<unknown>({ expected: "JSON", is: isAnything, decode: same, encode: (value) => jsonCopy(value, null, []) })
)
