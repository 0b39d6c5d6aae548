import { Effect, Schema, SchemaTransformation } from "effect"
import { StringList } from "./list.ts"
import { Str } from "./scalar.ts"
import { mismatch, type WireKind } from "./wire-kind.ts"

type Entries<T> = { readonly [key: string]: T }

/** Copies a map with sorted keys, so that equal messages are equal bytes. `fromEntries` keeps a key named `__proto__`. */
const sorted = <A, B>(map: Entries<A>, value: (a: A) => B): { [key: string]: B } | null => {
  const keys = Object.keys(map)
  if (keys.length === 0) return null
  return Object.fromEntries(keys.toSorted().map((key) => [key, value(map[key] as A)]))
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
    toWire: (map: Entries<T>) => sorted(map, value.toWire)
  })

/** Map from text to text; zero value `{}`. */
export const StrMap = mapOf(Str)

/** Header fields: name to values; zero value `{}`. A value that is text instead of a list is an error. */
export const Headers = mapOf(StringList)
