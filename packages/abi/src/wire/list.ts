import { Effect, Schema, SchemaTransformation } from "effect"
import { Str } from "./scalar.ts"
import { mismatch, type WireKind } from "./wire-kind.ts"

const arrayOrNull = SchemaTransformation.transformEffect<ReadonlyArray<unknown>, unknown>({
  decode: (value) =>
    value === null
      ? Effect.succeed([])
      : Array.isArray(value)
        ? Effect.succeed(value)
        : Effect.fail(mismatch("array", value)),
  encode: (items) => Effect.succeed(items.length === 0 ? null : items)
})

/** List of one kind; zero value `[]`, written as `null`. A `null` element reads as the element's zero value. */
export const listOf = <T>(element: WireKind<T>): WireKind<ReadonlyArray<T>> =>
  Object.assign(Schema.Unknown.pipe(Schema.decodeTo(Schema.Array(element), arrayOrNull)), {
    toWire: (items: ReadonlyArray<T>) => (items.length === 0 ? null : items.map(element.toWire)),
    parts: { _tag: "List", element } as const
  })

/** List of texts; zero value `[]`, written as `null`. */
export const StringList = listOf(Str)
