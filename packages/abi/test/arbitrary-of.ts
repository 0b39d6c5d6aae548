import { Duration } from "effect"
import * as fc from "fast-check"
import {
  type AnyKind,
  Bool,
  Bytes,
  DurationNanos,
  Float,
  Int,
  Json,
  JsonMap,
  Null,
  RequestMetadata,
  Str,
  Time,
  Uint32,
  type WireKind
} from "../src/index.ts"

/** Any well-formed text, also the names of object properties and text that JSON must escape. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "toString", "0", "10", "2", "<&>\u2028", "\\ud83d", "😀", "\0")
)

const map = <T>(value: fc.Arbitrary<T>) =>
  fc.array(fc.tuple(text, value), { maxLength: 3 }).map((entries) => Object.fromEntries(entries))

const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown)

/** Leaves out empty objects: they are written as null and don't come back. */
const metadata = map(json.filter((value) => !JSON.stringify(value).includes("{}")))

const dates = fc.date({
  min: new Date("0001-01-01T00:00:00.001Z"),
  max: new Date("9999-12-31T23:59:59.999Z"),
  noInvalidDate: true
})

const leaves = new Map<AnyKind, fc.Arbitrary<unknown>>([
  [Str, text],
  [Bool, fc.boolean()],
  [Int, fc.maxSafeInteger()],
  [Uint32, fc.integer({ min: 0, max: 0xffff_ffff })],
  [Float, fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0)],
  [Null, fc.constant(null)],
  [Bytes, fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array(bytes))],
  [Time, fc.option(dates)],
  [DurationNanos, fc.maxSafeInteger().map((nanos) => Duration.nanos(BigInt(nanos)))],
  [Json, json],
  [JsonMap, map(json)],
  [RequestMetadata, metadata]
])

const any = (kind: AnyKind): fc.Arbitrary<unknown> => {
  const leaf = leaves.get(kind)
  if (leaf !== undefined) return leaf
  switch (kind.parts?._tag) {
    case "Struct":
      return fc.record(Object.fromEntries(Object.entries(kind.parts.fields).map(([name, part]) => [name, any(part)])), {
        noNullPrototype: true
      })
    case "List":
      return fc.array(any(kind.parts.element), { maxLength: 3 })
    case "Map":
      return map(any(kind.parts.value))
    case "Nullable":
      return fc.option(any(kind.parts.kind))
    case undefined:
      throw new Error("no values are known for this kind")
  }
}

/** Any value of a kind, with all of its fields. */
export const arbitraryOf = <T>(kind: WireKind<T>): fc.Arbitrary<T> => any(kind) as fc.Arbitrary<T>
