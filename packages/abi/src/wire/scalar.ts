import { mismatch, wireKind } from "./wire-kind.ts"

const isString = (value: unknown): value is string => typeof value === "string"
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean"
const isInteger = (value: unknown): value is number => Number.isSafeInteger(value)
const isFinite = (value: unknown): value is number => Number.isFinite(value)
const isUint32 = (value: unknown): value is number => isInteger(value) && value >= 0 && value <= 0xffff_ffff

/** Text; zero value `""`. Halves of surrogate pairs become U+FFFD, as they do for Go readers. */
export const Str = wireKind<string>({
  expected: "string",
  is: isString,
  decode: (value) => (value === null ? "" : isString(value) ? value.toWellFormed() : mismatch("string", value)),
  encode: (value) => value
})

/** Truth value; zero value `false`. */
export const Bool = wireKind<boolean>({
  expected: "bool",
  is: isBoolean,
  decode: (value) => (value === null ? false : isBoolean(value) ? value : mismatch("bool", value)),
  encode: (value) => value
})

/**
 * Whole number; zero value 0. Covers `int` and `int64` of the ABI as far as JavaScript counts exactly:
 * beyond 2^53 it is an error rather than another number.
 */
export const Int = wireKind<number>({
  expected: "integer",
  is: isInteger,
  decode: (value) =>
    value === null
      ? 0
      : isInteger(value)
        ? value + 0
        : mismatch(typeof value === "number" ? "integer within 2^53" : "integer", value),
  encode: (value) => value
})

/** Whole number from 0 to 4,294,967,295; zero value 0. */
export const Uint32 = wireKind<number>({
  expected: "integer from 0 to 4294967295",
  is: isUint32,
  decode: (value) =>
    value === null ? 0 : isUint32(value) ? value + 0 : mismatch("integer from 0 to 4294967295", value),
  encode: (value) => value
})

/** Any finite number; zero value 0. */
export const Float = wireKind<number>({
  expected: "number",
  is: isFinite,
  decode: (value) => (value === null ? 0 : isFinite(value) ? value + 0 : mismatch("number", value)),
  encode: (value) => value
})

/** A slot that means something only inside one process, such as `Handler` of a route: `null` or absent on the wire. */
export const Null = wireKind<null>({
  expected: "null",
  is: (value) => value === null,
  decode: (value) => (value === null ? null : mismatch("null", value)),
  encode: () => null
})
