import { Effect, Schema, SchemaTransformation } from "effect"
import { mismatch, type AnyKind, type TypeOf, type WireKind } from "./wire-kind.ts"

/** Fields of a structure: wire name to kind, in wire order. */
export interface StructFields {
  readonly [name: PropertyKey]: AnyKind
}

/** The TypeScript form of a structure: every field, by its wire name; those of `O` may be missing. */
export type StructType<F extends StructFields, O extends keyof F = never> = {
  readonly [K in Exclude<keyof F, O>]: TypeOf<F[K]>
} & { readonly [K in O]?: TypeOf<F[K]> }

/** Settings of a structure. */
export interface StructOptions<F extends StructFields, O extends keyof F = never> {
  /** Fields that a writer leaves out when they hold `null`, `""`, `0` or `false`. All others are always written. */
  readonly omittedWhenEmpty?: ReadonlyArray<keyof F & string>
  /** Fields that a value may lack: a writer leaves them out then. A reader always gives them. */
  readonly optional?: ReadonlyArray<O>
  /** More spellings to read, in any case: spelling to field. The field's own name wins, unless it holds `null`. */
  readonly otherNames?: { readonly [spelling: string]: keyof F & string }
}

const isEmpty = (value: unknown) => value === null || value === "" || value === 0 || value === false

/**
 * A structure by the rules of Go's JSON package, in both directions.
 *
 * Reading: field names match in any case (but `auth_id` is not `AuthID`), the last of several spellings wins, unknown
 * fields are ignored, a missing field and `null` give the zero value, as does `null` for the whole. A wrong type fails
 * the whole message. Writing: exact names in the given order, every field present.
 */
export const goStruct = <const F extends StructFields, const O extends keyof F = never>(
  fields: F,
  options: StructOptions<F, O> = {}
): WireKind<StructType<F, O>> => {
  const names = Object.keys(fields)
  const nameOf = new Map(names.map((name) => [name.toLowerCase(), name]))
  const otherNameOf = new Map(Object.entries(options.otherNames ?? {}).map(([key, name]) => [key.toLowerCase(), name]))
  const omitted = new Set<string>(options.omittedWhenEmpty)
  const optional = new Set<PropertyKey>(options.optional)
  const members = Object.entries<AnyKind>(fields).map(([name, kind]) => ({
    name,
    kind,
    omit: omitted.has(name),
    optional: optional.has(name)
  }))

  const read = (message: object): { [name: string]: unknown } => {
    const known: { [name: string]: unknown } = {}
    for (const name of names) known[name] = null
    for (const [key, value] of Object.entries(message)) {
      const name = nameOf.get(key) ?? nameOf.get(key.toLowerCase())
      if (name !== undefined) known[name] = value
    }
    if (otherNameOf.size === 0) return known
    const others = Object.entries(message).flatMap(([key, value]) => {
      const name = otherNameOf.get(key.toLowerCase())
      return name === undefined ? [] : [[name, value] as const]
    })
    for (const [name, value] of new Map(others)) known[name] ??= value
    return known
  }

  const write = (encoded: { readonly [name: string]: unknown }): { [name: string]: unknown } => {
    const message: { [name: string]: unknown } = {}
    for (const name of names) {
      if (optional.has(name) && !Object.hasOwn(encoded, name)) continue
      const value = encoded[name] ?? null
      if (!omitted.has(name) || !isEmpty(value)) message[name] = value
    }
    return message
  }

  const toWire = (value: { readonly [name: string]: unknown }): unknown => {
    const message: { [name: string]: unknown } = {}
    for (const { name, kind, omit, optional: mayLack } of members) {
      if (mayLack && value[name] === undefined) continue
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `StructType` gives the field the type of its own kind
      const field = kind.toWire(value[name] as never) ?? null
      if (!omit || !isEmpty(field)) message[name] = field
    }
    return message
  }

  const schema = Schema.Unknown.pipe(
    Schema.decodeTo(
      Schema.Struct(
        Object.fromEntries(
          members.map(({ name, kind, optional }) => [name, optional ? Schema.optionalKey(kind) : kind])
        )
      ),
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
  return Object.assign(schema, { toWire, parts: { _tag: "Struct", fields } }) as unknown as WireKind<StructType<F, O>>
}
