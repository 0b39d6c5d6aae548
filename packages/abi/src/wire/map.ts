import { Effect, Schema, SchemaTransformation } from "effect"
import { StringList } from "./list.ts"
import { Str } from "./scalar.ts"
import { mismatch, type WireKind } from "./wire-kind.ts"

type Entries<T> = { readonly [key: string]: T }

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)

/**
 * Copies a map with sorted keys, so that equal messages are equal bytes. Values that become `undefined` are left out;
 * a map without values becomes `null`.
 */
const sorted = <A, B>(map: Entries<A>, convert: (value: A) => B): Entries<B> | null => {
  const entries = Object.entries(map)
  if (entries.length > 1) entries.sort(byKey)
  const copy: { [key: string]: B } = {}
  let empty = true
  for (const [key, source] of entries) {
    const value = convert(source)
    if (value === undefined) continue
    empty = false
    // Plain assignment would set the prototype.
    if (key === "__proto__") Object.defineProperty(copy, key, { value, enumerable: true })
    else copy[key] = value
  }
  return empty ? null : copy
}

const isObject = (value: unknown): value is Entries<unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const objectOrNull = SchemaTransformation.transformEffect<Entries<unknown>, unknown>({
  decode: (value) =>
    value === null
      ? Effect.succeed({})
      : isObject(value)
        ? Effect.succeed(value)
        : Effect.fail(mismatch("object", value)),
  encode: (map) => Effect.succeed(sorted(map, (value) => value))
})

/**
 * Map from any text to one kind; zero value `{}`, written as `null`.
 * Keys come from outside: look them up with `Object.hasOwn`, `constructor` may be missing or present.
 */
export const mapOf = <T>(value: WireKind<T>): WireKind<Entries<T>> =>
  Object.assign(Schema.Unknown.pipe(Schema.decodeTo(Schema.Record(Schema.String, value), objectOrNull)), {
    toWire: (map: Entries<T>) => sorted(map, value.toWire),
    parts: { _tag: "Map", value } as const
  })

/** Map from text to text; zero value `{}`. */
export const StrMap = mapOf(Str)

/** Header fields: name to values; zero value `{}`. A value that is text instead of a list is an error. */
export const Headers = mapOf(StringList)

/** Parameters of a URL's query: decoded name to decoded values; zero value `{}`. */
export const Query = mapOf(StringList)
