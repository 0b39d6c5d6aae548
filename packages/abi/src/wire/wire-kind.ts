import { Effect, Schema, SchemaIssue, SchemaTransformation } from "effect"

/**
 * One kind of value on the wire: a schema between a JSON value and its TypeScript form.
 *
 * Decoding takes `null` as the kind's zero value, as every reader of this ABI must. `toWire` writes the same JSON value
 * as encoding by the schema, about ten times faster and without a path in its errors.
 */
export interface WireKind<T> extends Schema.Codec<T, unknown> {
  /** The JSON value for `value`. Throws when the value doesn't belong to the kind. */
  readonly toWire: (value: T) => unknown
  readonly parts?: KindParts
}

/** A wire kind of any type, as a bound for those that are put together from others. */
export interface AnyKind extends Schema.Codec<unknown, unknown> {
  readonly toWire: (value: never) => unknown
  readonly parts?: KindParts
}

/** What a kind is put together from, for tools that describe messages. Kinds without parts have none. */
export type KindParts =
  /** Wire name to kind, in wire order. */
  | { readonly _tag: "Struct"; readonly fields: { readonly [name: PropertyKey]: AnyKind } }
  | { readonly _tag: "List"; readonly element: AnyKind }
  | { readonly _tag: "Map"; readonly value: AnyKind }
  | { readonly _tag: "Nullable"; readonly kind: AnyKind }

/** The TypeScript form of a wire kind. */
export type TypeOf<K> = K extends WireKind<infer T> ? T : never

/** What a wire kind is made from. */
export interface WireKindSpec<T> {
  /** What a reader expected, for errors: `string`, `integer`. */
  readonly expected: string
  readonly is: (value: unknown) => value is T
  /** Turns a JSON value into the TypeScript form, or says what is wrong. Gets `null` for the zero value. */
  readonly decode: (value: unknown) => T | SchemaIssue.Issue
  /** Turns a value that passed `is` into JSON. */
  readonly encode: (value: T) => unknown
}

/** Names the JSON type of a value, for errors. Never shows the value, which may be a secret. */
export const jsonTypeOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value

/** The issue "expected this, found that type". */
export const mismatch = (expected: string, found: unknown): SchemaIssue.Issue =>
  new SchemaIssue.InvalidValue({ message: `expected ${expected}, found ${jsonTypeOf(found)}` })

/** The issue with this sentence. It must not contain anything from the message. */
export const invalid = (message: string): SchemaIssue.Issue => new SchemaIssue.InvalidValue({ message })

/** Makes a kind that has no parts. */
export const wireKind = <T>(spec: WireKindSpec<T>): WireKind<T> => {
  const schema = Schema.Unknown.pipe(
    Schema.decodeTo(
      Schema.declare(spec.is, { expected: spec.expected }),
      SchemaTransformation.transformEffect<T, unknown>({
        decode: (value) => {
          const decoded = spec.decode(value)
          return SchemaIssue.isIssue(decoded) ? Effect.fail(decoded) : Effect.succeed(decoded)
        },
        encode: (value) => Effect.succeed(spec.encode(value))
      })
    )
  )
  return Object.assign(schema, {
    toWire: (value: T) => {
      if (!spec.is(value)) throw new TypeError(`expected ${spec.expected}, found ${jsonTypeOf(value)}`)
      return spec.encode(value)
    }
  })
}
