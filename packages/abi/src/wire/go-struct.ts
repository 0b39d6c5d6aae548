import { Effect, Schema, SchemaTransformation } from "effect"
import { mismatch, type AnyKind, type TypeOf, type WireKind } from "./wire-kind.ts"

/** Fields of a structure: wire name to kind, in wire order. */
export interface StructFields {
  readonly [name: PropertyKey]: AnyKind
}

/** The TypeScript form of a structure: every field, by its wire name. */
export type StructType<F extends StructFields> = { readonly [K in keyof F]: TypeOf<F[K]> }

/** Settings of a structure. */
export interface StructOptions<F extends StructFields> {
  /** Fields that a writer leaves out when they hold `null`, `""`, `0` or `false`. All others are always written. */
  readonly omittedWhenEmpty?: ReadonlyArray<keyof F & string>
}

const isEmpty = (value: unknown) => value === null || value === "" || value === 0 || value === false

/**
 * A structure by the rules of Go's JSON package, in both directions.
 *
 * Reading: field names match in any case (but `auth_id` is not `AuthID`), the last of several spellings wins, unknown
 * fields are ignored, a missing field and `null` give the zero value, as does `null` for the whole. A wrong type fails
 * the whole message. Writing: exact names in the given order, every field present.
 */
export const goStruct = <F extends StructFields>(
  fields: F,
  options: StructOptions<F> = {}
): WireKind<StructType<F>> => {
  const names = Object.keys(fields)
  const nameOf = new Map(names.map((name) => [name.toLowerCase(), name]))
  const omitted = new Set<string>(options.omittedWhenEmpty)
  const parts = Object.entries<AnyKind>(fields).map(([name, kind]) => ({ name, kind, omit: omitted.has(name) }))

  const read = (message: object): { [name: string]: unknown } => {
    const known: { [name: string]: unknown } = {}
    for (const name of names) known[name] = null
    for (const [key, value] of Object.entries(message)) {
      const name = nameOf.get(key) ?? nameOf.get(key.toLowerCase())
      if (name !== undefined) known[name] = value
    }
    return known
  }

  const write = (encoded: { readonly [name: string]: unknown }): { [name: string]: unknown } => {
    const message: { [name: string]: unknown } = {}
    for (const name of names) {
      const value = encoded[name] ?? null
      if (!omitted.has(name) || !isEmpty(value)) message[name] = value
    }
    return message
  }

  const toWire = (value: StructType<F>): unknown => {
    const message: { [name: string]: unknown } = {}
    for (const { name, kind, omit } of parts) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `StructType` gives the field the type of its own kind
      const field = kind.toWire(value[name] as never) ?? null
      if (!omit || !isEmpty(field)) message[name] = field
    }
    return message
  }

  const schema = Schema.Unknown.pipe(
    Schema.decodeTo(
      Schema.Struct<StructFields>(fields),
      SchemaTransformation.transformEffect<{ readonly [name: string]: unknown }, unknown>({
        decode: (value) =>
          value === null
            ? Effect.succeed(read({}))
            : typeof value === "object" && !Array.isArray(value)
              ? Effect.succeed(read(value))
              : Effect.fail(mismatch("object", value)),
        encode: (encoded) => Effect.succeed(write(encoded))
      })
    )
  )
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fields are looked up by name, which widens their types
  return Object.assign(schema, { toWire }) as unknown as WireKind<StructType<F>>
}
